using System.CommandLine;
using VaeCf.Baselines;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Training;

namespace VaeCf.Bench;

/// <summary>A pass of SVAE over histories, a user a step and many, beside PyTorch's of a user a step.</summary>
internal static class SequencesVerb
{
    private const int WarmUp = 1;

    public static Command Command()
    {
        var folder = new Argument<DirectoryInfo>("DIR") { Description = "A split folder of clicks in order." }
            .AcceptExistingOnly();
        Option<int> users = Verb.Count("--users", 200, "Training users to pass over, the first with two clicks."),
            batch = Verb.Count("--batch", 32, "Users of a larger step."), threads = Verb.Threads();
        return Verb.Create("sequences", "Time of a pass of SVAE, a user a step and many, beside PyTorch's.",
            [folder, users, batch, threads], parsed => Run(SplitFolder.Read(parsed.GetValue(folder)!.FullName),
                parsed.GetValue(users), parsed.GetValue(batch), parsed.GetValue(threads)));
    }

    private static Report Run(DataSplit split, int users, int batch, int threads)
    {
        if (!split.Train.HasOrder)
            throw new InputException("found clicks whose order is not known; expected a folder of clicks in order");
        int[][] histories = [.. Enumerable.Range(0, split.Train.UserCount)
            .Select(user => split.Train.InOrder(user).ToArray()).Where(history => history.Length > 1).Take(users)];
        int steps = histories.Sum(history => history.Length - 1);
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["histories"], histories.Select(history => string.Join(' ', history)));
        double? peer = Python.Run("import torch", "pytorch_svae.py", folder["histories"], split.Items.Count, threads)
            ?.GetProperty("seconds").GetDouble();
        var report = new Report("Passes over histories", $"{threads}");
        report.Fact("data", "Data", $"{histories.Length} users, {steps} steps, {split.Items.Count} items");
        Table table = report.Add(new Table("passes", "Passes", new("batch", "users a step"), new("seconds", "s"),
            new("usPerStep", "us a step of a user"), new("peerSeconds", "PyTorch, a user a step, s"),
            new("peerRatio", "PyTorch / ours")));
        using Device device = Device.Cpu(threads);
        foreach (int size in (int[])[1, batch])
        {
            double seconds = Time(split, histories, size, device);
            table.Add(size, seconds, 1e6 * seconds / steps, peer, peer / seconds);
        }
        report.Note("SVAE at its defaults. A pass is timed after one that is not. The peer makes its targets dense, "
            + "steps x items, and reads one user at a time, as the authors' program.");
        return report;
    }

    private static double Time(DataSplit split, int[][] histories, int batch, Device device)
    {
        long end = 0;
        var clicks = new ClickMatrix(split.Items.Count, [0, .. histories.Select(history => end += history.Length)],
            [.. histories.SelectMany(history => history.Order())], inOrder: [.. histories.SelectMany(items => items)]);
        using var run = new FitRun(new DataSplit(split.Items, clicks, null, null), Svae.Type.Defaults
            .With(GradientFit.BatchSize, batch).With(GradientFit.EpochCount, WarmUp + 1), device);
        void Pass()
        {
            for (int epoch = run.Fit.Position.Epoch; run.Fit.Position.Epoch == epoch;)
                run.Fit.Step();
        }

        for (int pass = 0; pass < WarmUp; pass++)
            Pass();
        return Measure.Once(Pass) / 1e3;
    }
}
