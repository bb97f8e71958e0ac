using System.CommandLine;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Bench;

/// <summary>
/// One user's recommendations from a loaded model: how long they take, what they allocate, and how many there are per
/// second when several threads ask at once.
/// </summary>
internal static class Latency
{
    private const int MostHistories = 1_000, BandwidthMs = 200;

    private static readonly Option<int> items = Verb.Count("--items", 20_108, "Items."),
        k = Verb.Count("--k", 10, "Items recommended."),
        calls = Verb.Count("--calls", 5_000,
            $"Calls to time, over as many histories, at most {MostHistories}, after one for each that is not."),
        roundMs = Verb.Count("--round-ms", 400, "Milliseconds of a round of concurrent callers."),
        threads = Verb.Threads();
    private static readonly Option<int[]> callers = Verb.Counts("--callers", [1, 2, 4, 8], "Concurrent callers."),
        together = Verb.Counts("--together", [1, 2, 4, 8, 16], "Users ranked by one call.");
    private static readonly (Option<string> Device, Option<ProductPrecision> Products) on = BenchDevice.Options();

    public static Command Command() => Verb.Create("latency",
        "Time and allocation of one user's recommendations from a loaded model, and of concurrent callers.",
        [items, k, calls, together, callers, roundMs, threads, on.Device, on.Products], Run);

    private static Report Run(ParseResult parsed)
    {
        (int itemCount, int length, int count) = (parsed.GetValue(items), parsed.GetValue(k), parsed.GetValue(calls));
        int allThreads = parsed.GetValue(threads), histories = Math.Min(MostHistories, count);
        using var folder = new TemporaryFolder();
        FreshModel.Save(folder["model"], itemCount);
        ClickMatrix clicks = Synthetic.PowerLaw(itemCount).Clicks(histories);
        string[][] clicked = [.. Enumerable.Range(0, histories)
            .Select(user => clicks.ItemsOf(user).ToArray().Select(item => $"{item}").ToArray())];

        var report = new Report("Latency", allThreads == 1 ? "1" : $"1 and {allThreads}");
        report.Fact("shape", "Shape", $"the top {length} of {itemCount} items for one user, H {FreshModel.Hidden}; "
            + $"{count} calls over {histories} histories of {clicks.ClickCount / histories} items on average");
        Table table = report.Add(new Table("calls", "A call", new("call", "call"), new("threads", "threads"),
            new("medianMs", "median ms"), new("p99Ms", "99th percentile ms"), new("bestMs", "best ms"),
            new("floorMs", "floor ms"), new("bytes", "bytes allocated"), new("bytesAllThreads", "by all threads")));
        Table few = report.Add(new Table("together", "Users ranked by one call of Recommender.Rank",
            new("users", "users"), new("threads", "threads"), new("medianMs", "median ms"), new("bestMs", "best ms"),
            new("floorMs", "floor ms"), new("floorRatio", "median / floor")));
        string deviceName = parsed.GetValue(on.Device)!;
        BenchDevice Open(int team) => BenchDevice.Open(deviceName, parsed.GetValue(on.Products), team);
        bool onCpu = BenchDevice.GpuOf(deviceName) is null;
        foreach (int team in onCpu ? new[] { 1, allThreads }.Distinct() : [1])
        {
            using BenchDevice device = Open(team);
            if (!onCpu)
                report.Fact("device", "Device", device.Device.Description);
            using Recommender model = Recommender.Load(folder["model"], device.Device);
            double floor = Floor(model, device, team);
            AddCalls(table, model, team, clicks, clicked, length, count, floor);
            foreach (int users in parsed.GetValue(together)!)
                AddTogether(few, model, users, team, clicks, length, count, floor);
        }
        using (BenchDevice one = Open(1))
        using (Recommender unit = Recommender.Load(folder["model"], one.Device))
        using (BenchDevice all = Open(allThreads))
        using (Recommender shared = Recommender.Load(folder["model"], all.Device))
            Callers.Add(report, (unit, 1), (shared, onCpu ? allThreads : 1), parsed.GetValue(callers)!, clicked, length,
                parsed.GetValue(roundMs));
        report.Note("The floor is reading the output layer's weights, I x H floats, once, at the bandwidth "
            + "measured for as many bytes, or at the peak of a GPU's memory.");
        return report;
    }

    private static double Floor(Recommender model, BenchDevice device, int team)
    {
        double weightBytes = (double)model.ItemCount * FreshModel.Hidden * sizeof(float);
        return weightBytes / 1e6 / (device.Gpu is { } gpu ? BenchDevice.Bandwidth(gpu.Context)
            : Ceiling.GigabytesPerSecond(team, weightBytes, Traffic.Read, BandwidthMs));
    }

    private static void AddTogether(Table table, Recommender model, int users, int team, ClickMatrix clicks, int k,
        int calls, double floor)
    {
        var histories = new Histories(clicks);
        int[] asked = [.. Enumerable.Range(0, users).Select(user => user % clicks.UserCount)],
            ranked = new int[users * k];
        void Call() => model.Rank(histories, asked, k, RankFilter.None, ranked, []);
        Call();
        var times = new Times(Enumerable.Range(0, (calls + users - 1) / users).Select(_ => Measure.Once(Call)));
        table.Add(users, team, times.Median, times.Best, floor, times.Median / floor);
    }

    private static void AddCalls(Table table, Recommender model, int team, ClickMatrix clicks, string[][] clicked,
        int k, int calls, double floor)
    {
        var histories = new Histories(clicks);
        int[] ranked = new int[k], users = [.. Enumerable.Range(0, clicked.Length)];
        Row("Recommender.Rank", user => model.Rank(histories, users.AsSpan(user, 1), k, RankFilter.None, ranked, []));
        Row("Recommender.Recommend", user => model.Recommend(clicked[user], k));

        void Row(string name, Action<int> call)
        {
            for (int user = 0; user < clicked.Length; user++)
                call(user);
            var ms = new double[calls];
            long mine = GC.GetAllocatedBytesForCurrentThread(), all = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < calls; i++)
                call(i % clicked.Length);
            mine = GC.GetAllocatedBytesForCurrentThread() - mine;
            all = GC.GetTotalAllocatedBytes(precise: true) - all;
            for (int i = 0; i < calls; i++)
                ms[i] = Measure.Once(() => call(i % clicked.Length));
            var times = new Times(ms);
            table.Add(name, team, times.Median, times.Percentile(0.99), times.Best, floor, (double)mine / calls,
                (double)all / calls);
        }
    }
}
