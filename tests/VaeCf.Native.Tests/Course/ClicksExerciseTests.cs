using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Evaluation;

namespace VaeCf.Native.Tests.Course;

/// <summary>Solutions of docs/course/1-clicks.md.</summary>
public class ClicksExerciseTests
{
    // The best item first: items have the scores I, I - 1 and so on.
    private static EvaluationReport InOrder(int items, int[] targets, params int[] cutoffs) => Evaluator.Evaluate(
        new ScoreTableRanker([.. Enumerable.Range(0, items).Select(i => (double)(items - i))], items),
        new EvaluationSet(Sets.Clicks(items, [[]]), Sets.Clicks(items, targets)), new() { Cutoffs = cutoffs });

    [Fact]
    public void The_page_counts_what_is_read()
    {
        ClickData clicks = Bundled.Clicks();
        Assert.Contains(FormattableString.Invariant(
            $"Of {clicks.Report.Rows:N0} ratings {clicks.Matrix.ClickCount:N0} become clicks."),
            File.ReadAllText(Repository.PathOf("docs/course/1-clicks.md")).ReplaceLineEndings(" "));
    }

    [Fact]
    public void The_list_of_the_page() =>
        Assert.Equal(0.6934, InOrder(4, [1, 2], 4).At(4).Ndcg.Value, 4); // hits at ranks 2 and 3

    [Fact]
    public void A_list_measured_by_hand()
    {
        // Hits at ranks 1 and 4; the third target is at rank 6, below the list. A perfect list has hits at 1, 2 and 3:
        // (1 + 1/log2 5) / (1 + 1/log2 3 + 1/2) = 1.4307 / 2.1309.
        EvaluationReport report = InOrder(6, [0, 3, 5], 2, 5);
        Assert.Equal(0.6714, report.At(5).Ndcg.Value, 4);
        Assert.Equal((1 / 2.0, 1 / 3.0), (report.At(2).Recall.Value, report.At(2).RecallOfTargets.Value));
        Assert.Equal((2 / 3.0, 2 / 3.0), (report.At(5).Recall.Value, report.At(5).RecallOfTargets.Value));
    }

    [Fact]
    public void Popularity_that_recommends_what_was_seen()
    {
        DataSplit split = Bundled.Split();
        using Recommender popularity = Bundled.Fitted("popularity", split);
        // Told of no fold-in, popularity leaves nothing out; its order is the same for everybody anyway. The places of
        // what was seen are lost to misses, and of popular films people have seen many.
        int[][] nothing = [.. Enumerable.Repeat(Array.Empty<int>(), split.Test!.FoldIn.UserCount)];
        EvaluationSet seenToo = split.Test! with { FoldIn = Sets.Clicks(split.Items.Count, nothing) };
        double right = Bundled.Ndcg(popularity, split.Test!), wrong = Bundled.Ndcg(popularity, seenToo);
        Assert.InRange(wrong, 0.5 * right, 0.9 * right);
    }

    [Fact]
    public void A_random_fold_in_flatters()
    {
        double Ndcg(FoldInOrder order)
        {
            DataSplit split = Splits.StrongGeneralization(Bundled.Clicks(timed: true), new() { FoldIn = order }).Split;
            using Recommender neighbours = Bundled.Fitted("itemknn", split);
            return Bundled.Ndcg(neighbours, split.Test!);
        }
        // The same users and the same clicks; only which of them are the targets differs.
        Assert.True(Ndcg(FoldInOrder.Random) > 1.1 * Ndcg(FoldInOrder.Time));
    }

    [Fact]
    public void A_quarter_of_the_users_have_twice_the_error()
    {
        // The error is s / sqrt(n), and a quarter of the users have about the same s.
        const int items = 60;
        EvaluationSet all = Sets.Random(new Random(3), 1200, items);
        EvaluationSet quarter = Sets.Random(new Random(4), 300, items);
        double Error(EvaluationSet set) => Evaluator.Evaluate(Sets.RandomScores(new Random(5), set.FoldIn.UserCount,
            items), set).At(20).Ndcg.StandardError!.Value;
        Assert.Equal(2, Error(quarter) / Error(all), 0.25);
    }
}
