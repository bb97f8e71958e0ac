using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Bench;

/// <summary>A training step of each model beside Mult-VAE's: what each idea costs in time and memory. Each model trains in a process of its own.</summary>
internal static class Prices
{
    private static readonly Option<int> batch = Verb.Count("--batch", 500, "Users per step."), items = Verb.Count("--items", 20_108, "Items."), hidden = Verb.Count("--hidden", 600, "Hidden units."), steps = Verb.Count("--steps", 6, "Steps to time, after as many that are not."), threads = Verb.Threads();
    private static readonly Option<int> caseIndex = new("--case");

    // Epoch: the one that is timed; RecVAE's fourth updates the decoder, those before it the encoder.
    private sealed record Case(string Name, ModelConfig Config, bool Normalizes, int Epoch = 2);

    private static readonly ModelConfig multVae = new(), vamp = new() { Kind = ModelKind.Vamp }, hvamp = new() { Kind = ModelKind.HVamp }, recVae = ModelPreset.Of(ModelKind.RecVae).Config;

    private static readonly Case[] cases =
    [
        new("Mult-VAE", multVae, false),
        new("Mult-DAE", ModelPreset.Of(ModelKind.MultDae).Config, false),
        new("Mult-VAE, logistic", multVae with { Likelihood = Likelihood.Logistic }, false),
        new("Mult-VAE, gaussian", multVae with { Likelihood = Likelihood.Gaussian }, false),
        new("Mult-VAE, gated", multVae with { Gated = true }, false),
        new("Mult-VAE, gradients normalised", multVae, true),
        new("Vamp", vamp, false),
        new("Vamp, gradients normalised", vamp, true),
        new("H+Vamp, gradients normalised", hvamp, true),
        new("H+Vamp, gated, gradients normalised", hvamp with { Gated = true }, true),
        new("H+Vamp, gated, 2 layers, gradients normalised", hvamp with { Gated = true, Hidden = [600, 600] }, true),
        new("RecVAE, pass of the encoder", recVae, false, 3),
        new("RecVAE, pass of the decoder", recVae, false, 4),
    ];

    public static Command Command() => Verb.Create("prices", "Time and memory of a training step of each model of the family, beside Mult-VAE's.", [batch, items, hidden, steps, threads], Run);

    public static Command CaseCommand() => Verb.Hidden("prices-case", [caseIndex, batch, items, hidden, steps, threads], RunCase);

    private static Report Run(ParseResult parsed)
    {
        (int users, int itemCount, int units, int count, int threadCount) = (parsed.GetValue(batch), parsed.GetValue(items), parsed.GetValue(hidden), parsed.GetValue(steps), parsed.GetValue(threads));
        var report = new Report("A training step of each model", $"{threadCount}");
        report.Fact("shape", "Shape", $"B {users}, I {itemCount}, H {units}, Z {multVae.Latent}, C {vamp.Components}; {count} steps");
        Table table = report.Add(new Table("models", "Each model in a process of its own", new("model", "model"), new("medianMs", "step, median ms"), new("bestMs", "best ms"), new("ratio", "times Mult-VAE's"),
            new("peakMb", "peak MB"), new("memoryRatio", "times Mult-VAE's")));
        (double Ms, double Mb)? first = null;
        foreach ((int index, Case one) in cases.Index())
        {
            JsonElement answer = Child.Bench("prices-case", "--case", $"{index}", "--batch", $"{users}", "--items", $"{itemCount}", "--hidden", $"{units}", "--steps", $"{count}", "--threads", $"{threadCount}");
            double Number(string key) => answer.GetProperty(key).GetDouble();
            (double Ms, double Mb) found = (Number("medianMs"), Number("peakMb"));
            first ??= found;
            table.Add(one.Name, found.Ms, Number("bestMs"), found.Ms / first.Value.Ms, found.Mb, found.Mb / first.Value.Mb);
        }
        report.Note("Gradients are normalised as Kim and Suh's code does; the likelihood is multinomial where none is named. Peak memory is the whole process's, its clicks included; MB are 10^6 bytes.");
        return report;
    }

    private static void RunCase(ParseResult parsed, Answer answer)
    {
        Case one = cases[parsed.GetValue(caseIndex)];
        (int users, int itemCount) = (parsed.GetValue(batch), parsed.GetValue(items));
        ClickMatrix clicks = Synthetic.PowerLaw(itemCount).Clicks(users * parsed.GetValue(steps));
        var split = new DataSplit(new Vocabulary([.. Enumerable.Range(0, itemCount).Select(item => (long)item)]), clicks, null, null);
        using Device device = Device.Cpu(parsed.GetValue(threads));
        using var trainer = new Trainer(split, one.Config with { Hidden = [.. one.Config.Hidden.Select(_ => parsed.GetValue(hidden))] }, new TrainingOptions { Epochs = one.Epoch, BatchSize = users, NormalizeGradients = one.Normalizes }, device);
        var ms = new List<double>();
        double peak = 0;
        long last = Stopwatch.GetTimestamp();
        using Model model = trainer.Run(now =>
        {
            if (now.Epoch == one.Epoch)
                ms.Add(Stopwatch.GetElapsedTime(last).TotalMilliseconds);
            if (now.Step == now.Steps)
                peak = Machine.PeakMb;
            last = Stopwatch.GetTimestamp();
        });
        var times = new Times(ms);
        (answer["medianMs"], answer["bestMs"], answer["peakMb"]) = (times.Median, times.Best, peak);
    }
}
