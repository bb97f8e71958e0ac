using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using VaeCf.Baselines;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli;

/// <summary>A model of a comparison, with the settings that were chosen for it.</summary>
/// <param name="Search">The search for them.</param>
/// <param name="Report">Its measures on the test users.</param>
/// <param name="SecondsPerThousand">To rank 1,000 users.</param>
/// <param name="Bytes">Length of its file.</param>
internal sealed record ComparedModel(SearchRun Search, EvaluationReport Report, double SecondsPerThousand, long Bytes)
{
    /// <summary>The model and its settings.</summary>
    public Settings Settings => Search.Search.Candidates[Search.Search.Best!.Number];

    /// <summary>The values of the settings that were searched.</summary>
    public string Choice => Search.Choice(Search.Search.Best!.Number);

    /// <summary>Its file.</summary>
    public string File => Search.ModelFile;

    /// <summary>Seconds to train it, with these settings alone.</summary>
    public double TrainSeconds => Search.Search.SecondsOf(Search.Search.Best!.Number);

    /// <summary>Its measures of lists of 100.</summary>
    public CutoffMetrics At100 => Report.At(100);
}

/// <summary>Models with settings chosen on the validation users, measured on the same test users.</summary>
internal sealed class ModelComparison
{
    /// <summary>A p-value below this counts as a difference.</summary>
    public const double Significance = 0.05;

    private readonly CommandContext context;
    private readonly List<(string Model, string Why)> left = [];

    private ModelComparison(CommandContext context) => this.context = context;

    /// <summary>The models, the best by NDCG@100 first.</summary>
    public IReadOnlyList<ComparedModel> Models { get; private set; } = [];

    /// <summary>Those that could not be compared, and why.</summary>
    public IReadOnlyList<(string Model, string Why)> Left => left;

    /// <summary>Whether the best is better than a model by more than chance.</summary>
    public PairedTest Against(ComparedModel model) =>
        PairedTest.Of(Models[0].At100.NdcgOfUsers, model.At100.NdcgOfUsers);

    /// <summary>Searches the settings of each model and measures it.</summary>
    /// <param name="context">Where to say what is done, and when to stop.</param>
    /// <param name="split">Data with validation and test users.</param>
    /// <param name="models">The models; a setting that is given keeps its value.</param>
    /// <param name="folder">For the state of the comparison: a folder a model.</param>
    /// <param name="device">What computes.</param>
    /// <param name="minutes">Minutes of training in all; what one model leaves over is for the others.</param>
    public static ModelComparison Run(CommandContext context, DataSplit split, IReadOnlyList<Settings> models,
        string folder, Device device, double? minutes)
    {
        var comparison = new ModelComparison(context);
        var made = new List<ComparedModel>();
        double used = 0;
        // A hybrid is made of others.
        Settings[] ordered = [.. models.OrderBy(settings => settings.Type == Hybrid.Type)];
        for (int i = 0; i < ordered.Length; i++)
        {
            Settings? settings = ordered[i].Type == Hybrid.Type ? HybridOf(made, ordered[i]) : ordered[i];
            if (settings is null)
            {
                comparison.left.Add((Hybrid.Type.Name, "it mixes the best autoencoder with the best of the other "
                    + "models; expected one of each among the models"));
                continue;
            }
            SearchRun run = SearchRun.Open(context, split, settings, Path.Combine(folder, settings.Type.Name), device);
            run.Run((minutes - used / 60) / (ordered.Length - i));
            used += run.Search.Trials.Sum(trial => trial.Seconds);
            if (run.Search.Best is null)
                comparison.left.Add((settings.Type.Name, run.Search.Trials[0].Failure!));
            else
                made.Add(Measured(run, split, context.Stop));
        }
        if (made.Count == 0)
            throw new InputException($"no model has a result; the first, {comparison.left[0].Model}: "
                + comparison.left[0].Why);
        comparison.Models = [.. made.OrderByDescending(model => model.At100.Ndcg.Value)];
        return comparison;
    }

    // By validation: the test users have no say in what is mixed.
    private static Settings? HybridOf(IReadOnlyList<ComparedModel> made, Settings start)
    {
        ILookup<bool, ComparedModel> bySort = made.OrderByDescending(model => model.Search.Search.Best!.ValidationNdcg)
            .ToLookup(model => BaselineModels.All.Contains(model.Settings.Type));
        return bySort[true].FirstOrDefault() is { } simple && bySort[false].FirstOrDefault() is { } autoencoder
            ? start.With(Hybrid.First, simple.File).With(Hybrid.Second, autoencoder.File) : null;
    }

    private static ComparedModel Measured(SearchRun run, DataSplit split, CancellationToken stop)
    {
        using Recommender model = run.Search.ToRecommender();
        EvaluationSet test = split.Test!;
        EvaluationReport report = Evaluator.Evaluate(model, test,
            new EvaluationOptions { Train = split.Train, CancellationToken = stop });
        // Once more, for the time: everything is compiled and in the cache now.
        int[] users = [.. Enumerable.Range(0, test.FoldIn.UserCount)];
        int length = Math.Min(100, model.ItemCount);
        var lists = new int[users.Length * length];
        var clock = Stopwatch.StartNew();
        model.Rank(new Histories(test.FoldIn, test.Users), users, length, RankFilter.None, lists, []);
        return new(run, report, clock.Elapsed.TotalSeconds / users.Length * 1000,
            new FileInfo(run.ModelFile).Length);
    }

    /// <summary>Writes the tables.</summary>
    public void Write()
    {
        var accuracy = new ResultTable(["", "NDCG@100", "Recall@20", "Recall@50", "p"]);
        var rest = new ResultTable(["", "coverage", "novelty", "Gini", "personalization", "trained in",
            "1,000 users in", "file", "settings chosen"], 8);
        foreach (ComparedModel model in Models)
        {
            accuracy.Add(model.Settings.Type.Title, Comparison.Text(model.At100.Ndcg),
                Comparison.Text(model.Report.At(20).Recall), Comparison.Text(model.Report.At(50).Recall),
                model == Models[0] ? "" : P(Against(model).PValue));
            rest.Add(model.Settings.Type.Title, Number(model.At100.Coverage), Number(model.At100.Novelty),
                Number(model.At100.Gini), Number(model.At100.Personalization),
                $"{SearchRun.Seconds(model.TrainSeconds)} s", Milliseconds(model.SecondsPerThousand),
                Size(model.Bytes), model.Choice);
        }
        context.WriteTable(accuracy);
        EvaluationReport first = Models[0].Report;
        context.WriteLine($"means over {DataText.Number(first.UsersCounted)} test users ± standard error; p: how often "
            + "chance alone sets a model as far from the best, by a paired t-test of NDCG@100");
        context.WriteTable(rest);
        context.WriteLine("coverage, novelty (bits), Gini and personalization of lists of 100; times on this machine");
        foreach ((string model, string why) in left)
            context.WriteLine($"not compared: {model}: {why}");
        foreach (string line in Advice())
            context.WriteLine(line);
    }

    /// <summary>Which model for whom, in sentences.</summary>
    public IEnumerable<string> Advice()
    {
        ComparedModel best = Models[0];
        ComparedModel[] level = [.. Models.Skip(1).Where(model => Against(model).PValue >= Significance)];
        yield return $"most accurate: {best.Settings.Type.Title}" + (level.Length == 0 ? ", beyond chance"
            : $"; by chance it might as well be {string.Join(", ", level.Select(model => model.Settings.Type.Title))}");
        ComparedModel[] good = [best, .. level];
        if (good.Length > 1)
            yield return $"of these, the soonest trained is {Title(good.MinBy(model => model.TrainSeconds)!)}, the "
                + $"fastest to answer {Title(good.MinBy(model => model.SecondsPerThousand)!)}, the smallest "
                + $"{Title(good.MinBy(model => model.Bytes)!)}, the most personal "
                + Title(good.MaxBy(model => model.At100.Personalization ?? 0)!);
        IReadOnlyList<ActivityQuintile> quintiles = best.Report.Quintiles;
        foreach ((int at, string who) in new[] { (0, "least active"), (quintiles.Count - 1, "most active") })
        {
            ComparedModel top = Models.MaxBy(model => model.Report.Quintiles[at].Cutoffs[^1].Ndcg.Value)!;
            yield return $"for the {who} fifth of the users ({quintiles[at].FewestClicks} to "
                + $"{quintiles[at].MostClicks} clicks): {Title(top)}, NDCG@100 "
                + Comparison.Text(top.Report.Quintiles[at].Cutoffs[^1].Ndcg);
        }
    }

    /// <summary>Writes the comparison as one JSON object.</summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("models");
        foreach (ComparedModel model in Models)
        {
            writer.WriteStartObject();
            writer.WriteString("model", model.Settings.Type.Name);
            model.Search.WriteJson(writer);
            writer.WriteNumber("seconds_per_1000_users", model.SecondsPerThousand);
            writer.WriteNumber("bytes", model.Bytes);
            if (model != Models[0])
            {
                PairedTest test = Against(model);
                writer.WriteNumber("behind_the_best", test.Difference);
                writer.WriteNumber("behind_the_best_se", test.StandardError);
                writer.WriteNumber("p", test.PValue);
            }
            writer.WritePropertyName("test");
            model.Report.WriteJson(writer);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteStartArray("not_compared");
        foreach ((string model, string why) in left)
        {
            writer.WriteStartObject();
            writer.WriteString("model", model);
            writer.WriteString("why", why);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteStartArray("advice");
        foreach (string line in Advice())
            writer.WriteStringValue(line);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>A p-value.</summary>
    public static string P(double value) =>
        value < 0.0001 ? "< 0.0001" : value.ToString("0.0000", CultureInfo.InvariantCulture);

    /// <summary>A measure without a standard error.</summary>
    public static string Number(double? value) => value?.ToString("0.000", CultureInfo.InvariantCulture) ?? "-";

    /// <summary>A short time.</summary>
    public static string Milliseconds(double seconds) =>
        (seconds * 1000).ToString("0.0", CultureInfo.InvariantCulture) + " ms";

    /// <summary>A file's length.</summary>
    public static string Size(long bytes) => bytes < 100_000
        ? (bytes / 1e3).ToString("0.0", CultureInfo.InvariantCulture) + " kB"
        : (bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture) + " MB";

    private static string Title(ComparedModel model) => model.Settings.Type.Title;
}
