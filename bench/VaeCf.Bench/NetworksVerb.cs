using System.CommandLine;
using System.Text.Json;
using VaeCf.Baselines;
using VaeCf.Kernels.Common;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Bench;

/// <summary>Training steps of AE, CDAE and NeuMF at their defaults, beside their floors and PyTorch's.</summary>
internal static class NetworksVerb
{
    private const int WarmUp = 8;

    private static readonly (string Name, Settings Settings)[] models =
    [
        ("ae", Ae.Type.Defaults), ("cdae", Cdae.Type.Defaults),
        ("cdae-samples", Cdae.Type.Defaults.With(Cdae.Negatives, 5)), ("neumf", NeuMf.Type.Defaults),
    ];

    public static Command Command()
    {
        Option<int> batch = Verb.Count("--batch", 500, "Users per step, and pairs of NeuMF's."),
            items = Verb.Count("--items", 20_108, "Items."),
            steps = Verb.Count("--steps", 30, $"Steps to time, after {WarmUp} that are not."),
            threads = Verb.Threads();
        Option<DirectoryInfo> profile = Verb.Profile();
        return Verb.Create("networks",
            "Time of a training step of AE, of CDAE, of CDAE with sampled negatives, and of NeuMF, against floors and "
            + "PyTorch.",
            [batch, items, steps, threads, profile], parsed => Run(parsed.GetValue(batch),
                Synthetic.Of(parsed.GetValue(profile), parsed.GetValue(items)), parsed.GetValue(steps),
                parsed.GetValue(threads)));
    }

    private static Report Run(int batch, Synthetic data, int steps, int threads)
    {
        var report = new Report("Training steps of other networks", $"{threads}");
        report.Fact("shape", "Shape", $"B {batch}, I {data.ItemCount}; {steps} steps, each of other users");
        report.Fact("clicks", "Clicks", data.Description);
        Table table = report.Add(new Table("steps", "By model", new("model", "model"), new("medianMs", "median ms"),
            new("bestMs", "best ms"), new("floorMs", "floor ms"), new("floorRatio", "step / floor"),
            new("peerMs", "PyTorch ms"), new("peerRatio", "PyTorch / ours")));
        ClickMatrix clicks = data.Clicks((WarmUp + steps) * batch);
        using Device device = Device.Cpu(threads);
        using var workers = new Workers(threads);
        string? version = null;
        foreach ((string name, Settings settings) in models)
        {
            (Times step, Times floor) = Time(device, workers, clicks,
                settings.With(GradientFit.BatchSize, batch).With(GradientFit.EpochCount, 1), steps);
            object[] sizes = [batch, data.ItemCount, threads, steps, clicks.UserCount];
            JsonElement? peer = settings.Type == NeuMf.Type ? Python.Run("import torch", "pytorch_neumf.py", sizes)
                : Python.Run("import torch, numpy", "pytorch_networks.py", [name, .. sizes]);
            double? theirs = peer?.GetProperty("medianMs").GetDouble();
            version ??= peer?.GetProperty("torch").GetString();
            table.Add(name, step.Median, step.Best, floor.Median, step.Median / floor.Median, theirs,
                theirs / step.Median);
        }
        if (version is not null)
            report.Fact("peer", "PyTorch", version);
        report.Note("Settings: the models' defaults but for the batch; cdae-samples has 5 negatives a click. A step's "
            + "floor, after each step: the multiply-adds of the output layer's three products in registers, 3 B I H, "
            + "or, of samples, 3 N H for N of them; of NeuMF those of the hidden layers. PyTorch's batches are dense, "
            + "and its negatives a mask, but for NeuMF, whose pairs are drawn at random. Both move all users' and "
            + "items' vectors in each step of Adam.");
        return report;
    }

    private static (Times Step, Times Floor) Time(Device device, Workers workers, ClickMatrix clicks,
        Settings settings, int steps)
    {
        using var run = new FitRun(new DataSplit(FreshModel.Items(clicks.ItemCount), clicks, null, null), settings,
            device);
        Action floor = Ceiling.MultiplyAdds(workers, 6e-9 * MultiplyAdds(clicks, settings));
        var times = new List<double>();
        var floors = new List<double>();
        for (int step = 0; step < WarmUp + steps; step++)
        {
            double ms = Measure.Once(() => run.Fit.Step());
            if (step < WarmUp)
                continue;
            times.Add(ms);
            floors.Add(Measure.Once(floor));
        }
        return (new(times), new(floors));
    }

    // Of one of the three products.
    private static double MultiplyAdds(ClickMatrix clicks, Settings settings)
    {
        double batch = settings.Get(GradientFit.BatchSize);
        if (settings.Type == NeuMf.Type)
        {
            int[] widths = [2 * settings.Get(Ncf.MlpFactors), .. settings.Get(Ncf.Widths)];
            return batch * widths.Zip(widths.Skip(1), (a, b) => (double)a * b).Sum();
        }
        if (settings.Type == Ae.Type)
            return batch * clicks.ItemCount * settings.Get(Ae.Widths)[^1];
        int negatives = settings.Get(Cdae.Negatives);
        return batch * settings.Get(Cdae.Latent) * (negatives == 0 ? clicks.ItemCount
            : (1.0 + negatives) * clicks.ClickCount / clicks.UserCount);
    }
}
