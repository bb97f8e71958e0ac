using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines.Tests;

public class RandomItemsTests
{
    private static float[] Scores(ulong seed, int items, params int[][] users)
    {
        ClickMatrix clicks = Clicks.Of(items, users);
        using Recommender model = Clicks.Fitted(RandomItems.Type.Defaults.With(GradientFit.Seed, seed), clicks);
        return Clicks.Scores(model, new(clicks));
    }

    [Fact]
    public void The_same_seed_and_history_have_the_same_list_and_others_another()
    {
        float[] scores = Scores(1, 50, [1, 2], [1, 3], [1, 2], [2, 3], []);
        Assert.Equal(scores[..50], scores[100..150]);
        Assert.NotEqual(scores[..50], scores[50..100]);
        Assert.NotEqual(scores[150..200], scores[200..]);
        Assert.Equal(scores[..50], Scores(1, 50, [1, 2]));
        Assert.NotEqual(scores[..50], Scores(2, 50, [1, 2]));
    }

    [Fact]
    public void Scores_are_uniform()
    {
        float[] scores = Scores(3, 40_001, [7]);
        Assert.All(scores, score => Assert.InRange(score, 0, 1 - 1e-8));
        // Ten equal parts of 40,001 have 4,000 each; the standard deviation is 60.
        Assert.All(scores.GroupBy(score => (int)(score * 10)), part => Assert.InRange(part.Count(), 3_700, 4_300));
    }
}
