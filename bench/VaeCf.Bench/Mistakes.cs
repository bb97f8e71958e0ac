using System.CommandLine;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;
using static System.FormattableString;

namespace VaeCf.Bench;

/// <summary>What each common mistake costs in NDCG@100 on test users, over some seeds.</summary>
internal static class Mistakes
{
    // As bench/results/*/quality.md trains Mult-VAE on small data.
    private const int Epochs = 100, WarmUp = 60, Patience = 100, Batch = 100, Every = 2;

    // Users that are measured together by those who take the mean of batches' means.
    private const int EvaluationBatch = 50;

    private delegate double[] Measurement(Recommender model, EvaluationSet test);

    /// <summary>One way to train and measure: what it is, with what settings, and how users' NDCG is found.</summary>
    private sealed record Way(string Name, ModelType Type, Func<Settings, Settings> Choose, Measurement NdcgOfUsers);

    public static Command Command()
    {
        var folder = new Argument<DirectoryInfo>("DIR") { Description = "A split folder." }.AcceptExistingOnly();
        Option<int> seeds = Verb.Count("--seeds", 3, "Seeds 1 to N."),
            epochs = Verb.Count("--epochs", Epochs, "Epochs of a run."),
            threads = Verb.Threads();
        return Verb.Create("mistakes", "What common mistakes in Mult-VAE and its evaluation cost, in NDCG@100.",
            [folder, seeds, epochs, threads], parsed => Run(SplitFolder.Read(parsed.GetValue(folder)!.FullName),
                parsed.GetValue(seeds), parsed.GetValue(epochs), parsed.GetValue(threads)));
    }

    private static Report Run(DataSplit split, int seeds, int epochs, int threads)
    {
        EvaluationSet test = split.Test!;
        var report = new Report("What mistakes cost", $"{threads}");
        report.Fact("data", "Data", $"{split.Train.UserCount:N0} training users, {split.Train.ItemCount:N0} items, "
            + $"{test.FoldIn.UserCount} test users");
        report.Fact("withoutTargets", "Test users without targets",
            Enumerable.Range(0, test.HeldOut.UserCount).Count(user => test.HeldOut.CountOf(user) == 0));
        report.Fact("dense", "The training clicks as a dense matrix of floats, times their memory as compressed rows",
            (double)split.Train.UserCount * split.Train.ItemCount
                / (split.Train.ClickCount + 2.0 * (split.Train.UserCount + 1)));
        Table table = report.Add(new Table("mistakes", "Test users", new("mistake", "mistake"), new("model", "model"),
            new("ndcg", "NDCG@100"), new("difference", "NDCG@100 lost"), new("p", "p"),
            new("overSeeds", "of each seed")));
        using Device device = Device.Cpu(threads);
        foreach (Way[] ways in Ways(epochs))
        {
            double[][] right = [];
            foreach (Way way in ways)
            {
                double[][] users =
                    [.. Enumerable.Range(1, seeds).Select(seed => Train(way, split, seed, epochs, device))];
                if (way == ways[0])
                    right = users;
                double[] all = Mean(users);
                PairedTest against = PairedTest.Of(Mean(right), all);
                double error = PairedTest.Of(all, new double[all.Length]).StandardError;
                table.Add(way.Name, ways[0].Type.Title, Invariant($"{all.Average():F4} ± {error:F4}"),
                    way == ways[0] ? "" : Invariant($"{against.Difference:F4} ± {against.StandardError:F4}"),
                    way == ways[0] ? "" : Invariant($"{against.PValue:G2}"),
                    string.Join(", ", users.Select(one => Invariant($"{one.Average():F4}"))));
            }
        }
        report.Note($"Means of {seeds} seeds. ± is the standard error over the test users, of the mean of the seeds; "
            + "the difference's is that of the users' own differences, and p that of Student's paired t-test. 600 and "
            + $"200 units, batches of {Batch}, {epochs} epochs, of which the best by validation; beta rises to 0.2 in "
            + $"the first {WarmUpOf(epochs)}.");
        return report;
    }

    // Each group begins with the way that is right.
    private static IEnumerable<Way[]> Ways(int epochs)
    {
        static Settings As(Settings settings) => settings;
        Way Of(string name, Mistake mistake, Func<Settings, Settings>? choose = null, Measurement? measure = null) =>
            new(name, mistake == Mistake.None ? MultVae.Type : MistakenVae.TypeOf(mistake), choose ?? As,
                measure ?? Ndcg);
        yield return
        [
            Of("none", Mistake.None),
            Of("noise with a standard deviation of 0.01", Mistake.LittleNoise),
            Of("KL averaged over the latent units", Mistake.MeanKl),
            Of("z sampled at prediction", Mistake.SampledPrediction),
            Of("no dropout", Mistake.None, settings => settings.With(Autoencoders.KeepProbability, 1)),
            Of("beta not capped before the last step", Mistake.None, settings => settings
                .With(Autoencoders.WarmUpEpochs, epochs)
                .With(Autoencoders.BetaCap, settings.Get(Autoencoders.BetaCap) * epochs / WarmUpOf(epochs))),
            Of("seen items given the logit 0", Mistake.None, measure: SeenAtZero),
            Of("input not divided by its norm", Mistake.NoNormalisation),
            Of("last batch dropped", Mistake.DroppedBatch),
            Of($"mean of the means of batches of {EvaluationBatch} test users", Mistake.None, measure: ByBatch),
        ];
        yield return
        [
            new("none", MultDae.Type, As, Ndcg),
            new("L2 term never added", MultDae.Type, settings => settings.With(Autoencoders.WeightDecay, 0), Ndcg),
        ];
    }

    private static int WarmUpOf(int epochs) => Math.Max(1, epochs * WarmUp / Epochs);

    private static double[] Train(Way way, DataSplit split, int seed, int epochs, Device device)
    {
        var schedule = new Schedule(epochs, WarmUpOf(epochs), Patience, Batch, Every, 1e-3);
        Settings settings = way.Choose(schedule.Of(way.Type)).With(GradientFit.Seed, (ulong)seed);
        using var run = new FitRun(split, settings, device);
        using Recommender model = run.Run();
        double[] users = way.NdcgOfUsers(model, split.Test!);
        Console.Error.WriteLine(Invariant($"{way.Name}, seed {seed}: {users.Average():F4}, epoch {model.Info.Epoch}"));
        return users;
    }

    private static double[] Mean(double[][] seeds) =>
        [.. Enumerable.Range(0, seeds[0].Length).Select(user => seeds.Average(users => users[user]))];

    private static double[] Ndcg(IRanker ranker, EvaluationSet test) =>
        [.. Evaluator.Evaluate(ranker, test, new EvaluationOptions { Cutoffs = [FitRun.ValidationCutoff] })
            .At(FitRun.ValidationCutoff).NdcgOfUsers];

    // The evaluator refuses rankings that hold seen items; told of no fold-in, it counts them as misses.
    private static double[] SeenAtZero(Recommender model, EvaluationSet test) => Ndcg(
        new SeenAtZeroRanker(model, test.FoldIn), test with { FoldIn = Empty(test.FoldIn) });

    private static ClickMatrix Empty(ClickMatrix like) => new(like.ItemCount, new long[like.UserCount + 1], []);

    // Every user of a batch counts as much as the others, and every batch as much as the others, so that the users of a
    // smaller one count for more.
    private static double[] ByBatch(Recommender model, EvaluationSet test)
    {
        double[] users = Ndcg(model, test);
        double[][] batches = [.. users.Chunk(EvaluationBatch)];
        return [.. batches.SelectMany(batch => batch.Select(value =>
            value * users.Length / batches.Length / batch.Length))];
    }

    /// <summary>Gives the items of the history the score 0 and leaves them in the ranking.</summary>
    private sealed class SeenAtZeroRanker(Recommender model, ClickMatrix foldIn) : IRanker
    {
        public int ItemCount => model.ItemCount;

        public void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items,
            Span<float> scores)
        {
            int[] all = new int[ItemCount];
            var ranked = new float[ItemCount];
            for (int at = 0; at < rows.Length; at++)
            {
                model.Rank(new Histories(foldIn), [rows[at]], ItemCount, RankFilter.Of(ItemCount, seenToo: true), all,
                    ranked);
                int row = rows[at];
                (int Item, float Score)[] best = [.. all.Zip(ranked)
                    .Select(one => (one.First, foldIn.ItemsOf(row).Contains(one.First) ? 0 : one.Second))
                    .OrderByDescending(one => one.Item2).ThenBy(one => one.First).Take(k)];
                for (int place = 0; place < k; place++)
                    (items[at * k + place], scores[at * k + place]) =
                        place < best.Length ? best[place] : (-1, float.NaN);
            }
        }
    }
}
