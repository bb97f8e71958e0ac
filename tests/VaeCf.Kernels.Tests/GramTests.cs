using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class GramTests
{
    // Items around the 4 rows of a part, the 16 by 256 that are transposed at a time, and odd primes; every third user
    // has no click.
    public static TheoryData<int, int> Shapes()
    {
        var data = new TheoryData<int, int>();
        foreach (int rows in (ReadOnlySpan<int>)[0, 1, 3, 7, 67])
            foreach (int items in (ReadOnlySpan<int>)[0, 1, 3, 4, 5, 15, 16, 17, 101, 271, 272, 273, 521])
                if (items > 0 || rows == 0)
                    data.Add(rows, items);
        return data;
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Counts_come_out_exact_with_the_same_bits_for_every_width_and_number_of_threads(int rows, int items)
    {
        var batch = new SparseBatch(rows, items);
        Assert.Equal(Expected(batch, batch.Counts), Actual(batch, batch.Counts).ToDouble());
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Cpu_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(int rows,
        int items)
    {
        var batch = new SparseBatch(rows, items);
        float[] values = Compare.Random(batch.Items.Length, 1), actual = Actual(batch, values);
        Assert.InRange(Compare.RelativeError(Expected(batch, values), actual), 0, 1e-6);
        for (int i = 0; i < items; i++)
            for (int j = 0; j < i; j++)
                Assert.Equal(actual[i * items + j], actual[j * items + i]);
    }

    [Fact]
    public void The_reference_is_the_product_with_the_transpose()
    {
        var batch = new SparseBatch(7, 31);
        var expected = new double[31 * 31];
        Gemm.Reference.Multiply(Transpose.A, 31, 31, 7, batch.Dense(), batch.Dense(), expected);
        Assert.Equal(expected, Expected(batch, batch.Counts));
    }

    [Fact]
    public void Items_that_do_not_ascend_and_matrices_beyond_a_span_are_refused()
    {
        Assert.Contains("row 1 has item 1 after 1", Assert.Throws<ArgumentException>(() =>
            Gram.Cpu.Multiply(Workers.One, 2, 3, [0, 1, 3], [2, 1, 1], new float[3], new float[9])).Message);
        Assert.Contains("expected 3 x 3", Assert.Throws<ArgumentException>(() => Gram.Cpu.Multiply(Workers.One, 0, 3,
            [0], [], [], new float[8])).Message);
        Assert.Contains("0 … 46340", Assert.Throws<ArgumentOutOfRangeException>(() => Gram.Cpu.Multiply(Workers.One, 0,
            46_341, [0], [], [], [])).Message);
        Assert.Equal(46_340, (int)Math.Sqrt(int.MaxValue));
    }

    private static double[] Expected(SparseBatch batch, float[] values)
    {
        var gram = new double[batch.Columns * batch.Columns];
        Gram.Reference.Multiply(batch.Rows, batch.Columns, batch.RowStarts, batch.Items, values.ToDouble(), gram);
        return gram;
    }

    private static float[] Actual(SparseBatch batch, float[] values) => Widths.SameBits(workers =>
    {
        var gram = new float[batch.Columns * batch.Columns];
        gram.AsSpan().Fill(float.NaN);
        Gram.Cpu.Multiply(workers, batch.Rows, batch.Columns, batch.RowStarts, batch.Items, values, gram);
        return gram;
    });

    [Fact]
    public void Cancelled_it_ends_within_a_part() =>
        Assert.Throws<OperationCanceledException>(() => Gram.Cpu.Multiply(Workers.One, 1, 2, [0, 2], [0, 1], [1, 1],
            new float[4], new CancellationToken(canceled: true)));
}
