using System.Globalization;
using System.Text.Json;
using VaeCf.Baselines;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Cli;

/// <summary>What several models measured on the same test.</summary>
internal interface IComparison
{
    /// <summary>Writes a table of the measures that papers report.</summary>
    void Write(CommandContext context);

    /// <summary>Writes the reports as members of the current JSON object.</summary>
    void WriteJson(Utf8JsonWriter json);

    /// <summary>How far the first of the systems is from each of the others, and by chance or not.</summary>
    IEnumerable<Difference> Differences { get; }

    /// <summary>What a paired test compares the first of the systems with another run by.</summary>
    (string Measure, IReadOnlyList<double> OfUsers) Paired { get; }
}

/// <summary>The comparison that suits a model.</summary>
internal static class Comparisons
{
    /// <summary>Measures what a model is for: its ranking, or its ratings.</summary>
    public static IComparison Of(Recommender model, DataSplit split, EvaluationSet set, CancellationToken stop) =>
        model.Settings.Type.PredictsRatings ? RatingComparison.Of(model, split.Items, set)
            : Comparison.Of([("model", model)], split, set, new EvaluationOptions { CancellationToken = stop });

    /// <summary>
    /// As <see cref="Of"/>, with EASE among the systems, unless the model is EASE or there are too many items for it.
    /// </summary>
    public static IComparison WithEase(Recommender model, DataSplit split, EvaluationSet set, CancellationToken stop)
    {
        ModelType type = model.Settings.Type;
        if (type.PredictsRatings || type == Ease.Type || split.Items.Count > MostItemsOfEase)
            return Of(model, split, set, stop);
        using Recommender ease = Comparison.Fitted(Ease.Type, split, stop);
        return Comparison.Of([("model", model), (Ease.Type.Name, ease)], split, set,
            new EvaluationOptions { CancellationToken = stop });
    }

    /// <summary>EASE inverts a matrix of items by items: beyond so many, that takes minutes and gigabytes.</summary>
    public const int MostItemsOfEase = 10_000;
}

/// <summary>The measures of several rankers on the same users, side by side.</summary>
/// <param name="Columns">A name and a report each.</param>
internal sealed record Comparison(IReadOnlyList<(string Name, EvaluationReport Report)> Columns) : IComparison
{
    /// <summary>
    /// The measures among sampled items, a report for each column; none where they were not asked for.
    /// </summary>
    public IReadOnlyList<SampledReport> Sampled { get; private init; } = [];

    // The measure of users that two models are compared by.
    private const string PairedMeasure = "ndcg@100";

    private static IReadOnlyList<(string Name, Func<EvaluationReport, Estimate?> Of)> Main { get; } =
    [
        ("NDCG@100", report => report.At(100).Ndcg),
        ("Recall@20", report => report.At(20).Recall),
        ("Recall@50", report => report.At(50).Recall),
    ];

    /// <summary>Measures rankers, and popularity after them; among sampled items too, if it is said how.</summary>
    public static Comparison Of(IEnumerable<(string Name, IRanker Ranker)> rankers, DataSplit split, EvaluationSet set,
        EvaluationOptions options, SampledOptions? sampled = null)
    {
        options = options with { Train = split.Train };
        using Recommender popularity = Fitted(Popularity.Type, split, options.CancellationToken);
        (string Name, IRanker Ranker)[] all = [.. rankers, ("popularity", popularity)];
        return new Comparison([.. all.Select(one => (one.Name, Evaluator.Evaluate(one.Ranker, set, options)))])
        {
            Sampled = sampled is null ? []
                : [.. all.Select(one => SampledEvaluator.Evaluate(one.Ranker, set, sampled))],
        };
    }

    /// <summary>A model fitted at its defaults.</summary>
    public static Recommender Fitted(ModelType type, DataSplit split, CancellationToken cancellationToken)
    {
        using var run = new FitRun(split with { Validation = null }, type.Defaults);
        return run.Run(cancellationToken: cancellationToken);
    }

    /// <inheritdoc/>
    public (string Measure, IReadOnlyList<double> OfUsers) Paired =>
        (PairedMeasure, Columns[0].Report.At(100).NdcgOfUsers);

    /// <inheritdoc/>
    public IEnumerable<Difference> Differences => Columns.Skip(1).SelectMany(other =>
        ((int?[])[null, .. other.Report.Quintiles.Select(quintile => (int?)quintile.Number)]).SelectMany(quintile =>
            Difference.Of(Columns[0].Name, NdcgOf(Columns[0].Report, quintile), other.Name,
                NdcgOf(other.Report, quintile), PairedMeasure, quintile)));

    private static double[] NdcgOf(EvaluationReport report, int? quintile) => [.. report.At(100).NdcgOfUsers
        .Where((_, user) => quintile is null || report.QuintileOfUsers[user] == quintile)];

    /// <inheritdoc/>
    public void Write(CommandContext context) => Write(context, Main);

    /// <summary>
    /// Writes a table of chosen measures, each a mean or a single number, and how many users they are over.
    /// </summary>
    public void Write(CommandContext context, IEnumerable<(string Name, Func<EvaluationReport, Estimate?> Of)> measures)
    {
        var table = new ResultTable(["", .. Columns.Select(column => column.Name)]);
        foreach ((string name, Func<EvaluationReport, Estimate?> of) in measures)
            table.Add([name, .. Columns.Select(column => Text(of(column.Report)))]);
        context.WriteTable(table);
        EvaluationReport first = Columns[0].Report;
        context.WriteLine($"means over {DataText.Number(first.UsersCounted)} users ± standard error; "
            + $"{DataText.Number(first.UsersWithoutTargets)} users without targets left out");
    }

    /// <summary>Writes the measures among sampled items, if there are any.</summary>
    public void WriteSampled(CommandContext context)
    {
        if (Sampled.Count == 0)
            return;
        SampledReport first = Sampled[0];
        var table = new ResultTable(["among sampled items", .. Columns.Select(column => column.Name)]);
        table.Add([$"HitRate@{first.K}", .. Sampled.Select(report => Text(report.HitRate))]);
        table.Add([$"NDCG@{first.K}", .. Sampled.Select(report => Text(report.Ndcg))]);
        context.WriteTable(table);
        string left = first.UsersWithoutNegatives == 0 ? ""
            : $"; left out, since they clicked all items: {DataText.Count(first.UsersWithoutNegatives, "user")}";
        context.WriteLine(string.Create(CultureInfo.InvariantCulture, $"each target among {first.Negatives:0.##} items "
            + $"that the user did not click, ties lost; not to be compared with the ranking of all items above"
            + $"{left}"));
    }

    /// <inheritdoc/>
    public void WriteJson(Utf8JsonWriter json)
    {
        foreach ((string name, EvaluationReport report) in Columns)
        {
            json.WritePropertyName(name);
            report.WriteJson(json);
        }
        if (Sampled.Count == 0)
            return;
        json.WriteStartObject("sampled");
        foreach (((string name, _), SampledReport report) in Columns.Zip(Sampled))
        {
            json.WritePropertyName(name);
            report.WriteJson(json);
        }
        json.WriteEndObject();
    }

    /// <summary>A mean and its standard error, as far as they are defined.</summary>
    public static string Text(Estimate? estimate)
    {
        static string Number(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
        return estimate is not { } known ? "-"
            : known.StandardError is double error ? $"{Number(known.Value)} ± {Number(error)}" : Number(known.Value);
    }
}
