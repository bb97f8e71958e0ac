using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

/// <summary>The two kernels of non-negative factorisation.</summary>
public class FactorisationTests
{
    public static TheoryData<int, int, int> Shapes()
    {
        var data = new TheoryData<int, int, int>();
        foreach (int rows in (ReadOnlySpan<int>)[0, 1, 8, 67])
            foreach ((int items, int columns) in ((int, int)[])[(1, 1), (17, 3), (101, 15), (61, 16), (61, 17),
                (31, 127)])
                data.Add(rows, items, columns);
        return data;
    }

    [Theory, MemberData(nameof(Shapes))]
    public void A_product_at_the_clicks_agrees_with_the_reference_with_the_same_bits(int rows, int items, int columns)
    {
        var batch = new SparseBatch(rows, items);
        float[] a = Compare.Random(rows * columns, 1), b = Compare.Random(items * columns, 2);
        float[] actual = Widths.SameBits(workers =>
        {
            float[] product = [.. Enumerable.Repeat(float.NaN, batch.Items.Length)];
            SampledGemm.Cpu.Multiply(workers, columns, batch.RowStarts, batch.Items, a, b, product);
            return product;
        });
        var expected = new double[actual.Length];
        SampledGemm.Reference.Multiply(columns, batch.RowStarts, batch.Items, a.ToDouble(), b.ToDouble(), expected);
        Assert.InRange(Compare.RelativeError(expected, actual), 0, 1e-6);
    }

    [Fact]
    public void A_product_at_the_clicks_is_that_of_the_dense_product()
    {
        double[] product = new double[3];
        SampledGemm.Reference.Multiply(2, [0, 2, 3], [0, 2, 1], [1, 2, 3, 4], [5, 6, 7, 8, 9, 10], product);
        Assert.Equal([1 * 5 + 2 * 6, 1 * 9 + 2 * 10, 3 * 7 + 4 * 8], product);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(16_411)]
    [InlineData(70_001)]
    public void A_multiplicative_update_agrees_with_the_reference_with_the_same_bits(int length)
    {
        float[] rising = Positive(1), falling = Positive(2), start = Positive(3);
        float[] actual = Widths.SameBits(workers =>
        {
            float[] w = [.. start];
            MultiplicativeUpdate.Cpu.Step(workers, rising, falling, 0.05f, 0.1f, 1e-12f, w);
            return w;
        });
        double[] expected = start.ToDouble();
        MultiplicativeUpdate.Reference.Step(rising.ToDouble(), falling.ToDouble(), 0.05f, 0.1f, 1e-12f, expected);
        Assert.InRange(Compare.RelativeError(expected, actual), 0, 3e-7);

        float[] Positive(ulong seed) => Array.ConvertAll(Compare.Random(length, seed), Math.Abs);
    }

    [Fact]
    public void Zeros_stay_zero_and_nothing_divides_by_zero()
    {
        float[] w = [0, 0, 1];
        MultiplicativeUpdate.Cpu.Step(Workers.One, [3, 0, 0], [0, 0, 0], 0, 0, 1e-12f, w);
        Assert.Equal([0, 0, 0], w);
    }

    [Fact]
    public void Wrong_lengths_are_refused()
    {
        Assert.Throws<ArgumentException>("rising",
            () => MultiplicativeUpdate.Cpu.Step(Workers.One, new float[2], new float[3], 0, 0, 0, new float[3]));
        Assert.Throws<ArgumentException>("a",
            () => SampledGemm.Cpu.Multiply(Workers.One, 2, [0, 1], [0], new float[3], new float[4], new float[1]));
    }
}
