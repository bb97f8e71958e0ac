using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using VaeCf.Baselines;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Cli;

/// <summary>A model of a comparison, with the settings that were chosen for it.</summary>
/// <param name="Search">The search for them.</param>
/// <param name="Report">Its measures on the test users.</param>
/// <param name="SecondsPerThousand">To rank 1,000 users.</param>
/// <param name="Bytes">Length of its file.</param>
/// <param name="Parts">The models that it mixes, which were compared before it; none for a model of its own.</param>
internal sealed record ComparedModel(SearchRun Search, EvaluationReport Report, double SecondsPerThousand, long Bytes,
    IReadOnlyList<ComparedModel> Parts)
{
    /// <summary>The model and its settings.</summary>
    public Settings Settings => Search.Search.Candidates[Search.Search.Best!.Number];

    /// <summary>
    /// What it mixes, and the values of the settings that were searched; and if time was up before they were trained
    /// to their end, that.
    /// </summary>
    public string Choice => string.Join(" and ", Parts.Select(part => part.Settings.Type.Title))
        + (Parts.Count > 0 ? ", " : "") + Search.Choice(Search.Search.Best!.Number)
        + (Search.IsCutShort ? $"; stopped after {Search.Search.Best.Epochs} epochs, time was up" : "");

    /// <summary>Its file.</summary>
    public string File => Search.Search.ModelFile;

    /// <summary>Seconds to train it, with these settings alone, and its parts.</summary>
    public double TrainSeconds => Search.Search.SecondsOf(Search.Search.Best!.Number)
        + Parts.Sum(part => part.TrainSeconds);

    /// <summary>Its measures of lists of 100.</summary>
    public CutoffMetrics At100 => Report.At(100);
}

/// <summary>Models with settings chosen on the validation users, measured on the same test users.</summary>
internal sealed class ModelComparison
{
    /// <summary>A p-value below this counts as a difference.</summary>
    private const double Significance = 0.05;

    // What two comparisons must not write to at once.
    private const string LockedName = "compare";

    private readonly CommandContext context;
    private readonly List<(string Model, string Why)> left = [];

    private ModelComparison(CommandContext context) => this.context = context;

    /// <summary>The models, the best by NDCG@100 first.</summary>
    public IReadOnlyList<ComparedModel> Models { get; private set; } = [];

    /// <summary>Those that could not be compared, and why.</summary>
    public IReadOnlyList<(string Model, string Why)> Left => left;

    /// <summary>Whether a model's files could not be written, so that it is left out.</summary>
    public bool HasLostFiles { get; private set; }

    /// <summary>
    /// Whether the best is better than a model by more than chance; null where there are too few users to say.
    /// </summary>
    public PairedTest? Against(ComparedModel model) => model.At100.NdcgOfUsers.Count < 2 ? null
        : PairedTest.Of(Models[0].At100.NdcgOfUsers, model.At100.NdcgOfUsers);

    /// <summary>Throws unless a folder may hold a comparison, and a page is none of its files.</summary>
    /// <param name="folder">For the state of the comparison.</param>
    /// <param name="page">The page's file; null for none.</param>
    /// <exception cref="InputException">They may not.</exception>
    public static void Check(string folder, string? page)
    {
        string[] searches = [.. Catalog.All.Select(type => Path.Combine(folder, type.Name))];
        if (Directory.Exists(folder) && !searches.Any(GridSearch.IsSearch)
            && Directory.EnumerateFileSystemEntries(folder).Any(entry =>
                !Path.GetFileName(entry).StartsWith(Path.GetFileName(AtomicFile.LockOf(LockedName)),
                    StringComparison.Ordinal)))
            throw new InputException($"{folder}: found a folder with other files; expected an empty one, one of a "
                + "comparison, or none");
        if (page is not null && searches.Append(AtomicFile.LockOf(Path.Combine(folder, LockedName))).Any(own =>
            OutputFile.IsWithin(own, page) || OutputFile.IsWithin(page, own)))
            throw new InputException($"{page}: found the place of what --out {folder} is to hold; expected another "
                + "name");
    }

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
        // What a folder is refused for shows before any work. A hybrid is made of others, which may come out otherwise
        // than before: it comes last, and is searched anew then.
        SearchRun Open(Settings settings) => new(context, new GridSearch(split, settings,
            Path.Combine(folder, settings.Type.Name), device, settings.Type == Hybrid.Type), settings);
        List<SearchRun> runs = [.. models.Where(settings => settings.Type != Hybrid.Type).Select(Open)];
        Directory.CreateDirectory(folder);
        using IDisposable held = AtomicFile.Hold(Path.Combine(folder, LockedName));
        var comparison = new ModelComparison(context);
        comparison.Search(runs, minutes * runs.Count / models.Count);
        ComparedModel[] made = [.. runs.Select(run => comparison.Measured(run, split)).OfType<ComparedModel>()];
        foreach (Settings settings in models.Where(settings => settings.Type == Hybrid.Type))
        {
            SearchRun? run = null;
            ComparedModel[] parts = [];
            comparison.Attempt(settings.Type, () =>
            {
                parts = PartsOf(made) ?? throw new InputException("it mixes the best network with the best of the "
                    + "other models; expected one of each among the models");
                run = Open(settings.With(Hybrid.First, parts[0].File).With(Hybrid.Second, parts[1].File));
                run.Run(minutes is null ? null : Math.Max(0, minutes.Value - runs.Sum(search => search.Minutes)));
            });
            if (run is not null && comparison.Measured(run, split, parts) is { } hybrid)
                made = [.. made, hybrid];
        }
        if (made.Length == 0)
            throw new InputException($"no model has a result; the first, {comparison.left[0].Model}: "
                + comparison.left[0].Why);
        comparison.Models = [.. made.OrderByDescending(model => model.At100.Ndcg.Value)];
        return comparison;
    }

    // Equal shares at first; what some leave over is for those whose time was up, while it is worth the while.
    private void Search(List<SearchRun> runs, double? minutes)
    {
        List<SearchRun> hungry = [.. runs];
        double before, used = 0;
        do
        {
            before = used;
            double? share = (minutes - used) / hungry.Count;
            foreach (SearchRun run in hungry)
                if (!Attempt(run.Type, () => run.Run(before > 0 ? run.Minutes + share : share)))
                    runs.Remove(run);
            hungry.RemoveAll(run => run.Search.IsFinished || !runs.Contains(run));
            used = runs.Sum(run => run.Minutes);
        }
        while (hungry.Count > 0 && used > before && used < 0.99 * minutes);
    }

    // False, and why, if a model cannot be compared.
    private bool Attempt(ModelType type, Action action)
    {
        string why;
        try
        {
            action();
            return true;
        }
        catch (Exception e) when (e is InputException or DeviceException)
        {
            why = e.Message;
            HasLostFiles |= e is InputException { IsOfDisk: true };
        }
        catch (OutOfMemoryException)
        {
            why = CommandLine.NoMemory;
        }
        left.Add((type.Name, why));
        return false;
    }

    // A network is what is trained in batches. By validation: the test users have no say in what is mixed.
    private static ComparedModel[]? PartsOf(IReadOnlyList<ComparedModel> made)
    {
        ILookup<bool, ComparedModel> bySort = made.OrderByDescending(model => model.Search.Search.Best!.Validation)
            .ToLookup(model => model.Settings.Has(GradientFit.BatchSize));
        return bySort[false].FirstOrDefault() is { } simple && bySort[true].FirstOrDefault() is { } network
            ? [simple, network] : null;
    }

    private ComparedModel? Measured(SearchRun run, DataSplit split, params ComparedModel[] parts)
    {
        if (run.Search.Best is null)
        {
            left.Add((run.Type.Name, run.Search.Trials[0].Failure!));
            return null;
        }
        ComparedModel? measured = null;
        Attempt(run.Type, () => measured = Measure(run, split, parts, context.Stop));
        return measured;
    }

    private static ComparedModel Measure(SearchRun run, DataSplit split, ComparedModel[] parts, CancellationToken stop)
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
            new FileInfo(run.Search.ModelFile).Length, parts);
    }

    /// <summary>What the table of accuracy says.</summary>
    public (string[] Heads, IEnumerable<IEnumerable<string>> Rows) Accuracy => Table(("", Title),
        ("NDCG@100", model => Comparison.Text(model.At100.Ndcg)),
        ("Recall@20", model => Comparison.Text(model.Report.At(20).Recall)),
        ("Recall@50", model => Comparison.Text(model.Report.At(50).Recall)),
        ("p", model => model == Models[0] ? "" : P(Against(model)?.PValue)));

    /// <summary>What the table of everything else says.</summary>
    public (string[] Heads, IEnumerable<IEnumerable<string>> Rows) Variety => Table(("", Title),
        ("coverage", model => Number(model.At100.Coverage)), ("novelty", model => Number(model.At100.Novelty)),
        ("Gini", model => Number(model.At100.Gini)),
        ("personalisation", model => Number(model.At100.Personalization)),
        ("trained in", model => $"{SearchRun.Seconds(model.TrainSeconds)} s"),
        ("1,000 users in", model => Milliseconds(model.SecondsPerThousand)), ("file", model => Size(model.Bytes)),
        ("settings chosen", model => model.Choice));

    /// <summary>The one column of <see cref="Variety"/> that holds text.</summary>
    public const int SettingsColumn = 8;

    /// <summary>What the columns of accuracy mean.</summary>
    public const string AccuracyNote = "p: how often chance alone sets a model as far from the best, by a paired "
        + "t-test of NDCG@100";

    /// <summary>What the other columns mean.</summary>
    public const string VarietyNote = "coverage, novelty (bits), Gini and personalisation of lists of 100; times on "
        + "this machine, a hybrid's with its parts";

    /// <summary>Writes the tables.</summary>
    public void Write()
    {
        WriteTable(Accuracy.Heads, Accuracy.Rows);
        context.WriteLine($"means over {DataText.Number(Models[0].Report.UsersCounted)} test users ± standard error; "
            + AccuracyNote);
        WriteTable(Variety.Heads, Variety.Rows);
        context.WriteLine(VarietyNote);
        foreach ((string model, string why) in left)
            context.WriteLine($"not compared: {model}: {why}");
        foreach (string line in Advice())
            context.WriteLine(line);
    }

    private (string[] Heads, IEnumerable<IEnumerable<string>> Rows) Table(
        params (string Head, Func<ComparedModel, string> Cell)[] columns) =>
        ([.. columns.Select(column => column.Head)],
            Models.Select(model => columns.Select(column => column.Cell(model))));

    private void WriteTable(string[] heads, IEnumerable<IEnumerable<string>> rows)
    {
        var table = new ResultTable(heads, SettingsColumn);
        foreach (IEnumerable<string> row in rows)
            table.Add(row);
        context.WriteTable(table);
    }

    /// <summary>Which model for whom, in sentences.</summary>
    public IEnumerable<string> Advice()
    {
        if (Models.Where(model => model.Search.IsCutShort).Select(Title).ToArray() is [_, ..] undertrained)
            yield return $"without enough time, and perhaps better with more: {string.Join(", ", undertrained)}";
        string[] untried = [.. Models.Where(model => model.Search.Untried > 0).Select(model =>
            $"{Title(model)} {model.Search.Untried} of {model.Search.Search.Candidates.Count}")];
        if (untried.Length > 0)
            yield return $"combinations of settings not tried, since time was up: {string.Join(", ", untried)}";
        ComparedModel best = Models[0];
        ComparedModel[] level = [.. Models.Skip(1).Where(model => !(Against(model)?.PValue < Significance))];
        yield return $"most accurate: {Title(best)}" + (Models.Count == 1 ? ", with nothing to compare it with"
            : level.Length == 0 ? ", beyond chance"
            : $"; by chance it might as well be {string.Join(", ", level.Select(Title))}");
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
            if (model != Models[0] && Against(model) is { } test)
            {
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

    /// <summary>A p-value as it is printed.</summary>
    public static string P(double? value) =>
        value < 0.0001 ? "< 0.0001" : value?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "-";

    private static string Number(double? value) => value?.ToString("0.000", CultureInfo.InvariantCulture) ?? "-";

    private static string Milliseconds(double seconds) =>
        (seconds * 1000).ToString("0.0", CultureInfo.InvariantCulture) + " ms";

    private static string Size(long bytes) => bytes < 100_000
        ? (bytes / 1e3).ToString("0.0", CultureInfo.InvariantCulture) + " kB"
        : (bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture) + " MB";

    private static string Title(ComparedModel model) => model.Settings.Type.Title;
}
