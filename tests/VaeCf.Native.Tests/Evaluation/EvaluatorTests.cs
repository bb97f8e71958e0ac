using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Tests.Evaluation;

public class EvaluatorTests
{
    [Fact]
    public void APerfectRankingScoresOneInEveryMeasureThatAllowsIt()
    {
        EvaluationSet set = new(Sets.Clicks(6, [0], [5]), Sets.Clicks(6, [2, 4], [0, 1]));
        ScoreTableRanker ranker = new([0, 1, 9, 1, 9, 1, /**/ 3, 3, 0, 0, 0, 0], 6);
        CutoffMetrics at = Evaluator.Evaluate(ranker, set, new() { Cutoffs = [4] }).At(4);
        Estimate one = new(1, 0);
        Assert.Equal(one, at.Ndcg);
        Assert.Equal(one, at.Recall);
        Assert.Equal(one, at.RecallOfTargets);
        Assert.Equal(one, at.HitRate);
        Assert.Equal(one, at.Map);
        Assert.Equal(one, at.Mrr);
        Assert.Equal(new Estimate(0.5, 0), at.Precision);
    }

    [Fact]
    public void EachMeasureIsWhatOneComputesByHand()
    {
        // User 0 ranks 0 1 2 3 4 and looks for 1, 3, 4: hits at ranks 2, 4, 5. User 1 ranks 4 3 2 1 0 and looks for 0:
        // a hit at rank 5.
        EvaluationSet set = new(Sets.Clicks(5, [], []), Sets.Clicks(5, [1, 3, 4], [0]));
        ScoreTableRanker ranker = new([5, 4, 3, 2, 1, /**/ 1, 2, 3, 4, 5], 5);
        EvaluationReport report = Evaluator.Evaluate(ranker, set, new() { Cutoffs = [2, 4] });

        CutoffMetrics at2 = report.At(2);
        double ndcg0 = 1 / Math.Log2(3) / (1 + 1 / Math.Log2(3));
        Near(ndcg0 / 2, at2.Ndcg.Value);
        Near(ndcg0 / 2, at2.Ndcg.StandardError!.Value); // of a and 0: sqrt(a^2/2 / 1 / 2)
        Near(1 / 4.0, at2.Recall.Value);
        Near(1 / 6.0, at2.RecallOfTargets.Value);
        Near(1 / 4.0, at2.Precision.Value);
        Near(1 / 2.0, at2.HitRate.Value);
        Near(1 / 8.0, at2.Map.Value);
        Near(1 / 4.0, at2.Mrr.Value);
        Near(4 / 5.0, at2.Coverage);
        Near(1.0, at2.Personalization!.Value);
        Assert.Null(at2.Novelty);

        CutoffMetrics at4 = report.At(4);
        Near((1 / Math.Log2(3) + 1 / Math.Log2(5)) / (1 + 1 / Math.Log2(3) + 1 / 2.0) / 2, at4.Ndcg.Value);
        Near(2 / 3.0 / 2, at4.Recall.Value);
        Near((1 / 2.0 + 2 / 4.0) / 3 / 2, at4.Map.Value);
        Near(1 - 3 / 4.0, at4.Personalization!.Value);
    }

    [Fact]
    public void TheNextItemIsTheFirstTargetInOrderAndItsRankAloneCounts()
    {
        // User 0 looks for 3 first, at rank 2, and then for 1; user 1 for 2, at rank 3 of the lists; user 2 for none.
        var heldOut = new ClickMatrix(4, [0, 2, 3, 3], [1, 3, 2], inOrder: [3, 1, 2]);
        EvaluationSet set = new(Sets.Clicks(4, [], [], []), heldOut);
        ScoreTableRanker ranker = new([1, 5, 2, 4, /**/ 4, 3, 2, 1, /**/ 1, 2, 3, 4], 4);
        EvaluationReport report = Evaluator.Evaluate(ranker, set, new() { Cutoffs = [2, 3], NextItem = true });
        NextItemMetrics at2 = report.At(2).Next!.Value, at3 = report.At(3).Next!.Value;
        Near(1 / 2.0, at2.HitRate.Value);
        Near(1 / Math.Log2(3) / 2, at2.Ndcg.Value);
        Near(1 / 4.0, at2.Mrr.Value);
        Near(1, at3.HitRate.Value);
        Near((1 / Math.Log2(3) + 1 / 2.0) / 2, at3.Ndcg.Value);
        Near((1 / 2.0 + 1 / 3.0) / 2, at3.Mrr.Value);
        Assert.Contains("\"next_mrr@3\"", Sets.Json(report));
        Assert.Contains("next_hit_rate", report.ToString());
        Assert.Null(Evaluator.Evaluate(ranker, set).At(20).Next);
    }

    [Fact]
    public void WithoutAnOrderOrWithOneAgainstTimeThereIsNoNextItem()
    {
        ScoreTableRanker ranker = new([1, 5, 2, 4], 4);
        string Error(ClickMatrix foldIn, ClickMatrix heldOut) => Assert.Throws<InputException>(() =>
            Evaluator.Evaluate(ranker, new(foldIn, heldOut), new() { NextItem = true })).Message;
        Assert.Contains("expected it, or times", Error(Sets.Clicks(4, [0]), Sets.Clicks(4, [2])));
        Assert.Contains("user 0 has a held-out click of time 5 and one to predict it from of time 7",
            Error(new ClickMatrix(4, [0, 2], [0, 1], null, [3, 7]), new ClickMatrix(4, [0, 1], [2], null, [5])));
    }

    [Fact]
    public void UsersWithoutTargetsAreLeftOutOfTheMeansAndCountedInTheLists()
    {
        EvaluationSet set = new(Sets.Clicks(3, [], [0], []), Sets.Clicks(3, [], [2], []));
        ScoreTableRanker ranker = new([9, 1, 1, /**/ 1, 1, 9, /**/ 1, 9, 1], 3);
        EvaluationReport report = Evaluator.Evaluate(ranker, set, new() { Cutoffs = [1] });
        Assert.Equal(1, report.UsersCounted);
        Assert.Equal(2, report.UsersWithoutTargets);
        Assert.Equal(new Estimate(1, null), report.At(1).Ndcg);
        Assert.Equal(1, report.At(1).Coverage);
    }

    [Fact]
    public void ASetWithoutAnyTargetIsRefused()
    {
        EvaluationSet set = new(Sets.Clicks(3, [0], [1]), Sets.Clicks(3, [], []));
        InputException e = Assert.Throws<InputException>(
            () => Evaluator.Evaluate(new ScoreTableRanker(new double[6], 3), set));
        Assert.Contains("2 users", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OfEqualScoresTheLowerIndexComesFirst()
    {
        EvaluationSet set = new(Sets.Clicks(4, [1]), Sets.Clicks(4, [2]));
        Assert.Equal(0.5, Evaluator.Evaluate(new ScoreTableRanker([7, 7, 7, 7], 4), set, new() { Cutoffs = [3] })
            .At(3).Mrr.Value);
    }

    [Fact]
    public void SeenItemsAreNeverRankedAlsoWhenAllOthersScoreBelowZero()
    {
        ClickMatrix foldIn = Sets.Clicks(4, [1, 3]);
        ScoreTableRanker ranker = new([-5, 0, -3, 9], 4);
        Assert.Equal([2, 0, -1], Sets.Rank(ranker, foldIn, 0, 3));
        EvaluationSet set = new(foldIn, Sets.Clicks(4, [0]));
        Assert.Equal(0.5, Evaluator.Evaluate(ranker, set, new() { Cutoffs = [2] }).At(2).Mrr.Value);
    }

    [Fact]
    public void ACutoffAboveTheNumberOfItemsMeasuresTheWholeRanking()
    {
        EvaluationSet set = new(Sets.Clicks(3, [0], []), Sets.Clicks(3, [1], [0, 1, 2]));
        EvaluationReport report = Evaluator.Evaluate(
            new ScoreTableRanker([3, 2, 1, /**/ 1, 2, 3], 3), set, new() { Cutoffs = [3, 1000] });
        Assert.Equal(new Estimate(1, 0), report.At(1000).Ndcg);
        Assert.Equal(report.At(3).Recall, report.At(1000).Recall);
        Near((1 + 3) / 2.0 / 1000, report.At(1000).Precision.Value);
        Near(1 - 2 / 1000.0, report.At(1000).Personalization!.Value);
    }

    [Fact]
    public void AUserWhoseFoldInIsEverythingGetsNoListAndNoNaN()
    {
        EvaluationSet set = new(Sets.Clicks(2, [0, 1]), Sets.Clicks(2, [1]));
        EvaluationReport report = Evaluator.Evaluate(
            new ScoreTableRanker([1, 2], 2), set, new() { Train = Sets.Clicks(2, [0]) });
        CutoffMetrics at = report.At(20);
        Assert.Equal(new Estimate(0, null), at.Ndcg);
        Assert.Equal(0, at.Coverage);
        Assert.Null(at.Gini);
        Assert.Null(at.Personalization);
        Assert.Null(at.Novelty);
    }

    [Fact]
    public void TheResultDoesNotDependOnTheBlockSize()
    {
        Random random = new(5);
        EvaluationSet set = Sets.Random(random, 61, 40);
        ScoreTableRanker ranker = Sets.RandomScores(random, 61, 40);
        string[] results = [.. new[] { 1, 3, 7, 61, 1000 }.Select(size =>
            Sets.Json(Evaluator.Evaluate(ranker, set,
                new() { BlockSize = size, Cutoffs = [1, 5, 100], Train = set.FoldIn })))];
        Assert.All(results, result => Assert.Equal(results[0], result));
    }

    [Fact]
    public void CutoffsMayComeInAnyOrderAndRepeat()
    {
        Random random = new(6);
        EvaluationSet set = Sets.Random(random, 20, 30);
        ScoreTableRanker ranker = Sets.RandomScores(random, 20, 30);
        EvaluationReport report = Evaluator.Evaluate(ranker, set, new() { Cutoffs = [10, 2, 10, 5] });
        Assert.Equal([2, 5, 10], report.Cutoffs.Select(at => at.K));
        foreach (int k in new[] { 2, 5, 10 })
            Assert.Equal(Evaluator.Evaluate(ranker, set, new() { Cutoffs = [k] }).At(k), report.At(k));
        Assert.Throws<ArgumentOutOfRangeException>(() => report.At(3));
    }

    [Fact]
    public void QuintilesAreFifthsOfTheUsersCountedByActivityThenIndex()
    {
        // Seven users with targets and fold-in counts 2 0 1 1 3 1 2, one (the sixth) without; only users 1 and 3 hit.
        EvaluationSet set = new(
            Sets.Clicks(9, [0, 1], [], [2], [3], [0, 1, 2], [0, 1, 2, 3], [4], [5, 6]),
            Sets.Clicks(9, [7], [8], [7], [8], [7], [], [7], [7]));
        ScoreTableRanker ranker = new(
            [.. Enumerable.Range(0, 8).SelectMany(_ => new double[] { 0, 0, 0, 0, 0, 0, 0, 0, 1 })], 9);
        EvaluationReport report = Evaluator.Evaluate(ranker, set, new() { Cutoffs = [1] });
        IReadOnlyList<ActivityQuintile> quintiles = report.Quintiles;

        // By clicks, then index: users 1 | 2 | 3, 6 | 0 | 7, 4.
        Assert.Equal([(1, 1, 0, 0), (2, 1, 1, 1), (3, 2, 1, 1), (4, 1, 2, 2), (5, 2, 2, 3)],
            quintiles.Select(q => (q.Number, q.Users, q.FewestClicks, q.MostClicks)));
        Assert.Equal([1, 0, 0.5, 0, 0], quintiles.Select(q => q.Cutoffs[0].Ndcg.Value));
        Assert.Equal([null, null, 0.5, null, 0], quintiles.Select(q => q.Cutoffs[0].Recall.StandardError));
        // Of the users counted, in their own order.
        Assert.Equal([4, 1, 2, 3, 5, 3, 5], report.QuintileOfUsers);
    }

    [Fact]
    public void TheSameUsersHaveTheSameFingerprintAndOthersAnother()
    {
        static EvaluationSet Set(int foldIn, int heldOut) =>
            new(Sets.Clicks(4, [foldIn], [0, 1]), Sets.Clicks(4, [heldOut], [3]));
        string[] prints = [Set(0, 2).Fingerprint(), Set(1, 2).Fingerprint(), Set(0, 3).Fingerprint(),
            new EvaluationSet(Sets.Clicks(4, [0, 1], [0]), Sets.Clicks(4, [2], [3])).Fingerprint()];
        Assert.Equal(prints[0], Set(0, 2).Fingerprint());
        Assert.Equal(4, prints.Distinct().Count());
        Assert.All(prints, print => Assert.Matches("^[0-9a-f]{64}$", print));
    }

    [Fact]
    public void QuintilesWithoutUsersAreOmitted()
    {
        EvaluationSet set = new(Sets.Clicks(4, [0], [0, 1]), Sets.Clicks(4, [2], [3]));
        Assert.Equal([(3, 1, 1), (5, 1, 2)], Evaluator.Evaluate(new ScoreTableRanker(new double[8], 4), set)
            .Quintiles.Select(q => (q.Number, q.Users, q.MostClicks)));
    }

    [Fact]
    public void ARankerThatBreaksItsContractIsCaught()
    {
        EvaluationSet set = new(Sets.Clicks(4, [0]), Sets.Clicks(4, [2]));
        foreach (int[] list in new int[][] { [0, 1], [1, 1], [1, 4], [-2, 1] })
            Assert.Throws<InvalidOperationException>(
                () => Evaluator.Evaluate(new FixedRanker(list), set, new() { Cutoffs = [2] }));
        Assert.Equal(1, Evaluator.Evaluate(new FixedRanker([2, -1]), set, new() { Cutoffs = [2] }).At(2).Ndcg.Value);
    }

    [Fact]
    public void WrongArgumentsAreNamed()
    {
        EvaluationSet set = new(Sets.Clicks(4, [0]), Sets.Clicks(4, [2]));
        ScoreTableRanker ranker = new(new double[4], 4);
        Assert.Throws<ArgumentException>(
            "ranker", () => Evaluator.Evaluate(new ScoreTableRanker(new double[3], 3), set));
        Assert.Throws<ArgumentException>(
            "set", () => Evaluator.Evaluate(ranker, set with { HeldOut = Sets.Clicks(4, [2], [1]) }));
        Assert.Throws<ArgumentException>("options", () => Evaluator.Evaluate(ranker, set, new() { Cutoffs = [] }));
        Assert.Throws<ArgumentException>("options", () => Evaluator.Evaluate(ranker, set, new() { Cutoffs = [5, 0] }));
        Assert.Throws<ArgumentException>("options", () => Evaluator.Evaluate(ranker, set, new() { BlockSize = 0 }));
        Assert.Throws<ArgumentException>(
            "options", () => Evaluator.Evaluate(ranker, set, new() { Train = Sets.Clicks(5, [1]) }));
    }

    [Fact]
    public void CancellationIsHeard()
    {
        EvaluationSet set = new(Sets.Clicks(4, [0]), Sets.Clicks(4, [2]));
        Assert.Throws<OperationCanceledException>(() =>
            Evaluator.Evaluate(new ScoreTableRanker(new double[4], 4), set,
                new() { CancellationToken = new CancellationToken(true) }));
    }

    private static void Near(double expected, double actual) => Assert.Equal(expected, actual, 1e-14);

    /// <summary>Gives every user the same list of four items' indices, right or wrong.</summary>
    private sealed class FixedRanker(int[] list) : IRanker
    {
        public int ItemCount => 4;

        public void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items,
            Span<float> scores)
        {
            for (int row = 0; row < rows.Length; row++)
                list.CopyTo(items[(row * k)..]);
        }
    }
}
