using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class SparseRankTests
{
    // Users and items around the widths, the 128 columns of a strip, and odd primes.
    public static TheoryData<int, int> Shapes()
    {
        var data = new TheoryData<int, int>();
        foreach (int users in (ReadOnlySpan<int>)[0, 1, 3, 67])
            foreach (int items in (ReadOnlySpan<int>)[1, 15, 16, 17, 101, 127, 128, 129, 271])
                data.Add(users, items);
        return data;
    }

    // Weights of few digits, so that the order does not hang on rounding and float sums are those of double.
    private static float[] Weights(int items) =>
        [.. Compare.Random(items * items, 1).Select((w, i) => i % 3 == 0 ? 0 : MathF.Round(w * 8) / 8)];

    private static SparseWeights Sparse(float[] weights, int items)
    {
        int[] places = [.. Enumerable.Range(0, weights.Length).Where(i => weights[i] != 0)];
        return new([.. Enumerable.Range(0, items + 1).Select(row => places.Count(i => i < row * items))],
            [.. places.Select(i => i % items)], [.. places.Select(i => weights[i])]);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Dense_and_sparse_weights_rank_as_the_reference_for_every_width_and_number_of_threads(int users,
        int items)
    {
        var batch = new SparseBatch(users, items);
        float[] weights = Weights(items);
        SparseWeights sparse = Sparse(weights, items);
        byte[] mask = [.. Enumerable.Range(0, items).Select(i => (byte)(i % 5 == 1 ? 2 : 0))];
        foreach ((int[] starts, int[] own, byte[] forbidden) in
            new[] { (batch.RowStarts, batch.Items, (byte[])[]), (batch.RowStarts, batch.Items, mask), ([], [], mask) })
            foreach (int k in (ReadOnlySpan<int>)[0, 1, 20, 101])
            {
                int[] expected = new int[users * k], bySparse = new int[users * k];
                double[] scores = new double[users * k], scoresBySparse = new double[users * k];
                SparseRank.Reference.Dense(users, items, batch.RowStarts, batch.Items, batch.Counts.ToDouble(),
                    weights.ToDouble(), starts, own, forbidden, k, expected, scores);
                SparseRank.Reference.Sparse(users, batch.RowStarts, batch.Items, batch.Counts.ToDouble(), sparse,
                    starts, own, forbidden, k, bySparse, scoresBySparse);
                Assert.Equal(expected, bySparse);
                Assert.Equal(scores, scoresBySparse);
                float[] Ranked(bool dense) => Widths.SameBits(workers =>
                {
                    var best = new int[users * k];
                    var ranked = new float[users * k];
                    if (dense)
                        SparseRank.Cpu.Dense(workers, users, items, batch.RowStarts, batch.Items, batch.Counts, weights,
                            starts, own, forbidden, k, best, ranked);
                    else
                        SparseRank.Cpu.Sparse(workers, users, batch.RowStarts, batch.Items, batch.Counts, sparse,
                            starts, own, forbidden, k, best, ranked);
                    Assert.Equal(expected, best);
                    return ranked;
                });
                Assert.Equal(scores, Ranked(dense: true).ToDouble());
                Assert.Equal(scores, Ranked(dense: false).ToDouble());
            }
    }

    [Theory, InlineData(67, 271), InlineData(2_100, 37)]
    public void Blocks_of_rows_and_groups_of_users_change_no_bit(int users, int items)
    {
        var batch = new SparseBatch(users, items);
        float[] weights = Compare.Random(items * items, 1);
        float[] Ranked(int secondLevel)
        {
            var ranked = new float[users * items];
            CacheSizes.With(32 << 10, secondLevel, () => SparseRank.Cpu.Dense(Workers.One, users, items,
                batch.RowStarts, batch.Items, batch.Counts, weights, [], [], [], items, new int[users * items],
                ranked));
            return ranked;
        }
        float[] whole = Ranked(64 << 20);
        Assert.Equal(whole, Ranked(10 << 10));
        Assert.Equal(whole, Ranked(1));
    }

    [Fact]
    public void More_users_than_a_thread_ranks_at_once_get_what_each_gets_alone()
    {
        const int users = 5, items = 300_001, k = 300_000;
        int[] clicked = [0, 1, 2, 3, 4], starts = [0, 1, 2, 3, 4, 5];
        var sparse = new SparseWeights([0, 1, 2, 3, 4, .. Enumerable.Repeat(5, items - 4)], [9, 8, 7, 6, 5],
            [1, 2, 3, 4, 5]);
        var best = new int[users * k];
        SparseRank.Cpu.Sparse(Workers.One, users, starts, clicked, [1, 1, 1, 1, 1], sparse, starts, clicked, [], k,
            best, []);
        Assert.Equal([9, 8, 7, 6, 5], Enumerable.Range(0, users).Select(user => best[user * k]));
    }

    [Fact]
    public void What_is_no_sparse_matrix_is_refused()
    {
        Assert.Contains("row 0 has item 1 after 1", Assert.Throws<ArgumentException>(
            () => new SparseWeights([0, 2, 2], [1, 1], [1, 1])).Message);
        Assert.Throws<ArgumentOutOfRangeException>("items", () => new SparseWeights([0, 1], [1], [1]));
        Assert.Throws<ArgumentException>("items", () => new SparseWeights([0, 1], [0], []));
        Assert.Throws<ArgumentException>("rowStarts", () => new SparseWeights([0, 2, 1], [0], [1]));
        Assert.Throws<ArgumentException>("weights", () => SparseRank.Cpu.Dense(Workers.One, 1, 2, [0, 1], [0], [1],
            new float[3], [], [], [], 1, new int[1], []));
        Assert.Throws<ArgumentException>("best", () => SparseRank.Cpu.Sparse(Workers.One, 1, [0, 1], [0], [1],
            new SparseWeights([0, 0], [], []), [], [], [], 1, new int[2], []));
    }
}
