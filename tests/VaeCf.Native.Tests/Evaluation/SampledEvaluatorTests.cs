using System.Text;
using System.Text.Json;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Tests.Evaluation;

public class SampledEvaluatorTests
{
    // Two users of six items; item i has the score of its place.
    private static readonly double[] scores = [6, 5, 4, 3, 2, 1, 1, 1, 1, 1, 1, 1];

    private static EvaluationSet Set(int[][] targets, int[][] negatives) =>
        new(Sets.Clicks(6, [0], [0]), Sets.Clicks(6, targets)) { Negatives = Sets.Clicks(6, negatives) };

    [Fact]
    public void A_target_ranks_behind_each_negative_of_its_score_or_a_higher_one()
    {
        // Of the first user 1, 2 and 4 are negatives of target 3: two are higher. Of the second all scores are alike.
        SampledReport report = SampledEvaluator.Evaluate(new ScoreTableRanker(scores, 6),
            Set([[3], [2]], [[1, 2, 4], [3, 4, 5]]), new() { Cutoff = 3 });
        Assert.Equal([3, 4], report.Ranks);
        Assert.Equal((2, 0, 3.0, 3), (report.UsersCounted, report.UsersWithoutTargets, report.Negatives, report.K));
        Assert.Equal(0.5, report.HitRate.Value);
        Assert.Equal(1 / Math.Log2(4) / 2, report.Ndcg.Value);
    }

    [Fact]
    public void A_user_with_no_item_to_rank_a_target_among_is_left_out()
    {
        SampledReport report = SampledEvaluator.Evaluate(new ScoreTableRanker(scores, 6), Set([[3], [2]], [[1], []]));
        Assert.Equal((1, 0, 1), (report.UsersCounted, report.UsersWithoutTargets, report.UsersWithoutNegatives));
        Assert.Equal("found no user with an item to rank a target among; expected at least one",
            Assert.Throws<InputException>(() =>
                SampledEvaluator.Evaluate(new ScoreTableRanker(scores, 6), Set([[3], [2]], [[3], []]))).Message);
    }

    [Fact]
    public void A_negative_that_is_a_target_is_left_out_and_several_targets_have_their_mean()
    {
        // Targets 2 and 5 among 1, 3 and 4: ranks 2 and 4; each is left out for the other.
        SampledReport report = SampledEvaluator.Evaluate(new ScoreTableRanker(scores, 6),
            Set([[2, 5], []], [[1, 2, 3, 4], [1]]), new() { Cutoff = 2 });
        Assert.Equal([2, 4], report.Ranks);
        Assert.Equal((1, 1, 3.0), (report.UsersCounted, report.UsersWithoutTargets, report.Negatives));
        Assert.Equal((0.5, 1 / Math.Log2(3) / 2), (report.HitRate.Value, report.Ndcg.Value));
        Assert.Null(report.HitRate.StandardError);
    }

    [Fact]
    public void Negatives_are_drawn_from_what_is_neither_shown_nor_a_target_by_the_seed()
    {
        EvaluationSet set = Sets.Random(new Random(3), 40, 60);
        var asked = new Asked(Sets.RandomScores(new Random(4), 40, 60));
        SampledReport once = SampledEvaluator.Evaluate(asked, set, new() { Negatives = 12 });
        foreach ((int user, int[] items) in asked.Lists)
        {
            Assert.Equal(12 + set.HeldOut.CountOf(user), items.Length);
            Assert.DoesNotContain(items, item => set.FoldIn.ItemsOf(user).Contains(item));
            Assert.Empty(set.HeldOut.ItemsOf(user).ToArray().Except(items));
        }
        Assert.Equal(once, SampledEvaluator.Evaluate(asked, set, new() { Negatives = 12 }));
        Assert.NotEqual(once, SampledEvaluator.Evaluate(asked, set, new() { Negatives = 12, Seed = 1 }));
        // All of them where there are fewer: then the rank is that among all items, but for the other targets.
        asked.Lists.Clear();
        SampledReport all = SampledEvaluator.Evaluate(asked, set, new() { Negatives = 1000 });
        Assert.All(asked.Lists, list => Assert.Equal(60 - set.FoldIn.CountOf(list.User), list.Items.Length));
        Assert.True(all.HitRate.Value < once.HitRate.Value);
    }

    [Fact]
    public void A_number_of_negatives_takes_the_place_of_the_sets_own()
    {
        EvaluationSet set = Set([[3], []], [[1], []]);
        var ranker = new ScoreTableRanker(scores, 6);
        Assert.Equal(1, SampledEvaluator.Evaluate(ranker, set).Negatives);
        Assert.Equal(4, SampledEvaluator.Evaluate(ranker, set, new() { Negatives = 50 }).Negatives);
        Assert.Equal(4, SampledEvaluator.Evaluate(ranker, set with { Negatives = null }).Negatives);
    }

    [Fact]
    public void What_cannot_be_measured_is_refused()
    {
        var ranker = new ScoreTableRanker(scores, 6);
        EvaluationSet set = Set([[3], []], [[1], []]);
        string Refused(EvaluationSet wrong, SampledOptions? options = null) =>
            Assert.ThrowsAny<ArgumentException>(() => SampledEvaluator.Evaluate(ranker, wrong, options)).Message;
        Assert.Contains("0 negatives; expected at least 1", Refused(set, new() { Negatives = 0 }));
        Assert.Contains("cutoff 0; expected at least 1", Refused(set, new() { Cutoff = 0 }));
        Assert.Contains("negatives of 1 users on 6 items; expected 2 on 6",
            Refused(set with { Negatives = Sets.Clicks(6, [1]) }));
        Assert.Contains("expected at least one user who has", Assert.Throws<InputException>(
            () => SampledEvaluator.Evaluate(ranker, Set([[], []], [[1], []]))).Message);
        Assert.Throws<OperationCanceledException>(
            () => SampledEvaluator.Evaluate(ranker, set, new() { CancellationToken = new(true) }));
    }

    [Fact]
    public void Json_has_the_measures_with_their_errors()
    {
        SampledReport report = SampledEvaluator.Evaluate(new ScoreTableRanker(scores, 6), Set([[3], []], [[1], []]));
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
            report.WriteJson(writer);
        string ndcg = (1 / Math.Log2(3)).ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal("""{"users_counted":1,"users_without_targets":1,"users_without_negatives":0,"negatives":1,"""
            + $$"""
            "hit_rate@10":1,"hit_rate@10_se":null,"ndcg@10":{{ndcg}},"ndcg@10_se":null}
            """, Encoding.UTF8.GetString(stream.ToArray()));
    }

    // Notes what is asked of another ranker.
    private sealed class Asked(IRanker other) : IRanker
    {
        public List<(int User, int[] Items)> Lists { get; } = [];

        public int ItemCount => other.ItemCount;

        public void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items,
            Span<float> ranked)
        {
            other.Rank(users, rows, k, filter, items, ranked);
            Lists.Add((rows[0], items.ToArray()));
        }
    }
}
