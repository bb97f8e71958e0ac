using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using VaeCf.Baselines;
using VaeCf.Kernels.Common;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Bench;

/// <summary>Fits of SLIM, EASE and item kNN beside their peers, and rankings beside their floors.</summary>
internal static class BaselinesVerb
{
    private const int Cutoff = 100;

    private static readonly Option<DirectoryInfo[]> folders = new Option<DirectoryInfo[]>("--split")
    {
        Description = "Split folders that SLIM and EASE are fitted to.",
        HelpName = "DIR",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    }.AcceptExistingOnly();
    private static readonly Option<int> users = Verb.Count("--users", 136_677, "Users that item kNN is fitted to."),
        items = Verb.Count("--items", 20_108, "Items of item kNN and of the rankings."),
        ranked = Verb.Count("--ranked", 10_000, "Users that are ranked."),
        targets = Verb.Count("--targets", 200, "Items that scikit-learn fits; its seconds are scaled to all."),
        threads = Verb.Threads(), budget = Verb.Budget();
    private static readonly Option<DirectoryInfo> profile = Verb.Profile();

    public static Command Command() => Verb.Create("baselines",
        "Time and memory of SLIM's, EASE's and item kNN's fits beside scikit-learn's, NumPy's and scipy's, and "
        + "rankings beside their floors.", [folders, users, items, ranked, targets, profile, threads, budget], Run);

    private static Report Run(ParseResult parsed)
    {
        var report = new Report("Baselines", $"{parsed.GetValue(threads)}");
        Table fits = report.Add(new Table("fits", "Fits", new("model", "model"), new("data", "data"),
            new("users", "users"), new("items", "items"), new("clicks", "clicks"), new("seconds", "s"),
            new("peakMb", "peak MB so far"), new("ndcg", "NDCG@100, test"), new("kkt", "KKT residual"),
            new("peer", "peer"), new("peerSeconds", "its s"), new("peerRatio", "peer / ours")));
        Table rankings = report.Add(new Table("rankings", $"Rankings, the best {Cutoff}", new("weights", "weights"),
            new("users", "users"), new("clicks", "clicks"), new("medianMs", "median ms"), new("productsMs",
            "products ms"), new("bytesMs", "bytes ms"), new("floorRatio", "ranking / floor")));
        using Device device = Device.Cpu(parsed.GetValue(threads));
        foreach (DirectoryInfo folder in parsed.GetValue(folders)!)
        {
            DataSplit split = SplitFolder.Read(folder.FullName);
            string name = Path.GetFileName(Path.GetDirectoryName(folder.FullName)!);
            FitSlim(fits, name, split, device, parsed.GetValue(targets));
            FitEase(fits, name, split, device);
        }
        Synthetic data = Synthetic.Of(parsed.GetValue(profile), parsed.GetValue(items));
        ClickMatrix history = data.Clicks(parsed.GetValue(ranked));
        FitEase(fits, "synthetic", new DataSplit(FreshModel.Items(data.ItemCount), data.Clicks(parsed.GetValue(users)),
            null, null), device);
        using (Recommender knn = FitItemKnn(fits, data, parsed.GetValue(users), device))
            Rank(rankings, "item kNN's, sparse", history, knn, parsed);
        using (Recommender ease = AnyEase(data.ItemCount, device))
            Rank(rankings, "EASE's, dense", history, ease, parsed);
        report.Note($"SLIM with {Slim.Type.Defaults}, EASE with {Ease.Type.Defaults}, item kNN with "
            + $"{ItemKnn.Type.Defaults}; synthetic clicks: {data.Description}. The KKT residual is the largest "
            + "violation of an optimality condition over 200 columns, as a share of its item's clicks. scikit-learn "
            + "solves the same problems with the same tolerance, which it applies to the duality gap, on one thread; "
            + "scipy's product is on one thread too, NumPy in double on all. A ranking's products are as many "
            + "multiply-adds as it has, in registers; of sparse weights they are not vectors, so only bytes count. "
            + "Bytes: each row of the weights that a user clicked, read once for all users of dense weights and once a "
            + "click of sparse ones, at the rate of reading as much. The floor is the larger.");
        return report;
    }

    private static void FitSlim(Table fits, string name, DataSplit split, Device device, int targets)
    {
        using Recommender model = Fit(Slim.Type.Defaults, split, device, out double seconds);
        IReadOnlyList<SavedTensor> tensors = model.CopyTensors();
        float[] counts = tensors[0].Values, items = tensors[1].Values, values = tensors[2].Values;
        Add(fits, "SLIM", name, split.Train, seconds, Ndcg(model, split), Optimality.Residual(split.Train, Column,
            Slim.L1.Default, Slim.L2.Default), "scikit-learn", Peer(split.Train, "import sklearn", "slim_sklearn.py",
            Slim.L1.Default, Slim.L2.Default, Slim.Tolerance.Default, Slim.Sweeps.Default, targets));

        void Column(int target, double[] w)
        {
            for (int row = 0, n = 0; row < w.Length; row++)
            {
                w[row] = 0;
                for (int end = n + (int)counts[row]; n < end; n++)
                    if (items[n] == target)
                        w[row] = values[n];
            }
        }
    }

    private static void FitEase(Table fits, string name, DataSplit split, Device device)
    {
        using Recommender model = Fit(Ease.Type.Defaults, split, device, out double seconds);
        float[] weights = model.CopyTensors()[0].Values;
        Add(fits, "EASE", name, split.Train, seconds, Ndcg(model, split), Optimality.Residual(split.Train, Column,
            0, Ease.Lambda.Default), "NumPy", Peer(split.Train, "import numpy, scipy", "ease_numpy.py",
            Ease.Lambda.Default));

        void Column(int target, double[] w)
        {
            for (int row = 0; row < w.Length; row++)
                w[row] = weights[(long)row * w.Length + target];
        }
    }

    private static Recommender Fit(Settings settings, DataSplit split, Device device, out double seconds)
    {
        using var run = new FitRun(split with { Validation = null }, settings, device);
        Recommender? model = null;
        seconds = Measure.Once(() => model = run.Run()) / 1e3;
        return model!;
    }

    private static double? Ndcg(Recommender model, DataSplit split) => split.Test is null ? null
        : Evaluator.Evaluate(model, split.Test, new() { Cutoffs = [Cutoff] }).At(Cutoff).Ndcg.Value;

    private static Recommender FitItemKnn(Table fits, Synthetic data, int users, Device device)
    {
        ClickMatrix clicks = data.Clicks(users);
        Recommender model = Fit(ItemKnn.Type.Defaults, new DataSplit(FreshModel.Items(data.ItemCount), clicks, null,
            null), device, out double seconds);
        Add(fits, "item kNN", "synthetic", clicks, seconds, null, null, "scipy",
            Peer(clicks, "import scipy", "itemknn_scipy.py", ItemKnn.Neighbours.Default));
        return model;
    }

    private static void Add(Table fits, string model, string data, ClickMatrix clicks, double seconds, double? ndcg,
        double? kkt, string peer, JsonElement? answer)
    {
        double? theirs = answer?.GetProperty("seconds").GetDouble();
        fits.Add(model, data, clicks.UserCount, clicks.ItemCount, clicks.ClickCount, seconds, Machine.PeakMb, ndcg, kkt,
            answer is null ? null : peer, theirs, theirs / seconds);
    }

    // A peer reads the clicks as pairs of integers from a file.
    private static JsonElement? Peer(ClickMatrix clicks, string check, string program, params object[] arguments)
    {
        using var folder = new TemporaryFolder();
        using (FileStream file = File.Create(folder["clicks"]))
            for (int user = 0; user < clicks.UserCount; user++)
                foreach (int item in clicks.ItemsOf(user))
                    file.Write(MemoryMarshal.AsBytes<int>([user, item]));
        return Python.Run(check, program, [clicks.ItemCount, folder["clicks"], .. arguments]);
    }

    // EASE with weights as good as any for timing.
    private static Recommender AnyEase(int items, Device device)
    {
        using Compute c = device.Open();
        Tensor weights = c.Allocate(items, items);
        var row = new float[items];
        var random = new Random(1);
        for (int item = 0; item < items; item++)
        {
            for (int other = 0; other < items; other++)
                row[other] = random.NextSingle() - 0.5f;
            c.Write(row, weights.Slice(item, 1));
        }
        return Ease.Type.Load(ModelData.HandOver(Ease.Type.Defaults, FreshModel.Items(items),
            new ModelInfo(1, null, 1, false), [new NamedTensor("weights", weights)]), device);
    }

    private static void Rank(Table rankings, string name, ClickMatrix clicks, Recommender model, ParseResult parsed)
    {
        int count = parsed.GetValue(threads), ms = parsed.GetValue(budget);
        int[] rows = [.. Enumerable.Range(0, clicks.UserCount)], best = new int[rows.Length * Cutoff];
        var histories = new Histories(clicks);
        void Ranking() => model.Rank(histories, rows, Cutoff, RankFilter.None, best, []);
        bool dense = model.Settings.Type == Ease.Type;
        double bytes = dense ? (double)clicks.Items.ToArray().Distinct().Count() * clicks.ItemCount * sizeof(float)
            : BytesOfNeighbours(model, clicks);
        double rate = Ceiling.GigabytesPerSecond(count, Math.Min(bytes, 256e6), Traffic.Read, ms);
        using var workers = new Workers(count);
        Times[] times = Measure.Compare(ms, dense
            ? [Ranking, Ceiling.MultiplyAdds(workers, 2e-9 * clicks.ClickCount * clicks.ItemCount)] : [Ranking]);
        double? products = dense ? times[1].Median : null;
        double read = bytes / rate / 1e6;
        rankings.Add(name, rows.Length, clicks.ClickCount, times[0].Median, products, read,
            times[0].Median / Math.Max(products ?? 0, read));
    }

    // Eight bytes a weight, of the rows of all clicks.
    private static double BytesOfNeighbours(Recommender model, ClickMatrix clicks)
    {
        var rowLengths = new int[clicks.ItemCount];
        foreach (float item in model.CopyTensors()[0].Values)
            if (item >= 0)
                rowLengths[(int)item]++;
        double weights = 0;
        foreach (int item in clicks.Items)
            weights += rowLengths[item];
        return (sizeof(int) + sizeof(float)) * weights;
    }
}
