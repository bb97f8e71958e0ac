using System.CommandLine;
using VaeCf.Kernels.Common;
using VaeCf.Native.Devices;

namespace VaeCf.Bench;

/// <summary>The sizes of a training step that kernels are measured at.</summary>
internal sealed record Shapes(int B, int I, int H, int Z);

/// <summary>What the machine can do, and how much of that each kernel reaches.</summary>
internal static class Roofline
{
    private const double LargeData = 256e6;
    // Products are measured in several passes over all of them, so that a few slow seconds do not affect only one.
    private const int Passes = 5;

    public static Command Command()
    {
        Option<int> batch = Verb.Count("--batch", 500, "Users per step."),
            items = Verb.Count("--items", 20_108, "Items.");
        Option<int> hidden = Verb.Count("--hidden", 600, "Hidden units."),
            latent = Verb.Count("--latent", 200, "Latent units.");
        Option<int> threads = Verb.Threads(), budget = Verb.Budget();
        (Option<string> device, Option<ProductPrecision> products) = BenchDevice.Options();
        return Verb.Create("roofline", "Each kernel at the "
            + "shapes of a training step, against the ceilings measured in the same run and against other libraries.",
            [batch, items, hidden, latent, threads, budget, device, products], parsed =>
            {
                var shapes = new Shapes(
                    parsed.GetValue(batch), parsed.GetValue(items), parsed.GetValue(hidden), parsed.GetValue(latent));
                if (BenchDevice.GpuOf(parsed.GetValue(device)!) is null)
                    return Run(shapes, parsed.GetValue(threads), parsed.GetValue(budget));
                using BenchDevice gpu = BenchDevice.Open(
                    parsed.GetValue(device)!, parsed.GetValue(products), parsed.GetValue(threads));
                return GpuGemm.Roofline(gpu, shapes, parsed.GetValue(budget));
            });
    }

    private static Report Run(Shapes shapes, int threads, int budget)
    {
        var report = new Report("Roofline", threads == 1 ? "1" : $"1 and {threads}");
        int[] counts = [.. new[] { 1, threads }.Distinct()];
        Table ceilings = new("ceilings", "Ceilings", new("threads", "threads"), new("gflops", "multiply-add GFLOP/s"),
            new("readGbs", "read GB/s"), new("copyGbs", "copy GB/s"), new("updateGbs", "update GB/s"));
        Table products = RooflineGemm.NewTable(), kernels = RooflineKernels.NewTable(),
            peers = RooflinePeers.NewTable();
        foreach (int count in counts)
        {
            using var workers = new Workers(count);
            RooflineGemm.Shape[] all = [.. RooflineGemm.Of(shapes)];
            var times = new Times[all.Length][];
            var lines = new Times?[all.Length];
            for (int pass = 0; pass < Passes; pass++)
                for (int i = 0; i < all.Length; i++)
                {
                    Times[] now = RooflineGemm.Time(all[i], workers, budget / Passes);
                    times[i] = pass == 0 ? now : [.. times[i].Zip(now, (before, more) => before.And(more))];
                    Times? line = Ceiling.LinePass(workers);
                    lines[i] = line is null ? null : lines[i]?.And(line) ?? line;
                }
            RooflineKernels.Fill(kernels, shapes, workers, budget);
            double Rate(Traffic traffic) => Ceiling.GigabytesPerSecond(count, LargeData, traffic, budget);
            ceilings.Add(count, Ceiling.Gflops(count), Rate(Traffic.Read), Rate(Traffic.Copy), Rate(Traffic.Update));
            for (int i = 0; i < all.Length; i++)
                RooflineGemm.Fill(products, all[i], count, times[i], lines[i]);
        }
        RooflinePeers.Fill(peers, shapes, budget);
        report.Fact("openBlas", "OpenBLAS", OpenBlas.Description);
        foreach (Table table in (ReadOnlySpan<Table>)[ceilings, products, kernels, peers])
            report.Add(table);
        report.Note($"Medians; rates of multiply-adds count two operations each. A product's ceiling is what nothing "
            + "but its multiply-adds, in registers on as many threads, reach in turns with it; products are measured "
            + $"in {Passes} passes over all of them. "
            + "A line passes between threads fastest on one core and slowest between two third-level caches: a virtual "
            + "machine's processors may be moved. "
            + "Bytes are those a kernel must at least read and write; its ceiling is what reading, copying, or "
            + "changing in place as much data reaches in the same run (small data lies in a cache). "
            + "Losses, tanh, noise and masks calculate an exponential or random words for each number: that bounds "
                + "them, not the bytes.");
        return report;
    }
}
