using System.CommandLine;
using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;

namespace VaeCf.Bench;

/// <summary>One user's recommendations from a loaded model: how long they take, and what they allocate.</summary>
internal static class Latency
{
    private const int MostHistories = 1_000, BandwidthMs = 200;

    public static Command Command()
    {
        Option<int> items = Verb.Count("--items", 20_108, "Items."), k = Verb.Count("--k", 10, "Items recommended.");
        Option<int> calls = Verb.Count("--calls", 5_000, $"Calls to time, over as many histories, at most {MostHistories}, after one for each that is not."), threads = Verb.Threads();
        (Option<string> device, Option<ProductPrecision> products) = BenchDevice.Options();
        return Verb.Create("latency", "Time and allocation of one user's recommendations from a loaded model.", [items, k, calls, threads, device, products],
            parsed => Run(parsed.GetValue(device)!, parsed.GetValue(products), parsed.GetValue(items), parsed.GetValue(k), parsed.GetValue(calls), parsed.GetValue(threads)));
    }

    private static Report Run(string deviceName, ProductPrecision products, int items, int k, int calls, int threads)
    {
        using var folder = new TemporaryFolder();
        int histories = Math.Min(MostHistories, calls);
        FreshModel.Save(folder["model"], items);
        ClickMatrix clicks = Synthetic.PowerLaw(items).Clicks(histories);
        string[][] clicked = [.. Enumerable.Range(0, histories).Select(user => clicks.ItemsOf(user).ToArray().Select(item => $"{item}").ToArray())];
        int[] ranked = new int[k], users = [.. Enumerable.Range(0, histories)];
        double weightBytes = (double)items * new ModelConfig().Hidden[0] * sizeof(float);

        var report = new Report("Latency", threads == 1 ? "1" : $"1 and {threads}");
        report.Fact("shape", "Shape", $"the top {k} of {items} items for one user, H {new ModelConfig().Hidden[0]}; {calls} calls over {histories} histories of {clicks.ClickCount / histories} items on average");
        Table table = report.Add(new Table("calls", "A call", new("call", "call"), new("threads", "threads"), new("medianMs", "median ms"), new("p99Ms", "99th percentile ms"), new("bestMs", "best ms"),
            new("floorMs", "floor ms"), new("bytes", "bytes allocated"), new("bytesAllThreads", "by all threads")));
        foreach (int count in BenchDevice.CardOf(deviceName) is null ? new[] { 1, threads }.Distinct() : [1])
        {
            using BenchDevice device = BenchDevice.Open(deviceName, products, count);
            double floor = weightBytes / 1e6 / (device.Card is null ? Ceiling.GigabytesPerSecond(count, weightBytes, Traffic.Read, BandwidthMs) : BenchDevice.Bandwidth(device.Card.Context));
            if (device.Card is not null)
                report.Fact("device", "Device", device.Device.Description);
            using Model model = Model.Load(folder["model"], device.Device);
            Row("Model.Rank", user => model.Rank(clicks, users.AsSpan(user, 1), k, ranked));
            Row("Model.Recommend", user => model.Recommend(clicked[user], k));

            void Row(string name, Action<int> call)
            {
                for (int user = 0; user < histories; user++)
                    call(user);
                var ms = new double[calls];
                long mine = GC.GetAllocatedBytesForCurrentThread(), all = GC.GetTotalAllocatedBytes(precise: true);
                for (int i = 0; i < calls; i++)
                    call(i % histories);
                (mine, all) = (GC.GetAllocatedBytesForCurrentThread() - mine, GC.GetTotalAllocatedBytes(precise: true) - all);
                for (int i = 0; i < calls; i++)
                    ms[i] = Measure.Once(() => call(i % histories));
                var times = new Times(ms);
                table.Add(name, count, times.Median, times.Percentile(0.99), times.Best, floor, (double)mine / calls, (double)all / calls);
            }
        }
        report.Note("The floor is reading the output layer's weights, I x H floats, once, at the bandwidth measured for as many bytes, or at the peak of a card's memory.");
        return report;
    }
}
