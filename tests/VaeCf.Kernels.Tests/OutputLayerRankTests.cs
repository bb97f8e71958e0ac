using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class OutputLayerRankTests
{
    // Around the vectors, a block of items, and what makes several ranges of items.
    public static TheoryData<int> Items => [0, 1, 15, 16, 17, 119, 120, 121, 5003];

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
                float[] specials = [float.NaN, float.NegativeInfinity, float.PositiveInfinity, float.NaN,
                    float.NegativeInfinity];
                return [.. scores.Select((score, i) => score < 0.8f ? specials[i % specials.Length] : score)];
            case Kind.Falling:
                return [.. scores.OrderDescending()];
            case Kind.Rising:
                return [.. scores.Order()];
            default:
                return scores;
        }
    }

    private static int[] Excluded(int items, int every) =>
        [.. Enumerable.Range(0, items).Where(i => i % 13 % every == 0)];

    // None, some, all; some also hits items that are excluded.
    private static IEnumerable<byte[]> Masks(int items) =>
    [
        [],
        [.. Enumerable.Range(0, items).Select(i => (byte)(i % 7 < 3 ? 255 - i % 7 : 0))],
        [.. Enumerable.Repeat((byte)1, items)],
    ];

    private static (int[] Best, float[] Scores) Rank(Workers workers, int users, int inputs, int items, float[] hidden,
        float[] weights, float[] bias, int[] starts, int[] excluded, byte[] forbidden, int k)
    {
        using var workspace = new OutputLayer.Cpu.Workspace();
        var best = new int[users * k];
        var scores = new float[users * k];
        OutputLayer.Cpu.Rank(workers, workspace, users, inputs, items, hidden, weights, bias, starts, excluded,
            forbidden, k, best, scores);
        return (best, scores);
    }

    // One unit of value 1: the logits are the weights.
    [Theory, MemberData(nameof(Items))]
    public void Any_scores_are_ranked_as_the_reference_ranks_them_with_some_items_excluded(int items)
    {
        using var workers = new Workers(3);
        foreach (Kind kind in Enum.GetValues<Kind>())
        {
            float[] weights = Scores(items, kind);
            foreach (int[] excluded in new[] { [], Excluded(items, 5), Excluded(items, 1) })
                foreach (byte[] forbidden in Masks(items))
                    foreach (int k in ks)
                    {
                        var expected = new int[k];
                        TopK.Reference.Select(weights.ToDouble(), excluded, forbidden, expected);
                        foreach (Workers team in new[] { Workers.One, workers })
                        {
                            (int[] best, float[] scores) = Rank(team, 1, 1, items, [1], weights, new float[items],
                                [0, excluded.Length], excluded, forbidden, k);
                            Assert.Equal(expected, best);
                            Assert.Equal(best.Select(item => item < 0 ? float.NaN : weights[item]), scores);
                        }
                    }
        }
    }

    [Theory]
    [InlineData(1, 7, 331), InlineData(3, 1, 5003), InlineData(16, 5, 121), InlineData(17, 5, 121),
        InlineData(33, 3, 127), InlineData(129, 2, 241), InlineData(263, 3, 37)]
    public void Users_are_ranked_each_alone_with_the_same_bits_for_every_width_and_number_of_threads(
        int users, int inputs, int items)
    {
        const int k = 20;
        var batch = new SparseBatch(users, items);
        // Small whole numbers: their sums are exact, so that ties are ties for the reference too.
        float[] Next(int length, ulong seed) => [.. Compare.Random(length, seed).Select(x => MathF.Round(4 * x))];
        float[] hidden = Next(users * inputs, 1), weights = Next(items * inputs, 2), bias = Next(items, 3);
        var expected = new int[users * k];
        var expectedScores = new double[users * k];
        foreach (byte[] forbidden in Masks(items))
            foreach (bool seenToo in new[] { false, true })
            {
                (int[] starts, int[] own) = seenToo ? ([], []) : (batch.RowStarts, batch.Items);
                OutputLayer.Reference.Rank(users, inputs, items, hidden.ToDouble(), weights.ToDouble(), bias.ToDouble(),
                    starts, own, forbidden, k, expected, expectedScores);
                float[] actual = Widths.SameBits(workers =>
                {
                    (int[] best, float[] scores) =
                        Rank(workers, users, inputs, items, hidden, weights, bias, starts, own, forbidden, k);
                    Assert.Equal(expected, best);
                    return scores;
                });
                Assert.Equal(expectedScores, actual.ToDouble());
            }
    }

    // Alone, a user's items take the lanes; beside another, the users do.
    [Theory]
    [InlineData(1, 40), InlineData(3, 33), InlineData(4, 15), InlineData(5, 16), InlineData(20, 31),
        InlineData(203, 130)]
    public void A_user_alone_has_the_same_bits_as_beside_another(int inputs, int items)
    {
        float[] hidden = Compare.Random(2 * inputs, 1), weights = Compare.Random(items * inputs, 2),
            bias = Compare.Random(items, 3);
        Widths.SameBits(workers =>
        {
            (int[] both, float[] scores) =
                Rank(workers, 2, inputs, items, hidden, weights, bias, [0, 0, 0], [], [], items);
            (int[] one, float[] alone) =
                Rank(workers, 1, inputs, items, hidden[..inputs], weights, bias, [0, 0], [], [], items);
            Assert.Equal(both[..items], one);
            Assert.Equal(scores[..items].Select(BitConverter.SingleToInt32Bits),
                alone.Select(BitConverter.SingleToInt32Bits));
            return alone;
        });
    }

    [Theory, InlineData(1), InlineData(2)]
    public void Ranking_allocates_nothing_once_its_memory_has_grown(int threads)
    {
        const int items = 5003, inputs = 3, k = 100;
        float[] hidden = Compare.Random(inputs, 1), weights = Compare.Random(items * inputs, 2),
            bias = new float[items];
        int[] best = new int[k], none = [0, 0];
        using var workers = new Workers(threads);
        using var workspace = new OutputLayer.Cpu.Workspace();
        long before = 0;
        for (int run = 0; run < 100; run++)
        {
            if (run == 99)
                before = GC.GetAllocatedBytesForCurrentThread();
            OutputLayer.Cpu.Rank(
                workers, workspace, 1, inputs, items, hidden, weights, bias, none, [], [], k, best, []);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Exclusions_out_of_order_are_refused() =>
        Assert.Contains("1 after 3", Assert.Throws<ArgumentException>("excludedItems",
            () => Rank(Workers.One, 1, 1, 5, [1], new float[5], new float[5], [0, 2], [3, 1], [], 1)).Message);

    [Fact]
    public void A_mask_of_other_items_is_refused() =>
        Assert.Contains("expected 1 x 5", Assert.Throws<ArgumentException>("forbidden",
            () => Rank(Workers.One, 1, 1, 5, [1], new float[5], new float[5], [], [], new byte[4], 1)).Message);
}
