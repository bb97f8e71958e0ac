using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class TopKTests
{
    [Fact]
    public void The_order_is_by_score_then_index_with_excluded_items_left_out_NaN_last_and_minus_one_for_none()
    {
        var best = new int[8];
        TopK.Reference.Select([double.NaN, 0, double.NegativeInfinity, 2, -0.0, 2, 9], [6], [], best);
        Assert.Equal([3, 5, 1, 4, 2, 0, -1, -1], best);
    }

    [Fact]
    public void What_is_forbidden_is_in_no_list_and_what_is_seen_is_where_it_may_be()
    {
        double[] scores = [5, 4, 3, 2, 1, 6, 7, 8];
        int[] best = new int[6], starts = [0, 1, 1], seen = [0];
        var ranked = new double[6];
        TopK.Reference.Rank(2, 4, scores, starts, seen, [0, 1, 0, 0], 3, best, ranked);
        Assert.Equal([2, 3, -1, 3, 2, 0], best);
        Assert.Equal([3, 2, double.NaN, 8, 7, 1], ranked);
        TopK.Reference.Rank(2, 4, scores, [], [], [0, 1, 0, 0], 3, best, ranked);
        Assert.Equal([0, 2, 3, 3, 2, 0], best);
    }

    public static TheoryData<int, int> Shapes => SparseBatch.Shapes();

    [Theory, MemberData(nameof(Shapes)), InlineData(67, 1009)]
    public void Dense_scores_are_ranked_as_the_reference_ranks_them_for_every_width_and_number_of_threads(
        int users, int items)
    {
        var batch = new SparseBatch(users, items);
        // Ties, both zeros, infinities and NaN; the last user's are all one.
        float[] special = [float.NaN, -0f, 0f, float.PositiveInfinity, float.NegativeInfinity];
        float[] scores = [.. Compare.Random(users * items, 1).Select((score, i) =>
            i / items == users - 1 ? 1.5f : i % 7 == 3 ? special[i / 7 % special.Length] : MathF.Round(score * 8) / 8)];
        byte[] mask = [.. Enumerable.Range(0, items).Select(i => (byte)(i % 5 == 1 ? 2 : 0))];
        foreach ((int[] starts, int[] own, byte[] forbidden) in
            new[] { (batch.RowStarts, batch.Items, (byte[])[]), (batch.RowStarts, batch.Items, mask), ([], [], mask) })
            foreach (int k in (ReadOnlySpan<int>)[0, 1, 20, 101])
            {
                var expected = new int[users * k];
                var expectedScores = new double[users * k];
                TopK.Reference.Rank(
                    users, items, scores.ToDouble(), starts, own, forbidden, k, expected, expectedScores);
                float[] actual = Widths.SameBits(workers =>
                {
                    var best = new int[users * k];
                    var ranked = new float[users * k];
                    TopK.Cpu.Rank(workers, users, items, scores, starts, own, forbidden, k, best, ranked);
                    Assert.Equal(expected, best);
                    return ranked;
                });
                Assert.Equal(expectedScores, actual.ToDouble());
            }
    }

    [Theory, InlineData(1), InlineData(2)]
    public void Ranking_allocates_nothing_once_its_memory_has_grown(int threads)
    {
        const int users = 20, items = 5003, k = 100;
        float[] scores = Compare.Random(users * items, 1);
        var best = new int[users * k];
        using var workers = new Workers(threads);
        long before = 0;
        for (int run = 0; run < 100; run++)
        {
            if (run == 99)
                before = GC.GetAllocatedBytesForCurrentThread();
            TopK.Cpu.Rank(workers, users, items, scores, [], [], [], k, best, []);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Spans_of_other_shapes_are_refused()
    {
        void Refused(string name, int scores, int[] starts, int[] own, int mask, int best, int ranked) =>
            Assert.Throws<ArgumentException>(name, () => TopK.Cpu.Rank(Workers.One, 2, 3, new float[scores], starts,
                own, new byte[mask], 1, new int[best], new float[ranked]));
        Refused("scores", 5, [], [], 0, 2, 0);
        Refused("forbidden", 6, [], [], 2, 2, 0);
        Refused("rowStarts", 6, [], [1], 0, 2, 0);
        Refused("excludedItems", 6, [0, 2, 2], [2, 1], 0, 2, 0);
        Refused("best", 6, [], [], 0, 3, 0);
        Refused("ranked", 6, [], [], 0, 2, 1);
    }

    [Theory]
    [InlineData(0f), InlineData(1.5f), InlineData(-1.5f), InlineData(float.Epsilon), InlineData(-float.Epsilon),
        InlineData(float.MaxValue)]
    [InlineData(float.PositiveInfinity), InlineData(float.NegativeInfinity), InlineData(float.NaN)]
    public void A_key_holds_score_and_index(float score)
    {
        foreach (int index in (ReadOnlySpan<int>)[0, 1, int.MaxValue])
        {
            Assert.Equal(score, TopK.Cpu.Score(TopK.Cpu.Key(score, index)));
            Assert.Equal(index, TopK.Cpu.Index(TopK.Cpu.Key(score, index)));
        }
    }

    [Fact]
    public void Keys_rise_with_the_rank()
    {
        (float Score, int Index)[] ranked = [(float.PositiveInfinity, 9), (2, 3), (2, 5), (0, 1), (-0f, 4),
            (-float.Epsilon, 0), (-1, 0), (float.NegativeInfinity, 2), (float.NaN, 0), (float.NaN, 7)];
        ulong[] keys = [.. ranked.Select(one => TopK.Cpu.Key(one.Score, one.Index))];
        Assert.Equal(keys.OrderDescending(), keys);
    }

    [Theory]
    [InlineData(2, 1), InlineData(3, 2), InlineData(16, 15), InlineData(200, 100), InlineData(1009, 7),
        InlineData(1009, 1008)]
    public void Selecting_puts_the_greatest_first_and_the_least_of_them_last(int count, int k)
    {
        var sequence = new RandomSequence(new(5, RandomPurpose.Shuffle, (ulong)count), (uint)k);
        ulong[] rising = [.. Enumerable.Range(0, count).Select(i => (ulong)i * 3)];
        ulong[] shuffled = [.. rising];
        sequence.Shuffle<ulong>(shuffled);
        foreach (ulong[] keys in new[] { shuffled, rising, [.. rising.Reverse()] })
        {
            ulong[] wanted = [.. keys.OrderDescending().Take(k)];
            TopK.Cpu.Select(keys, k);
            Assert.Equal(wanted, keys.Take(k).OrderDescending());
            Assert.Equal(wanted[^1], keys[k - 1]);
        }
    }
}
