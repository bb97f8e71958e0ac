using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class BiasTests
{
    public static TheoryData<int, int> Shapes => SparseBatch.Shapes();

    [Theory, MemberData(nameof(Shapes))]
    public void Add_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(
        int rows, int columns)
    {
        float[] y = Compare.Random(rows * columns, 1), bias = Compare.Random(columns, 2);
        float[] actual = Widths.SameBits(workers =>
        {
            float[] result = [.. y];
            Bias.Cpu.Add(workers, rows, columns, result, bias);
            return result;
        });
        double[] expected = y.ToDouble();
        Bias.Reference.Add(rows, columns, expected, bias.ToDouble());
        Assert.InRange(Compare.RelativeError(expected, actual), 0, 1e-7);
    }

    [Theory, MemberData(nameof(Shapes)), InlineData(509, 127), InlineData(509, 1)]
    public void Gradient_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(
        int rows, int columns)
    {
        float[] dY = Compare.Random(rows * columns, 3);
        float[] actual = Widths.SameBits(workers =>
        {
            var dBias = new float[columns];
            dBias.AsSpan().Fill(float.NaN);
            Bias.Cpu.Gradient(workers, rows, columns, dY, dBias);
            return dBias;
        });
        Assert.InRange(Compare.RelativeError(Gradient(rows, columns, dY.ToDouble()), actual), 0, 1e-6);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void The_gradient_of_a_sparse_batch_is_that_of_the_batch_made_dense(int rows, int columns)
    {
        var batch = new SparseBatch(rows, columns);
        var index = new ItemIndex();
        index.Build(batch.RowStarts, batch.Items, columns);
        float[] actual = Widths.SameBits(workers =>
        {
            float[] dBias = [.. Enumerable.Repeat(float.NaN, columns)];
            Bias.Cpu.SparseGradient(workers, index, batch.Counts, dBias);
            return dBias;
        });
        var expected = new double[columns];
        Bias.Reference.SparseGradient(batch.Items, batch.Counts.ToDouble(), expected);
        Assert.Equal(Gradient(rows, columns, batch.Dense()), expected);
        Assert.InRange(Compare.RelativeError(expected, actual), 0, 1e-6);
    }

    [Fact]
    public void The_gradient_is_the_slope()
    {
        double[] y = Compare.Random(5 * 7, 4).ToDouble(), bias = Compare.Random(7, 5).ToDouble(),
            dY = Compare.Random(5 * 7, 6).ToDouble();
        double Output(double[] b)
        {
            double[] sum = [.. y];
            Bias.Reference.Add(5, 7, sum, b);
            return CentralDifference.Dot(sum, dY);
        }
        CentralDifference.Check(Output, bias, Gradient(5, 7, dY));
    }

    [Fact]
    public void A_bias_of_the_wrong_length_is_refused() =>
        Assert.Contains("expected 1 x 3", Assert.Throws<ArgumentException>(() =>
            Bias.Cpu.Add(Workers.One, 2, 3, new float[6], new float[2])).Message);

    private static double[] Gradient(int rows, int columns, double[] dY)
    {
        var dBias = new double[columns];
        Bias.Reference.Gradient(rows, columns, dY, dBias);
        return dBias;
    }

    [Theory]
    [InlineData(0, 7), InlineData(1, 1), InlineData(3, 17), InlineData(701, 101)]
    public void A_bias_added_at_clicks_agrees_with_the_reference_with_the_same_bits(int rows, int columns)
    {
        var batch = new SparseBatch(rows, columns);
        float[] bias = Compare.Random(columns, 1), start = Compare.Random(batch.Items.Length, 2);
        float[] actual = Widths.SameBits(workers =>
        {
            float[] values = [.. start];
            Bias.Cpu.SparseAdd(workers, batch.Items, values, bias);
            return values;
        });
        double[] expected = start.ToDouble();
        Bias.Reference.SparseAdd(batch.Items, expected, bias.ToDouble());
        Assert.InRange(Compare.RelativeError(expected, actual), 0, 1e-7);
        Assert.Throws<ArgumentOutOfRangeException>("items",
            () => Bias.Cpu.SparseAdd(Workers.One, [columns], new float[1], bias));
    }
}
