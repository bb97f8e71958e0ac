using System.Globalization;
using System.Text.Json;
using VaeCf.Native;
using VaeCf.Native.Evaluation;

namespace VaeCf.Cli.Pages;

/// <summary>
/// Training runs as one web page that needs nothing else, drawn from nothing but the lines of their logs: one run in
/// full, or several side by side.
/// </summary>
internal static class RunPage
{
    private const string Mark = "vaecf report";

    private const string DataId = "runs";

    /// <summary>Whether a file is such a page, by its first line.</summary>
    public static bool IsPage(string path) => Page.IsPage(path, Mark);

    /// <summary>Writes the page.</summary>
    /// <exception cref="InputException">It cannot be written.</exception>
    public static void Write(string path, params IReadOnlyList<LoggedRun> runs) =>
        (runs is [var one] ? Of(one) : RunsPage.Of(new Page(Mark, "Training runs"), runs))
            .Data(DataId, json => WriteJson(json, runs)).Write(path);

    /// <summary>Writes runs, and how far each is from the first, as one JSON object.</summary>
    public static void WriteJson(Utf8JsonWriter json, IReadOnlyList<LoggedRun> runs)
    {
        json.WriteStartObject();
        json.WriteStartArray("runs");
        foreach (LoggedRun run in runs)
            run.WriteJson(json);
        json.WriteEndArray();
        json.WriteStartArray("differences");
        foreach (Difference difference in Differences(runs))
            difference.WriteJson(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>How far each run is from the first on the same test users, where they are the same.</summary>
    public static IEnumerable<Difference> Differences(IReadOnlyList<LoggedRun> runs) =>
        runs.Skip(1).SelectMany(run => run.Against(runs[0]));

    private static Page Of(LoggedRun run)
    {
        var page = new Page(Mark, run.Result is { } known && LoggedRun.Member(known, "data") is { } data
            ? $"{LoggedRun.TextOf(known, "title")} on {Name(LoggedRun.TextOf(data, "folder"))}" : run.Name);
        Summary(page, run);
        page.Section("The epochs").Figures(Curves(run));
        Search(page, run);
        if (run.Tested.Any())
            TestSections.Add(page, run);
        if (LoggedRun.Member(run.Result, "code") is { } code)
            Code(page, code);
        if (run.Result is not { } result)
            return page.Paragraph("The run has no result yet, or its log is of a version that wrote none.");
        Time(page, result);
        return Settings(page, result);
    }

    private static void Summary(Page page, LoggedRun run)
    {
        if (run.Result is { } result && LoggedRun.Member(result, "data") is { } data)
            page.Paragraph($"{Whole(data, "train_users")} users, {Whole(data, "items")} items and "
                + $"{Whole(data, "train_clicks")} clicks to train on; {Whole(data, "validation_users")} users for "
                + $"validation, {Whole(data, "test_users")} for testing.");
        int epochs = run.Epochs.Count == 0 ? 0 : LoggedRun.Number(run.Epochs[^1]);
        string end = Flag(run.Result, "stopped") ? "Stopped after" : Flag(run.Result, "diverged") ? "Diverged after"
            : "Trained for";
        page.Paragraph($"{end} {DataText.Count(epochs, "epoch")}" + (run.Best is { } best
            ? $"; the best is epoch {best.Epoch}, with a validation {run.ValidationName} of "
                + $"{Comparison.Text(best.Measure)}." : ", without validation."));
    }

    private static IEnumerable<string> Curves(LoggedRun run)
    {
        foreach (string measure in run.Measures)
            yield return Lines($"{Sentence(measure)} by epoch", measure, [(measure, run)], epoch =>
                LoggedRun.EstimateOf(epoch, measure));
        if (run.Best is { } best)
            yield return Lines($"Validation {run.ValidationName} by epoch, ± its standard error", run.ValidationName!,
                [("validation", run)], epoch => LoggedRun.EstimateOf(epoch, run.ValidationKey!), best.Epoch,
                $"The dotted line is the epoch that was kept, {best.Epoch}.");
    }

    /// <summary>A chart of a number by epoch, a line for each run.</summary>
    public static string Lines(string title, string measure, IReadOnlyList<(string Name, LoggedRun Run)> runs,
        Func<JsonElement, Estimate?> of, double? marked = null, string caption = "")
    {
        PlotSeries[] series = [.. runs.Select(run => new PlotSeries(run.Name, [.. from epoch in run.Run.Epochs
            let value = of(epoch)
            where value is not null
            select new PlotPoint(LoggedRun.Number(epoch), value.Value.Value, value.Value.StandardError)]))];
        IEnumerable<PlotPoint> points = series.SelectMany(one => one.Points);
        return new Plot(title, Axis.Linear("epoch", points.Select(point => point.X)),
            Axis.Linear(measure, Ends(points)), series)
        { Marked = marked, Caption = caption }.Html();
    }

    /// <summary>The heights that a chart of points must have room for.</summary>
    public static IEnumerable<double> Ends(IEnumerable<PlotPoint> points) =>
        points.SelectMany(point => new[] { point.Y - (point.Error ?? 0), point.Y + (point.Error ?? 0) });

    private static void Search(Page page, LoggedRun run)
    {
        if (run.ValidationKey is not { } key || run.Searched.Count == 0)
            return;
        PlotPoint[] points = [.. from epoch in run.Searched
                                 let beta = LoggedRun.Number(epoch, "beta")
                                 let value = LoggedRun.EstimateOf(epoch, key)
                                 where beta is not null && value is not null
                                 select new PlotPoint(beta.Value, value.Value.Value, value.Value.StandardError)];
        double? chosen =
            LoggedRun.Member(run.Result, "beta_search") is { } found ? LoggedRun.Number(found, "beta") : null;
        string text = chosen is null ? ""
            : $"The dotted line is beta at the peak, {Short(chosen)}, the cap of the training.";
        page.Section("The search for beta").Paragraph("A first run anneals beta from 0 to 1; the training's cap is the "
            + "beta at which validation was best (Liang et al. 2018, section 2.2.2 and figure 1).", isNote: true)
            .Figures(new Plot($"Validation {run.ValidationName} against beta, ± its standard error",
                Axis.Linear("beta", points.Select(point => point.X), fromZero: true),
                Axis.Linear(run.ValidationName!, Ends(points)), [new PlotSeries("search", points)])
            { Marked = chosen, Caption = text }.Html());
    }

    private static void Code(Page page, JsonElement code)
    {
        JsonElement[] active = [.. code.GetProperty("active").EnumerateArray()];
        double[] variances = [.. code.GetProperty("variances").EnumerateArray().Select(value => value.GetDouble())];
        PlotPoint[] points = [.. variances.Select((variance, i) => new PlotPoint(i + 1, variance))];
        string threshold = Short(LoggedRun.Number(code, "threshold"));
        page.Section("The latent code").Paragraph($"Of the code's {variances.Length} numbers {active.Length} are in "
            + $"use: their variance over {Whole(code, "users")} users is above {threshold} (Burda et al. 2016). Beside "
            + "each stand the items whose clicks correlate with it most, one way or the other.")
            .Figures(new Plot("Variance of each number of the code, the greatest first",
                Axis.Linear("rank", points.Select(point => point.X)),
                Axis.Linear("variance", points.Select(point => point.Y), fromZero: true),
                [new PlotSeries("variance", points)]).Html())
            .Add(Page.Folded($"The {active.Length} numbers in use, and their items", Page.TableOf(
                "Numbers of the code in use", ["number", "variance", "with it go", "against it go"],
                active.Select(one => (IEnumerable<string>)
                [
                    Whole(one, "dimension"), Short(LoggedRun.Number(one, "variance")), Items(one, isWith: true),
                    Items(one, isWith: false),
                ]), 2, 3)));
    }

    private static string Items(JsonElement dimension, bool isWith) => string.Join("; ",
        dimension.GetProperty("items").EnumerateArray()
            .Where(item => LoggedRun.Number(item, "correlation") > 0 == isWith)
            .Select(item => (LoggedRun.TextOf(item, "title") is { Length: > 0 } title ? title
                : LoggedRun.TextOf(item, "item")) + $" ({Short(LoggedRun.Number(item, "correlation"))})"));

    private static void Time(Page page, JsonElement result)
    {
        (string Name, double Seconds)[] times = [.. result.GetProperty("times").EnumerateObject()
            .Select(phase => (phase.Name.Replace('_', ' '), phase.Value.GetDouble()))];
        page.Section("Time").Figures(new Bars("Seconds by phase; training steps are within training",
            [.. times.Select(time => (time.Name, new Estimate(time.Seconds, null)))])
        {
            Format = value => value.Value.ToString("0.00 s", CultureInfo.InvariantCulture),
            FirstStandsOut = false,
        }.Html());
        if (LoggedRun.Member(result, "floor") is { } floor)
            page.Paragraph($"The steps took {Short(LoggedRun.Number(floor, "ratio"))} times their floor of "
                + $"{Short(LoggedRun.Number(floor, "seconds"))} s: the multiply-adds of the output layer's three "
                + $"products at {Short(LoggedRun.Number(floor, "gflops"))} GFLOP/s, which the same threads reached in "
                + "registers just after the training. On a machine that does other work too, neither is its best.");
    }

    private static Page Settings(Page page, JsonElement result)
    {
        IEnumerable<IEnumerable<string>> Rows(string member) => LoggedRun.Member(result, member) is { } of
            ? of.EnumerateObject().Select(one => (IEnumerable<string>)[one.Name.Replace('_', ' '), Setting(one.Value)])
            : [];
        return page.Section("Settings, data and machine")
            .Table("Settings", ["setting", LoggedRun.TextOf(result, "model")], Rows("settings"), 1)
            .Table("Data", ["data", ""], Rows("data"), 1)
            .Table("Machine", ["machine", ""],
                [["device", LoggedRun.TextOf(result, "device")], .. Rows("machine")], 1);
    }

    /// <summary>A setting's value of JSON as <c>train</c> prints it, but a number to six digits.</summary>
    public static string Setting(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "automatic",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Array => value.GetArrayLength() == 0 ? "none"
            : string.Join(',', value.EnumerateArray().Select(Setting)),
        JsonValueKind.Number when !value.TryGetUInt64(out _) =>
            value.GetDouble().ToString("G6", CultureInfo.InvariantCulture),
        _ => value.ToString() is { Length: > 0 } text ? text : "none",
    };

    // A folder's own name, of its path as it was typed.
    private static string Name(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));

    /// <summary>A name of JSON as a heading begins with it.</summary>
    public static string Sentence(string name) => name.Length == 0 ? name
        : name == "kl" ? "KL" : char.ToUpperInvariant(name[0]) + name[1..].Replace('_', ' ');

    /// <summary>A measure's name of JSON as papers write it, such as <c>NDCG@100</c> or <c>Hit rate@20</c>.</summary>
    public static string Heading(string measure) =>
        measure.Split('@')[0] is "ndcg" or "map" or "mrr" or "mse" ? measure.ToUpperInvariant() : Sentence(measure);

    /// <summary>A number to four digits.</summary>
    public static string Short(double? value) => value?.ToString("G4", CultureInfo.InvariantCulture) ?? "-";

    private static string Whole(JsonElement json, string name) =>
        LoggedRun.Number(json, name) is double value ? DataText.Number((long)value) : "-";

    private static bool Flag(JsonElement? json, string name) =>
        LoggedRun.Member(json, name) is { ValueKind: JsonValueKind.True };
}
