using System.CommandLine;
using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Networks;
using VaeCf.Native.Recommenders;

namespace VaeCf.Bench;

/// <summary>One training step of Mult-VAE at the paper's shape, part by part, beside its floor and PyTorch's.</summary>
internal static class Step
{
    private const int WarmUp = 8;

    public static Command Command()
    {
        Option<int> batch = Verb.Count("--batch", 500, "Users per step."),
            items = Verb.Count("--items", 20_108, "Items.");
        Option<int> steps = Verb.Count("--steps", 30, $"Steps to time, after {WarmUp} that are not."),
            threads = Verb.Threads();
        Option<DirectoryInfo> profile = Verb.Profile();
        var blocks = new Option<int?>("--block-mb")
        {
            Description = "Megabytes of the logits of a block on a GPU. [default: half of its L2 cache]",
            HelpName = "N",
            CustomParser = result => Verb.Whole(result, "--block-mb", result.Tokens[0].Value),
        };
        var torchSharp = new Option<FileInfo>("--torchsharp")
        {
            Description = "The program of bench/VaeCf.Bench.TorchSharp, built: a peer on the CPU.",
            HelpName = "FILE.dll",
        };
        (Option<string> device, Option<ProductPrecision> products) = BenchDevice.Options();
        return Verb.Create("step",
            "Time of a training step of Mult-VAE (hidden 600, latent 200) by part, against its floor and PyTorch.",
            [batch, items, steps, threads, profile, device, products, blocks, torchSharp], parsed =>
            {
                using BenchDevice on = BenchDevice.Open(
                    parsed.GetValue(device)!, parsed.GetValue(products), parsed.GetValue(threads));
                if (on.Gpu is { } gpu && parsed.GetValue(blocks) is { } megabytes)
                    gpu.BlockBytes = megabytes * 1_000_000L;
                return Run(on, parsed.GetValue(batch), Synthetic.Of(parsed.GetValue(profile), parsed.GetValue(items)),
                    parsed.GetValue(steps), parsed.GetValue(threads), parsed.GetValue(products),
                    parsed.GetValue(torchSharp));
            }, chart: true);
    }

    /// <summary>GFLOP of the three products of the output layer, 6 B I H: a step's floor.</summary>
    public static double FloorGflop(int users, int items, int hidden) => 6.0 * users * items * hidden / 1e9;

    private static Report Run(BenchDevice device, int batch, Synthetic data, int steps, int threads,
        ProductPrecision products, FileInfo? torchSharp)
    {
        int items = data.ItemCount;
        double gflop = FloorGflop(batch, items, FreshModel.Hidden);
        ((string Part, Times Times)[] times, double floor) = Time(device, batch, data, steps, gflop);
        bool onGpu = device.Gpu is not null;
        var peer = PyTorch.Step(batch, items, threads, steps, onGpu, precision: products);

        Times whole = times[^1].Times;
        var report = new Report("A training step", $"{threads}");
        report.Fact("device", "Device", device.Device.Description);
        string shape = $"B {batch}, I {items}, H {FreshModel.Hidden}, Z {FreshModel.Settings.Get(Autoencoders.Latent)}";
        report.Fact("shape", "Shape", $"{shape}; {steps} steps, each of other users");
        report.Fact("clicks", "Clicks", data.Description);
        report.Fact("medianMs", "Step, median", whole.Median, "ms");
        report.Fact("bestMs", "Step, best", whole.Best, "ms");
        report.Fact("usersPerSecond", "Users a second", batch / whole.Median * 1e3);
        report.Fact("ceilingGflops", "Multiply-add ceiling", gflop / floor * 1e3, "GFLOP/s");
        report.Fact("floorMs", "Floor: the multiply-adds of three products, 6 B I H, median", floor, "ms");
        report.Fact("floorRatio", "Step / floor", whole.Median / floor);
        report.Fact("peerMs", "PyTorch's step on dense batches, median", peer?.MedianMs, "ms");
        if (peer is not null)
        {
            report.Fact("peerBestMs", "PyTorch's step, best", peer.Value.BestMs, "ms");
            report.Fact("peerRatio", "PyTorch / ours", peer.Value.MedianMs / whole.Median);
            report.Fact("peer", "PyTorch", peer.Value.Version + OpenBlas.Settings);
        }
        if (peer is not null || !onGpu)
            AddPeers(report, [("dense", () => peer?.MedianMs),
                .. PyTorch.Modes(onGpu).Skip(1).Select(mode => (mode, (Func<double?>)(() =>
                    PyTorch.Step(batch, items, threads, steps, onGpu, mode, products)?.MedianMs))),
                .. onGpu ? [] : ((string[])["dense", "bag"]).Select(mode => ($"TorchSharp, {mode}",
                    (Func<double?>)(() => TorchSharp(torchSharp, batch, items, threads, steps, mode))))],
                whole.Median);
        if (!onGpu)
            report.Note("After each step its floor: nothing but as many multiply-adds as the three products have, in "
                + "registers, on the step's threads.");
        else
        {
            report.Fact("products", "Products", products);
            report.Fact("blockMb", "Logits of a block", device.Gpu!.BlockBytes / 1e6, "MB");
            report.Note("A GPU's ceiling is that of its lanes at their highest clock. Its parts are timed one by one, "
                + "each to its end; the step is timed as it runs, without waiting between them.");
        }
        Table table = report.Add(new Table("phases", "By part", new("phase", "part"), new("medianMs", "median ms"),
            new("bestMs", "best ms")));
        foreach ((string part, Times ms) in times)
            table.Add(part, ms.Median, ms.Best);

        List<Bar> bars = [new("floor of the three products", floor, $"{Report.Text(floor)} ms", false),
            new("VaeCf.Native", whole.Median, $"{Report.Text(whole.Median)} ms", true)];
        if (peer is not null)
            bars.Add(new($"PyTorch {peer.Value.Version}", peer.Value.MedianMs, $"{Report.Text(peer.Value.MedianMs)} ms",
                false));
        report.Chart = new BarChart("A training step of Mult-VAE, milliseconds",
            $"{shape}; {(onGpu ? device.Gpu!.Context.Gpu.Name : $"{threads} threads")}; less is better", bars);
        return report;
    }

    // Null where it was not given.
    private static double? TorchSharp(FileInfo? program, int batch, int items, int threads, int steps, string mode) =>
        program is null ? null : Child.Run("dotnet",
            [program.FullName, $"{batch}", $"{items}", $"{threads}", $"{steps}", mode])
            .GetProperty("medianMs").GetDouble();

    // In the same precision; one that fails, or is absent, costs no other.
    private static void AddPeers(Report report, IReadOnlyList<(string Mode, Func<double?> Run)> modes, double ours)
    {
        Table peers = report.Add(new Table("peers", "PyTorch", new("mode", "mode"), new("medianMs", "median ms"),
            new("ratio", "PyTorch / ours")));
        double best = double.PositiveInfinity;
        foreach ((string mode, Func<double?> run) in modes)
        {
            double? ms = null;
            try
            {
                ms = run();
            }
            catch (InvalidOperationException e)
            {
                report.Note($"PyTorch, {mode}: {e.Message}");
            }
            peers.Add(mode, ms, ms / ours);
            best = Math.Min(best, ms ?? best);
        }
        report.Fact("bestPeerRatio", "PyTorch's best / ours", double.IsFinite(best) ? best / ours : null);
    }

    // The one place that knows the parts of a step; the last is the whole step. The floor is the median of those timed
    // between the steps.
    private static ((string Part, Times Times)[] Parts, double FloorMs) Time(
        BenchDevice device, int batchSize, Synthetic data, int steps, double gflop)
    {
        const ulong seed = 1;
        ClickMatrix clicks = data.Clicks((WarmUp + steps) * batchSize);
        Compute c = device.Compute;
        using Autoencoder network = Autoencoder.Create(c, FreshModel.Settings, data.ItemCount);
        double rate = FreshModel.Settings.Get(Autoencoders.LearningRate);
        var adamStep = new AdamStep(rate, 0.9, 0.999, 1e-8, T: 1, WeightDecay: 0);
        using var adam = new AdamOptimizer(c, network.Parameters, adamStep);
        using ClickBatch batch = c.AllocateBatch();
        network.Initialize(seed);
        int step = 0;
        (string Name, Action Run)[] parts =
        [
            ("load",
                () => c.Load(clicks, [.. Enumerable.Range(step % (WarmUp + steps) * batchSize, batchSize)], batch)),
            ("noise", () => network.DrawNoise(batch, seed, (ulong)step)),
            ("encoder forward", () => network.Encode(batch)),
            ("decoder, with loss and updates", () => network.TrainDecoder(batch, adam)),
            ("encoder backward, with updates", () => network.EncodeBackward(batch, 0.2, adam)),
            ("terms", () => network.Terms()),
        ];
        var times = new double[steps][];
        var floors = new double[steps];
        Func<double> floor = device.FloorMs(gflop);
        for (; step < WarmUp + steps; step++)
        {
            double[] ms = [.. parts.Select(part => Measure.Once(() => { part.Run(); device.Wait(); }))];
            if (step >= WarmUp)
                (times[step - WarmUp], floors[step - WarmUp]) = ([.. ms, ms.Sum()], floor());
        }
        if (device.Gpu is null)
        {
            // Rows of the first weight that were in no batch have made none of their steps; they catch up when it is
            // read.
            double share = Measure.Once(() => c.SquaredNorm(network.Parameters[0].Value)) / step;
            foreach (double[] ms in times)
                ms[^1] += share;
        }
        else
            for (; step < 2 * (WarmUp + steps); step++)
            {
                double ms = Measure.Once(() => Array.ForEach(parts, part => part.Run()));
                if (step >= 2 * WarmUp + steps)
                    times[step - 2 * WarmUp - steps][^1] = ms;
            }
        return ([.. parts.Select(part => part.Name).Append("step")
            .Select((name, i) => (name, new Times(times.Select(ms => ms[i]))))], new Times(floors).Median);
    }
}
