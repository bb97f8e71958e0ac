using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using VaeCf.Baselines;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Bench;

/// <summary>Epochs of AutoRec, DeepRec and RBMs beside PyTorch's and NumPy's.</summary>
internal static class RatingsVerb
{
    private const int WarmUp = 1;

    public static Command Command()
    {
        var folder = new Argument<DirectoryInfo>("DIR") { Description = "A split folder of ratings." }
            .AcceptExistingOnly();
        Option<int> units = Verb.Count("--units", AutoRec.Units.Default, "Hidden units of AutoRec."),
            batch = Verb.Count("--batch", 512, "Rows per step of AutoRec."),
            epochs = Verb.Count("--epochs", 5, $"Epochs to time, after {WarmUp} that is not."),
            threads = Verb.Threads();
        return Verb.Create("ratings",
            "Time of an epoch of AutoRec and DeepRec beside PyTorch's, and of RBMs beside NumPy's.",
            [folder, units, batch, epochs, threads], parsed => Run(SplitFolder.Read(parsed.GetValue(folder)!.FullName),
                parsed.GetValue(units), parsed.GetValue(batch), parsed.GetValue(epochs), parsed.GetValue(threads)));
    }

    private static Report Run(DataSplit split, int units, int batch, int epochs, int threads)
    {
        if (!split.Train.HasValues)
            throw new InputException("found clicks without ratings; expected a folder of ratings");
        var report = new Report("Models of ratings", $"{threads}");
        Table table = report.Add(new Table("epochs", "Epochs", new("model", "model"), new("rows", "rows"),
            new("columns", "columns"), new("ratings", "ratings"), new("medianMs", "median ms"),
            new("bestMs", "best ms"),
            new("sparsePeerMs", "PyTorch, sparse, median ms"), new("sparsePeerRatio", "PyTorch, sparse / ours"),
            new("densePeerMs", "PyTorch, dense, median ms"), new("densePeerRatio", "PyTorch, dense / ours")));
        using Device device = Device.Cpu(threads);
        foreach (ModelType type in (ModelType[])[ItemAutoRec.Type, UserAutoRec.Type])
        {
            Settings settings = type.Defaults.With(AutoRec.Units, units).With(GradientFit.BatchSize, batch)
                .With(GradientFit.EpochCount, WarmUp + epochs);
            Times ours = Time(split, settings, device);
            bool ofItems = type == ItemAutoRec.Type;
            (int rows, int columns) = ofItems ? (split.Items.Count, split.Train.UserCount)
                : (split.Train.UserCount, split.Items.Count);
            using var folder = new TemporaryFolder();
            Write(split.Train, ofItems, folder["ratings"]);
            JsonElement? Peer(string form) => Python.Run("import torch, numpy", "pytorch_autorec.py", folder["ratings"],
                rows, columns, units, batch, settings.Get(AutoRec.Lambda), threads, epochs, form);
            (double? sparse, double? dense) = (Median(Peer("sparse")), Median(Peer("dense")));
            table.Add(type.Title, rows, columns, split.Train.ClickCount, ours.Median, ours.Best, sparse,
                sparse / ours.Median, dense, dense / ours.Median);
        }
        report.Note($"{units} units, batches of {batch} rows, Adam. PyTorch's sparse form gathers the rated columns, "
            + "as ours does, but its L2 term and its Adam pass over all weights in every step, where ours let the rows "
            + "that a batch does not touch make up for several steps at once; the dense form makes each batch a matrix "
            + "and a mask.");
        Others(report, split, epochs, threads, device);
        return report;
    }

    // At their defaults, but with chains of one step.
    private static void Others(Report report, DataSplit split, int epochs, int threads, Device device)
    {
        Table table = report.Add(new Table("others", "Epochs of others", new("model", "model"),
            new("medianMs", "median ms"), new("bestMs", "best ms"), new("peer", "peer"),
            new("peerMs", "peer, median ms"), new("peerRatio", "peer / ours")));
        using var folder = new TemporaryFolder();
        Write(split.Train, ofItems: false, folder["ratings"]);
        (int rows, int columns) = (split.Train.UserCount, split.Items.Count);

        Settings deep = DeepRec.Type.Defaults;
        Add(deep, "PyTorch, dense", Python.Run("import torch, numpy", "pytorch_deeprec.py", folder["ratings"], rows,
            columns, string.Join(',', deep.Get(DeepRec.Widths)), deep.Get(GradientFit.BatchSize),
            deep.Get(DeepRec.KeepProbability), deep.Get(DeepRec.Refeeding), deep.Get(DeepRec.LearningRate), threads,
            epochs));
        foreach ((ModelType type, string form) in
            ((ModelType, string)[])[(Rbm.Type, "ratings"), (ClickRbm.Type, "clicks")])
        {
            Settings settings = type.Defaults.With(Rbm.ChainSteps, [1]);
            Add(settings, "NumPy", Python.Run("import numpy", "numpy_rbm.py", folder["ratings"], rows, columns,
                settings.Get(Rbm.Units), settings.Get(GradientFit.BatchSize), 1, settings.Get(Rbm.LearningRate), epochs,
                form));
        }

        void Add(Settings settings, string peer, JsonElement? answer)
        {
            Times ours = Time(split, settings.With(GradientFit.EpochCount, WarmUp + epochs), device);
            table.Add(settings.Type.Title, ours.Median, ours.Best, peer, Median(answer), Median(answer) / ours.Median);
        }
    }

    private static double? Median(JsonElement? answer) => answer?.GetProperty("medianMs").GetDouble();

    private static Times Time(DataSplit split, Settings settings, Device device)
    {
        using var run = new FitRun(split with { Validation = null }, settings, device);
        var times = new List<double>();
        while (!run.Fit.IsDone)
            times.Add(Measure.Once(() =>
            {
                do
                    run.Fit.Step();
                while (!run.Fit.EndsEpoch);
            }));
        return new Times(times.Skip(WarmUp));
    }

    // Row, column and value of each rating, row by row.
    private static void Write(ClickMatrix ratings, bool ofItems, string path)
    {
        IEnumerable<(int Row, int Column, float Rating)> all =
            from user in Enumerable.Range(0, ratings.UserCount)
            from n in Enumerable.Range(0, ratings.CountOf(user))
            let item = ratings.ItemsOf(user)[n]
            select (ofItems ? item : user, ofItems ? user : item, ratings.ValuesOf(user)[n]);
        using FileStream file = File.Create(path);
        foreach ((int row, int column, float rating) in all.OrderBy(one => one.Row))
        {
            file.Write(MemoryMarshal.AsBytes<int>([row, column]));
            file.Write(MemoryMarshal.AsBytes<float>([rating]));
        }
    }
}
