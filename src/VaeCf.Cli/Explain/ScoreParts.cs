using System.Globalization;
using System.Text.Json;
using VaeCf.Baselines;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli.Explain;

/// <summary>
/// What the scores of a linear model are made of: each click of the history adds its part to the score of an item, and
/// the parts add up to it.
/// </summary>
internal sealed class ScoreParts
{
    private readonly IReadOnlyList<(ScoredItem Item, IReadOnlyList<(string Item, double Part)> Parts)> scores;
    private readonly WmfSolution? solution;
    private readonly string title;

    /// <summary>The models whose scores are sums over the history.</summary>
    public static IReadOnlyList<ModelType> Types { get; } = [Ease.Type, Wmf.Type];

    /// <param name="model">EASE or WMF.</param>
    /// <param name="history">The user's clicks.</param>
    /// <param name="k">How many items to explain, the best ones.</param>
    public ScoreParts(Recommender model, IReadOnlyList<HistoryItem> history, int k)
    {
        title = model.Settings.Type.Title;
        IReadOnlyList<ScoredItem> best = model.Recommend(history, k).Items;
        if (model.Settings.Type == Wmf.Type)
        {
            solution = WmfSolution.Of(model, history);
            scores = [.. best.Select(item => (item, Largest(solution.History.Zip(solution.Contributions(item.Item)))))];
        }
        else
            // A linear model's score without a click is lower by what the click adds.
            scores = [.. model.Explain(history, [.. best.Select(item => item.Item)]).Zip(best, (why, item) => (item,
                Largest(why.Reasons.Select(reason => (reason.Item, (double)reason.Score)))))];
    }

    private static IReadOnlyList<(string Item, double Part)> Largest(IEnumerable<(string Item, double Part)> parts) =>
        [.. parts.OrderByDescending(one => one.Part)];

    /// <summary>What the scores are.</summary>
    public string Note => "the score of an item is " + (solution is null ? "the sum of x_j B_ji over the clicks j"
        : "y . x = sum (c0 + w_j) y . A^-1 y_j over the clicks j");

    /// <summary>The tables.</summary>
    /// <param name="titles">Title by item id; null: no titles.</param>
    public IEnumerable<ResultSection> Sections(IReadOnlyDictionary<string, string>? titles)
    {
        string[] title = titles is null ? [] : ["title"];
        string[] Named(string item) =>
            [item, .. titles is null ? Array.Empty<string>() : [titles.GetValueOrDefault(item, "")]];
        int[] text = titles is null ? [] : [1];
        if (solution is not null)
        {
            yield return new("The system A x = b of this user", "A = c0 Y'Y + sum w y y' + lambda_u I and "
                + "b = sum (c0 + w) y, over the clicks, of confidence c0 + w",
                ["c0", "lambda_u", "K", "norm of x", "norm of A x - b, by that of b"],
                [[Short(solution.Unclicked), Short(solution.Ridge), $"{solution.Vector.Count}",
                    Short(Math.Sqrt(solution.Vector.Sum(value => value * value))), Error(solution.Residual)]]);
            yield return new("The clicks", "", ["item", .. title, "c0 + w"],
                [.. solution.History.Zip(solution.Confidences, (item, confidence) =>
                    (string[])[.. Named(item), Short(confidence)])], text);
        }
        foreach ((ScoredItem item, IReadOnlyList<(string Item, double Part)> parts) in scores)
            yield return new($"{string.Join(", ", Named(item.Item))}: {Short(item.Score)}",
                $"the parts add up to {Short(Sum(parts))}", ["click", .. title, "adds"],
                [.. parts.Select(one => (string[])[.. Named(one.Item), Short(one.Part)])], text);
    }

    /// <summary>Writes an object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("model", title);
        if (solution is not null)
        {
            json.WriteNumberOrNull("c0", solution.Unclicked);
            json.WriteNumberOrNull("lambda", solution.Ridge);
            json.WriteNumberOrNull("residual", solution.Residual);
            json.WriteStartArray("vector");
            foreach (double value in solution.Vector)
                json.WriteNumberOrNull(value);
            json.WriteEndArray();
        }
        json.WriteStartArray("items");
        foreach ((ScoredItem item, IReadOnlyList<(string Item, double Part)> parts) in scores)
        {
            json.WriteStartObject();
            json.WriteString("item", item.Item);
            json.WriteNumberOrNull("score", item.Score);
            json.WriteStartArray("parts");
            foreach ((string click, double part) in parts)
            {
                json.WriteStartObject();
                json.WriteString("item", click);
                json.WriteNumberOrNull("part", part);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteNumberOrNull("sum", Sum(parts));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static double Sum(IEnumerable<(string Item, double Part)> parts) => parts.Sum(one => one.Part);

    private static string Short(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Error(double value) => value.ToString("0.0E+0", CultureInfo.InvariantCulture);
}
