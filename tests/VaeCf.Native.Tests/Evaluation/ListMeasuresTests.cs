using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;

namespace VaeCf.Native.Tests.Evaluation;

public class ListMeasuresTests
{
    [Theory]
    [InlineData(2, 11, 1)]
    [InlineData(17, 23, 5)]
    [InlineData(40, 30, 13)]
    [InlineData(40, 7, 50)]
    public void TheyAreWhatTheNaiveFormulasGive(int users, int items, int k)
    {
        Random random = new(users + k);
        EvaluationSet set = Sets.Random(random, users, items) with
        {
            HeldOut = Sets.Clicks(items, [.. Enumerable.Repeat<int[]>([0], users)]),
        };
        ScoreTableRanker ranker = Sets.RandomScores(random, users, items);
        ClickMatrix train = Sets.Random(random, 31, items).FoldIn;
        CutoffMetrics at = Evaluator.Evaluate(ranker, set, new() { Cutoffs = [k], Train = train }).At(k);

        int[][] lists = [.. Enumerable.Range(0, users)
            .Select(user => Sets.Rank(ranker, set.FoldIn, user, k).Where(item => item >= 0).ToArray())];
        int[] recommended = [.. lists.SelectMany(list => list)];
        double[] counts = [.. Enumerable.Range(0, items).Select(item => (double)recommended.Count(i => i == item))];

        Assert.Equal(counts.Count(c => c > 0) / (double)items, at.Coverage, 1e-14);

        // Half the mean absolute difference of all pairs of items, over the mean.
        double differences = counts.Sum(a => counts.Sum(b => Math.Abs(a - b))) / (items * items);
        Assert.Equal(differences / 2 / counts.Average(), at.Gini!.Value, 1e-12);

        double apart = 0;
        for (int a = 0; a < users; a++)
            for (int b = 0; b < a; b++)
                apart += 1 - lists[a].Intersect(lists[b]).Count() / (double)k;
        Assert.Equal(apart / (users * (users - 1) / 2.0), at.Personalization!.Value, 1e-12);

        double Bits(int item) =>
            -Math.Log2(Math.Max(1, Enumerable.Range(0, 31).Count(u => train.ItemsOf(u).Contains(item))) / 31.0);
        Assert.Equal(recommended.Average(Bits), at.Novelty!.Value, 1e-12);
    }

    [Fact]
    public void GiniIsZeroForEqualSharesAndNearOneForOneItem()
    {
        Assert.Equal(0, ListMeasures.Gini([4, 4, 4, 4]));
        Assert.Equal(0.75, ListMeasures.Gini([0, 0, 9, 0]));
        Assert.Null(ListMeasures.Gini([0, 0, 0]));
    }

    [Fact]
    public void NoveltyTakesAnItemWithoutTrainingUsersForOneWithOne()
    {
        Assert.Equal(3, ListMeasures.Novelty([5, 0], [0, 8], 8));
        Assert.Equal(0, ListMeasures.Novelty([0, 5], [0, 8], 8));
        Assert.Equal(1.5, ListMeasures.Novelty([2, 2], [1, 8], 8));
    }
}
