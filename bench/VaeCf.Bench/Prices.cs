using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using VaeCf.Baselines;
using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Bench;

/// <summary>
/// A training step of each model beside Mult-VAE's: what each idea costs in time and memory. Each model trains in a
/// process of its own.
/// </summary>
internal static class Prices
{
    private static readonly Option<int> batch = Verb.Count("--batch", 500, "Users per step."),
        items = Verb.Count("--items", 20_108, "Items."), hidden = Verb.Count("--hidden", 600, "Hidden units."),
        steps = Verb.Count("--steps", 6, "Steps to time, after as many untimed ones."), threads = Verb.Threads();
    private static readonly Option<int> caseIndex = new("--case");

    // Epoch: the one that is timed; RecVAE's fourth updates the decoder, the three before it the encoder.
    private sealed record Case(string Name, Settings Settings, int Epoch = 2);

    private static readonly Settings multVae = MultVae.Type.Defaults;
    private static readonly Settings vamp = Vamp.Type.Defaults.With(Autoencoders.Likelihood, Likelihood.Multinomial);
    private static readonly Settings hvamp = HVamp.Type.Defaults.With(Autoencoders.Likelihood, Likelihood.Multinomial)
        .With(Autoencoders.Gated, false).With(Autoencoders.Hidden, [600]);

    private static readonly Case[] cases =
    [
        new(MultVae.Type.Title, multVae),
        new(MultDae.Type.Title, MultDae.Type.Defaults),
        new("Mult-VAE, logistic", multVae.With(Autoencoders.Likelihood, Likelihood.Logistic)),
        new("Mult-VAE, gaussian", multVae.With(Autoencoders.Likelihood, Likelihood.Gaussian)),
        new("Mult-VAE, gated", multVae.With(Autoencoders.Gated, true)),
        new("Mult-VAE, gradients normalised", multVae.With(Autoencoders.NormalizeGradients, true)),
        new("Vamp", vamp.With(Autoencoders.NormalizeGradients, false)),
        new("Vamp, gradients normalised", vamp),
        new("H+Vamp, gradients normalised", hvamp),
        new("H+Vamp, gated, gradients normalised", hvamp.With(Autoencoders.Gated, true)),
        new("H+Vamp, gated, 2 layers, gradients normalised",
            hvamp.With(Autoencoders.Gated, true).With(Autoencoders.Hidden, [600, 600])),
        new("RecVAE, pass of the encoder", RecVae.Type.Defaults, Epoch: 3),
        new("RecVAE, pass of the decoder", RecVae.Type.Defaults, Epoch: 4),
        new(Ae.Type.Title, Ae.Type.Defaults),
        new(DeepCollaborative.Type.Title, DeepCollaborative.Type.Defaults),
        new(Cdae.Type.Title, Cdae.Type.Defaults),
        new("CDAE, 5 negatives a click", Cdae.Type.Defaults.With(Cdae.Negatives, 5)),
        new("RBM of clicks", ClickRbm.Type.Defaults),
        new("SVAE", Svae.Type.Defaults),
        new("NeuMF, of as many pairs", NeuMf.Type.Defaults),
    ];

    public static Command Command() =>
        Verb.Create("prices", "Time and memory of a training step of each network of clicks, beside Mult-VAE's.",
            [batch, items, hidden, steps, threads], Run);

    public static Command CaseCommand() =>
        Verb.Hidden("prices-case", [caseIndex, batch, items, hidden, steps, threads], RunCase);

    private static Report Run(ParseResult parsed)
    {
        (int users, int itemCount, int units, int count, int threadCount) = (parsed.GetValue(batch),
            parsed.GetValue(items), parsed.GetValue(hidden), parsed.GetValue(steps), parsed.GetValue(threads));
        var report = new Report("A training step of each model", $"{threadCount}");
        report.Fact("shape", "Shape", $"B {users}, I {itemCount}, H {units}, Z {multVae.Get(Autoencoders.Latent)}, C "
            + $"{vamp.Get(Autoencoders.Components)}; {count} steps");
        Table table = report.Add(new Table("models", "Each model in a process of its own", new("model", "model"),
            new("medianMs", "step, median ms"), new("bestMs", "best ms"), new("ratio", "times Mult-VAE's"),
            new("peakMb", "peak MB"), new("memoryRatio", "times Mult-VAE's")));
        (double Ms, double Mb)? first = null;
        foreach ((int index, Case one) in cases.Index())
        {
            JsonElement answer = Child.Bench("prices-case", "--case", $"{index}", "--batch", $"{users}", "--items",
                $"{itemCount}", "--hidden", $"{units}", "--steps", $"{count}", "--threads", $"{threadCount}");
            double Number(string key) => answer.GetProperty(key).GetDouble();
            (double Ms, double Mb) found = (Number("medianMs"), Number("peakMb"));
            first ??= found;
            table.Add(one.Name, found.Ms, Number("bestMs"), found.Ms / first.Value.Ms, found.Mb,
                found.Mb / first.Value.Mb);
        }
        report.Note("Gradients are normalised as Kim and Suh's code does; the likelihood is multinomial where none is "
            + "named. From AE on, networks have their defaults' widths. Peak memory is the whole process's, its clicks "
            + "included; MB are 10^6 bytes.");
        return report;
    }

    private static void RunCase(ParseResult parsed, Answer answer)
    {
        Case one = cases[parsed.GetValue(caseIndex)];
        (int users, int itemCount) = (parsed.GetValue(batch), parsed.GetValue(items));
        ClickMatrix clicks = Synthetic.PowerLaw(itemCount).Clicks(users * parsed.GetValue(steps));
        var split = new DataSplit(FreshModel.Items(itemCount), clicks, null, null);
        using Device device = Device.Cpu(parsed.GetValue(threads));
        Settings settings = one.Settings.Has(Autoencoders.Hidden) ? one.Settings.With(Autoencoders.Hidden,
            [.. one.Settings.Get(Autoencoders.Hidden).Select(_ => parsed.GetValue(hidden))]) : one.Settings;
        using var run = new FitRun(split, settings
            .With(GradientFit.EpochCount, cases.Max(other => other.Epoch)).With(GradientFit.BatchSize, users), device);
        using var stop = new CancellationTokenSource();
        var ms = new List<double>();
        double peak = 0;
        long last = Stopwatch.GetTimestamp();
        using Recommender model = run.Run(now =>
        {
            if (now.Epoch == one.Epoch)
                ms.Add(Stopwatch.GetElapsedTime(last).TotalMilliseconds);
            if (now.Epoch == one.Epoch && now.Finished is not null)
            {
                peak = Machine.PeakMb;
                stop.Cancel();
            }
            last = Stopwatch.GetTimestamp();
        }, stop.Token);
        var times = new Times(ms);
        (answer["medianMs"], answer["bestMs"], answer["peakMb"]) = (times.Median, times.Best, peak);
    }
}
