using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class TopKTests
{
    // Around the blocks of 16, and odd primes.
    public static TheoryData<int> Items => [0, 1, 15, 16, 17, 31, 331, 5003];

    // None, one, all of some, more than there are.
    private static readonly int[] ks = [0, 1, 2, 17, 100, 331, 340];

    private enum Kind { Distinct, Ties, Specials, Falling, Rising }

    private static float[] Scores(int items, Kind kind)
    {
        float[] scores = Compare.Random(items, (ulong)items);
        switch (kind)
        {
            case Kind.Ties:
                return [.. scores.Select(score => MathF.Round(score))];
            case Kind.Specials:
                float[] specials = [float.NaN, float.NegativeInfinity, float.PositiveInfinity, float.NaN, float.NegativeInfinity];
                return [.. scores.Select((score, i) => score < 0.8f ? specials[i % specials.Length] : score)];
            case Kind.Falling:
                return [.. scores.OrderDescending()];
            case Kind.Rising:
                return [.. scores.Order()];
            default:
                return scores;
        }
    }

    private static int[] Excluded(int items, int every) => [.. Enumerable.Range(0, items).Where(i => i % 13 % every == 0)];

    [Theory, MemberData(nameof(Items))]
    public void The_ranking_is_the_references(int items)
    {
        foreach (Kind kind in Enum.GetValues<Kind>())
        {
            float[] scores = Scores(items, kind);
            foreach (int[] excluded in new[] { [], Excluded(items, 5), Excluded(items, 1) })
            {
                foreach (int k in ks)
                {
                    int[] expected = new int[k], best = new int[k];
                    TopK.Reference.Select(scores.ToDouble(), excluded, expected);
                    TopK.Cpu.Select(scores, excluded, best);
                    Assert.Equal(expected, best);
                }
            }
        }
    }

    [Fact]
    public void The_order_is_by_score_then_index_with_excluded_items_left_out_NaN_last_and_minus_one_for_none()
    {
        var best = new int[8];
        TopK.Reference.Select([double.NaN, 0, double.NegativeInfinity, 2, -0.0, 2, 9], [6], best);
        Assert.Equal([3, 5, 1, 4, 2, 0, -1, -1], best);
        TopK.Cpu.Select([float.NaN, 0, float.NegativeInfinity, 2, -0f, 2, 9], [6], best);
        Assert.Equal([3, 5, 1, 4, 2, 0, -1, -1], best);
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Every_row_is_ranked_alone_for_every_number_of_threads(int threads)
    {
        const int rows = 37, columns = 331, k = 20;
        float[] scores = Compare.Random(rows * columns, 1);
        int[][] excluded = [.. Enumerable.Range(0, rows).Select(row => Excluded(columns, row + 1))];
        int[] starts = [0, .. excluded.Select((_, row) => excluded.Take(row + 1).Sum(items => items.Length))];
        var best = new int[rows * k];
        using var workers = new Workers(threads);
        TopK.Cpu.SelectRows(workers, rows, columns, scores, starts, [.. excluded.SelectMany(items => items)], k, best);
        for (int row = 0; row < rows; row++)
        {
            var expected = new int[k];
            TopK.Reference.Select(scores[(row * columns)..((row + 1) * columns)].ToDouble(), excluded[row], expected);
            Assert.Equal(expected, best[(row * k)..((row + 1) * k)]);
        }
    }

    [Fact]
    public void A_row_allocates_nothing()
    {
        float[] scores = Compare.Random(5003, 1);
        var best = new int[100];
        TopK.Cpu.Select(scores, [], best);
        long before = GC.GetAllocatedBytesForCurrentThread();
        TopK.Cpu.Select(scores, [], best);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Exclusions_out_of_order_are_refused()
    {
        Assert.Throws<ArgumentException>("excluded", () => TopK.Cpu.Select(new float[5], [3, 1], new int[1]));
        Assert.Throws<ArgumentException>("excludedItems", () => TopK.Cpu.SelectRows(Workers.One, 1, 5, new float[5], [0, 2], [3, 1], 1, new int[1]));
    }
}
