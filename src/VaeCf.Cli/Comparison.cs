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
}

/// <summary>The comparison that suits a model.</summary>
internal static class Comparisons
{
    /// <summary>Measures what a model is for: its ranking, or its ratings.</summary>
    public static IComparison Of(Recommender model, DataSplit split, EvaluationSet set) =>
        model.Settings.Type.PredictsRatings ? RatingComparison.Of(model, split.Items, set)
            : Comparison.Of([("model", model)], split, set, new EvaluationOptions());
}

/// <summary>The measures of several rankers on the same users, side by side.</summary>
/// <param name="Columns">A name and a report each.</param>
internal sealed record Comparison(IReadOnlyList<(string Name, EvaluationReport Report)> Columns) : IComparison
{
    private static IReadOnlyList<(string Name, Func<EvaluationReport, Estimate?> Of)> Main { get; } =
    [
        ("NDCG@100", report => report.At(100).Ndcg),
        ("Recall@20", report => report.At(20).Recall),
        ("Recall@50", report => report.At(50).Recall),
    ];

    /// <summary>Measures rankers, and popularity after them.</summary>
    public static Comparison Of(IEnumerable<(string Name, IRanker Ranker)> rankers, DataSplit split, EvaluationSet set,
        EvaluationOptions options)
    {
        options = options with { Train = split.Train };
        using Recommender popularity = Fitted(Popularity.Type, split, options.CancellationToken);
        (string Name, IRanker Ranker)[] all = [.. rankers, ("popularity", popularity)];
        return new Comparison([.. all.Select(one => (one.Name, Evaluator.Evaluate(one.Ranker, set, options)))]);
    }

    /// <summary>A model fitted at its defaults.</summary>
    public static Recommender Fitted(ModelType type, DataSplit split, CancellationToken cancellationToken)
    {
        using var run = new FitRun(split with { Validation = null }, type.Defaults);
        return run.Run(cancellationToken: cancellationToken);
    }

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

    /// <inheritdoc/>
    public void WriteJson(Utf8JsonWriter json)
    {
        foreach ((string name, EvaluationReport report) in Columns)
        {
            json.WritePropertyName(name);
            report.WriteJson(json);
        }
    }

    /// <summary>A mean and its standard error, as far as they are defined.</summary>
    public static string Text(Estimate? estimate)
    {
        static string Number(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
        return estimate is not { } known ? "-"
            : known.StandardError is double error ? $"{Number(known.Value)} ± {Number(error)}" : Number(known.Value);
    }
}
