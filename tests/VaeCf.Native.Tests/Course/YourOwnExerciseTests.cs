using System.Globalization;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Training;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Course;

/// <summary>Solutions of docs/course/6-your-own.md.</summary>
public class YourOwnExerciseTests
{
    /// <summary>Each training user counts for their items as often as they share one with the user at hand.</summary>
    private sealed class Kindred(ClickMatrix train) : IRanker
    {
        public int ItemCount => train.ItemCount;

        public void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items,
            Span<float> scores)
        {
            for (int at = 0; at < rows.Length; at++)
            {
                HashSet<int> own = [.. users.Clicks.ItemsOf(rows[at])];
                var found = new float[ItemCount];
                for (int user = 0; user < train.UserCount; user++)
                {
                    int shared = 0;
                    foreach (int item in train.ItemsOf(user))
                        shared += own.Contains(item) ? 1 : 0;
                    foreach (int item in train.ItemsOf(user))
                        found[item] += shared;
                }
                int[] best = [.. Enumerable.Range(0, ItemCount).Where(item => !own.Contains(item))
                    .OrderByDescending(item => found[item]).Take(k)];
                for (int place = 0; place < k; place++)
                    (items[at * k + place], scores[at * k + place]) =
                        place < best.Length ? (best[place], found[best[place]]) : (-1, float.NaN);
            }
        }
    }

    [Fact]
    public void A_ranker_in_a_few_lines_beats_popularity()
    {
        DataSplit split = Bundled.Split();
        using Recommender popularity = Bundled.Fitted("popularity", split);
        EvaluationReport kindred = Evaluator.Evaluate(new Kindred(split.Train), split.Test!),
            popular = Evaluator.Evaluate(popularity, split.Test!);
        PairedTest test = PairedTest.Of(kindred.At(100).NdcgOfUsers, popular.At(100).NdcgOfUsers);
        Assert.True(test.Difference > 0 && test.PValue < 0.05, $"{test}");
    }

    [Fact]
    public void Softsign_and_its_slope()
    {
        static double[] Forward(double[] a) => [.. a.Select(x => x / (1 + Math.Abs(x)))];
        // 1 - |y| = 1 / (1 + |a|), and the slope is its square: y alone will do.
        static double[] Backward(double[] y, double[] dY) =>
            [.. y.Zip(dY, (value, d) => d * (1 - Math.Abs(value)) * (1 - Math.Abs(value)))];
        double[] a = [-4, -0.5, 0.1, 2.5], dY = [1, -2, 0.3, 5];
        double[] slope = Bundled.Slope(at => Forward(at).Zip(dY, (y, d) => y * d).Sum(), a);
        Assert.All(Backward(Forward(a), dY).Zip(slope), pair => Assert.Equal(pair.Second, pair.First, 1e-8));
    }

    [Fact]
    public void Two_groups_are_told_apart()
    {
        DataSplit split = Small.TwoTastes();
        Settings settings = LinearAutoencoder.Type.Defaults.With(LinearAutoencoder.Rank, 2)
            .With(GradientFit.EpochCount, 100).With(GradientFit.BatchSize, 50);
        using var run = new FitRun(split, settings);
        using Recommender model = run.Run();
        // The first twenty items are one group's, the likelier the earlier. Whoever clicked two of them gets others of
        // them first, and on the whole they have the higher scores; what is rare in both groups comes last.
        ScoredItem[] ranked = [.. model.Recommend(["100", "101"], 38).Items];
        bool IsOwn(ScoredItem one) => int.Parse(one.Item, CultureInfo.InvariantCulture) < 120;
        Assert.All(ranked[..10], one => Assert.True(IsOwn(one), one.Item));
        Assert.True(ranked.Where(IsOwn).Average(one => one.Score)
            > ranked.Where(one => !IsOwn(one)).Average(one => one.Score));
    }
}
