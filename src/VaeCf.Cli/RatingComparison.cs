using System.Globalization;
using System.Text.Json;
using VaeCf.Baselines;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli;

/// <summary>A model's errors beside those of the global mean and of the biases.</summary>
/// <param name="Columns">A name and a report each.</param>
/// <param name="Unseen">What is predicted where the user or the item has no rating before.</param>
internal sealed record RatingComparison(IReadOnlyList<(string Name, RatingReport Report)> Columns, double Unseen)
    : IComparison
{
    /// <summary>
    /// Measures a model, and the others, which are fitted to all ratings before those that are held out.
    /// </summary>
    public static RatingComparison Of(Recommender model, Vocabulary items, EvaluationSet set,
        CancellationToken stop = default)
    {
        RatingScale scale = model.Info.Scale!.Value;
        var before = new DataSplit(items, set.FoldIn, null, null, set.Users);
        using Recommender mean = Comparison.Fitted(GlobalMean.Type, before, stop),
            biases = Comparison.Fitted(Biases.Type, before, stop);
        (string Name, Recommender Model)[] all = [("model", model), ("mean", mean), ("biases", biases)];
        return new([.. all.Select(one => (one.Name, RatingEvaluator.Evaluate(one.Model, set, scale, stop)))],
            scale.Unseen);
    }

    /// <inheritdoc/>
    public (string Measure, IReadOnlyList<double> OfUsers) Paired => ("mse", Columns[0].Report.MseOfUsers);

    /// <inheritdoc/>
    public IEnumerable<Difference> Differences => Columns.Skip(1).SelectMany(other => Difference.Of(Columns[0].Name,
        Columns[0].Report.MseOfUsers, other.Name, other.Report.MseOfUsers, Paired.Measure));

    /// <inheritdoc/>
    public void Write(CommandContext context)
    {
        var table = new ResultTable(["", .. Columns.Select(column => column.Name)]);
        void Add(string name, Func<RatingReport, Estimate?> of) =>
            table.Add([name, .. Columns.Select(column => Comparison.Text(of(column.Report)))]);
        Add("RMSE", report => report.All.Rmse);
        Add("MAE", report => report.All.Mae);
        Add("RMSE, seen", report => report.Seen?.Rmse);
        Add("MAE, seen", report => report.Seen?.Mae);
        context.WriteTable(table);
        RatingReport first = Columns[0].Report;
        int seen = first.Seen?.Ratings ?? 0;
        context.WriteLine(string.Create(CultureInfo.InvariantCulture, $"over {first.All.Ratings:N0} ratings ± "
            + $"standard error; of {seen:N0} the user and the item have ratings before (seen), for the others "
            + $"{Unseen:0.###} is predicted; mean and biases are fitted to all ratings before those held out"));
    }

    /// <inheritdoc/>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteNumber("unseen", Unseen);
        foreach ((string name, RatingReport report) in Columns)
        {
            json.WritePropertyName(name);
            report.WriteJson(json);
        }
    }
}
