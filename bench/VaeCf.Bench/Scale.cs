using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Bench;

/// <summary>
/// Time and memory of training as users, items, batch and threads grow. Each case trains in a process of its own.
/// </summary>
internal static class Scale
{
    private const int CatalogueBatch = 100, CatalogueUsers = 10_000;

    private static readonly Option<int[]> users = Verb.Counts(
        "--users", [136_677, 50_000, 10_000], "Users; here and below, the first value is that of the other series.");
    private static readonly Option<int[]> items = Verb.Counts("--items", [20_108, 5_000, 100_000], "Items.");
    private static readonly Option<int[]> batches = Verb.Counts("--batch", [500, 100, 2_000], "Users per update.");
    private static readonly Option<int[]> threads = Verb.Counts(
        "--threads", [.. new[] { Environment.ProcessorCount, 1 }.Distinct()], "Threads.");
    private static readonly Option<int> catalogue = Verb.Count(
        "--catalogue", 1_000_000, $"Items of the large catalogue, trained with batches of {CatalogueBatch}.");
    private static readonly Option<int> hidden = Verb.Count("--hidden", 600, "Hidden units.");
    private static readonly Option<int> steps = Verb.Count("--steps", 20, "Updates in a case.");
    private static readonly Option<int?> epochSteps = new("--epoch-steps")
    {
        Description = "Updates in the epoch. [default: all]",
        HelpName = "N",
        CustomParser = result => Verb.Whole(result, "--epoch-steps", result.Tokens[0].Value),
    };
    private static readonly Option<DirectoryInfo> profile = Verb.Profile();
    private static readonly Option<string[]> series = new Option<string[]>("--series")
    {
        Description = "What to run.",
        DefaultValueFactory = _ => ["epoch", "users", "items", "batch", "threads", "catalogue"],
        AllowMultipleArgumentsPerToken = true,
    }.AcceptOnlyFromAmong("epoch", "users", "items", "batch", "threads", "catalogue");

    private static readonly Option<int> caseUsers = Verb.Count("--users", 1, ""),
        caseItems = Verb.Count("--items", 1, ""), caseBatch = Verb.Count("--batch", 1, ""),
        caseThreads = Verb.Count("--threads", 1, "");
    private static readonly Option<int> caseSteps = Verb.Count("--steps", int.MaxValue, "");

    private sealed record Case(string Series, int Users, int Items, int Batch, int Threads, int? Steps);

    public static Command Command() =>
        Verb.Create("scale", "Time and memory of training as users, items, batch and threads grow.",
            [users, items, batches, threads, catalogue, hidden, steps, epochSteps, profile, series], Run);

    public static Command CaseCommand() =>
        Verb.Hidden("scale-case", [caseUsers, caseItems, caseBatch, caseThreads, hidden, caseSteps, profile], RunCase);

    private static Report Run(ParseResult parsed)
    {
        int[] userCounts = parsed.GetValue(users)!, itemCounts = parsed.GetValue(items)!,
            batchSizes = parsed.GetValue(batches)!, threadCounts = parsed.GetValue(threads)!;
        int units = parsed.GetValue(hidden);
        var first = new Case("epoch", userCounts[0], itemCounts[0], batchSizes[0], threadCounts[0],
            parsed.GetValue(epochSteps));
        Case few = first with { Steps = parsed.GetValue(steps) };
        Case[] cases =
        [
            first,
            .. userCounts.Select(count => few with { Series = "users", Users = count }),
            .. itemCounts.Select(count => few with { Series = "items", Items = count }),
            .. batchSizes.Select(size => few with { Series = "batch", Batch = size }),
            .. threadCounts.Select(count => few with { Series = "threads", Threads = count }),
            few with { Series = "catalogue", Users = CatalogueUsers, Items = parsed.GetValue(catalogue),
                Batch = CatalogueBatch },
        ];

        string data = Synthetic.Of(parsed.GetValue(profile), first.Items).Description;
        var report = new Report("Scale", string.Join(" and ", threadCounts.Order()));
        report.Fact("hidden", "Hidden units", units);
        Table table = report.Add(new Table("cases",
            "Training, each case in a process of its own", new("series", "series"), new("users", "users"),
            new("items", "items"), new("clicks", "clicks"), new("batch", "batch"), new("threads", "threads"),
            new("steps", "updates"), new("medianMs", "update, median ms"), new("bestMs", "best ms"),
            new("floorMs", "floor ms"), new("floorRatio", "update / floor"), new("catchUpSeconds", "catching up, s"),
            new("epochSeconds", "epoch s"), new("epochFloorSeconds", "its floor s"), new("epochRatio", "epoch / floor"),
            new("peakMb", "peak MB, training"), new("peakWithModelMb", "peak MB, with the model returned")));
        foreach (Case one in cases.Where(one => parsed.GetValue(series)!.Contains(one.Series)))
        {
            string[] arguments = ["scale-case", "--users", $"{one.Users}", "--items", $"{one.Items}", "--batch",
                $"{one.Batch}", "--threads", $"{one.Threads}", "--hidden", $"{units}"];
            if (one.Steps is { } count)
                arguments = [.. arguments, "--steps", $"{count}"];
            if (parsed.GetValue(profile) is { } tables)
                arguments = [.. arguments, "--profile", tables.FullName];
            JsonElement? answer = null;
            try
            {
                answer = Child.Bench(arguments);
            }
            catch (InvalidOperationException e)
            {
                report.Note(string.Create(CultureInfo.InvariantCulture,
                    $"{one.Series}, {one.Items:N0} items, batch {one.Batch}: {e.Message}"));
            }
            double? Number(string key) => answer?.GetProperty(key).GetDouble();
            table.Add(one.Series, one.Users, one.Items, (long?)Number("clicks"), one.Batch, one.Threads,
                (int?)Number("steps"), Number("medianMs"), Number("bestMs"), Number("floorMs"), Number("medianMs")
                / Number("floorMs"), Number("catchUpSeconds"), Number("epochSeconds"), Number("epochFloorSeconds"),
                Number("epochSeconds") / Number("epochFloorSeconds"), Number("peakMb"), Number("peakWithModelMb"));
        }
        report.Note(
            $"Clicks of the first row: {data}; of a catalogue of another size: {Synthetic.PowerLaw(1).Description}. "
            + "After each update its floor is timed: nothing but as many multiply-adds as its three large products "
            + "have, 6 B I H, in registers, on the update's threads. An update's is their median; an epoch's is their "
            + "mean for all its users. "
            + "Rows of the first weight that no update read lately catch up when the weight is next read, here after "
            + "the last update. "
            + "An epoch's seconds are its updates', from the first in a fresh process to the last, and those "
            + "of catching up; where not all updates were made, the median's and a share of catching up times their "
            + "number. "
            + "Drawing the first weights and copying the model are not in them. "
            + "MB are 10^6 bytes.");
        return report;
    }

    private static void RunCase(ParseResult parsed, Answer answer)
    {
        int itemCount = parsed.GetValue(caseItems), batchSize = parsed.GetValue(caseBatch),
            wanted = parsed.GetValue(caseSteps);
        ClickMatrix clicks = Synthetic.Of(parsed.GetValue(profile), itemCount).Clicks(parsed.GetValue(caseUsers));
        var split = new DataSplit(FreshModel.Items(itemCount), clicks, null, null);
        Settings settings = FreshModel.Settings.With(Autoencoders.Hidden, [parsed.GetValue(hidden)])
            .With(GradientFit.EpochCount, 1).With(GradientFit.BatchSize, batchSize);
        using BenchDevice on = BenchDevice.Open(BenchDevice.Cpu, ProductPrecision.Single, parsed.GetValue(caseThreads));
        using var run = new FitRun(split, settings, on.Device);
        using var stop = new CancellationTokenSource();
        List<double> ms = [], floors = [];
        Func<double> floor = on.FloorMs(Step.FloorGflop(batchSize, itemCount, parsed.GetValue(hidden)));
        double peak = 0, catchUp = 0;
        long last = Stopwatch.GetTimestamp();
        using Recommender model = run.Run(now =>
        {
            ms.Add(Stopwatch.GetElapsedTime(last).TotalMilliseconds);
            floors.Add(floor());
            if (ms.Count == wanted || now.Step == now.Steps)
            {
                catchUp = Measure.Once(() => on.Compute.SquaredNorm(run.Fit.Model[0].Value));
                peak = Machine.PeakMb;
                stop.Cancel();
            }
            last = Stopwatch.GetTimestamp();
        }, stop.Token);
        int all = (clicks.UserCount + batchSize - 1) / batchSize;
        var times = new Times(ms);
        (answer["clicks"], answer["steps"], answer["medianMs"], answer["bestMs"], answer["floorMs"]) = (
            clicks.ClickCount, ms.Count, times.Median, times.Best, new Times(floors).Median);
        (answer["catchUpSeconds"], answer["epochSeconds"]) = (
            catchUp / 1e3, ((ms.Count == all ? ms.Sum() : times.Median * ms.Count) + catchUp) * all / ms.Count / 1e3);
        answer["epochFloorSeconds"] = floors.Average() / batchSize * clicks.UserCount / 1e3;
        (answer["peakMb"], answer["peakWithModelMb"]) = (peak, Machine.PeakMb);
    }
}
