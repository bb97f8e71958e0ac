namespace VaeCf.Kernels.Tests;

public class TopKTests
{
    [Fact]
    public void The_order_is_by_score_then_index_with_excluded_items_left_out_NaN_last_and_minus_one_for_none()
    {
        var best = new int[8];
        TopK.Reference.Select([double.NaN, 0, double.NegativeInfinity, 2, -0.0, 2, 9], [6], best);
        Assert.Equal([3, 5, 1, 4, 2, 0, -1, -1], best);
    }

    [Theory]
    [InlineData(0f), InlineData(1.5f), InlineData(-1.5f), InlineData(float.Epsilon), InlineData(-float.Epsilon), InlineData(float.MaxValue)]
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
        (float Score, int Index)[] ranked = [(float.PositiveInfinity, 9), (2, 3), (2, 5), (0, 1), (-0f, 4), (-float.Epsilon, 0), (-1, 0), (float.NegativeInfinity, 2), (float.NaN, 0), (float.NaN, 7)];
        ulong[] keys = [.. ranked.Select(one => TopK.Cpu.Key(one.Score, one.Index))];
        Assert.Equal(keys.OrderDescending(), keys);
    }

    [Theory]
    [InlineData(2, 1), InlineData(3, 2), InlineData(16, 15), InlineData(200, 100), InlineData(1009, 7), InlineData(1009, 1008)]
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
