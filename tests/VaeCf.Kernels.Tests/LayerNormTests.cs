using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class LayerNormTests
{
    private const float Epsilon = 0.1f;

    public static TheoryData<int, int> Shapes => new()
    {
        { 0, 5 }, { 5, 1 }, { 2, 5 }, { 3, 15 }, { 3, 16 }, { 3, 17 }, { 7, 31 }, { 61, 101 }, { 67, 600 },
    };

    // Rows far from mean 0, as a layer's outputs are.
    private static (float[] X, float[] Weight, float[] Bias, float[] DY) Inputs(int rows, int columns) =>
        ([.. Compare.Random(rows * columns, 1).Select(value => 3 + 2 * value)], Compare.Random(columns, 2),
            Compare.Random(columns, 3), Compare.Random(rows * columns, 4));

    [Theory, MemberData(nameof(Shapes))]
    public void Forward_agrees_with_the_reference_in_place_or_not_with_the_same_bits_for_every_width_and_thread_count(
        int rows, int columns)
    {
        (float[] x, float[] weight, float[] bias, _) = Inputs(rows, columns);
        float[] apart = Widths.SameBits(workers =>
        {
            float[] y = new float[x.Length], statistics = new float[2 * rows];
            LayerNorm.Cpu.Forward(workers, rows, columns, x, weight, bias, Epsilon, y, statistics);
            return [.. y, .. statistics];
        });
        float[] inPlace = Widths.SameBits(workers =>
        {
            float[] y = [.. x], statistics = new float[2 * rows];
            LayerNorm.Cpu.Forward(workers, rows, columns, y, weight, bias, Epsilon, y, statistics);
            return [.. y, .. statistics];
        });
        (double[] expectedY, double[] expectedStatistics) = Forward(
            rows, columns, x.ToDouble(), weight.ToDouble(), bias.ToDouble());
        Assert.Equal(apart, inPlace);
        Assert.InRange(Compare.RelativeError(expectedY, apart.AsSpan(0, x.Length)), 0, 5e-7);
        Assert.InRange(Compare.RelativeError(expectedStatistics, apart.AsSpan(x.Length)), 0, 3e-7);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Backward_agrees_with_the_reference_in_place_or_not_with_the_same_bits_for_every_width_and_thread_count(
        int rows, int columns)
    {
        (float[] x, float[] weight, float[] bias, float[] dY) = Inputs(rows, columns);
        float[] y = new float[x.Length], statistics = new float[2 * rows];
        LayerNorm.Cpu.Forward(Workers.One, rows, columns, x, weight, bias, Epsilon, y, statistics);
        float[] apart = Widths.SameBits(workers => Cpu(workers, new float[x.Length], dY));
        float[] inPlace = Widths.SameBits(workers =>
        {
            float[] both = [.. dY];
            return Cpu(workers, both, both);
        });
        (double[] dX, double[] dWeight, double[] dBias) = Backward(
            rows, columns, x.ToDouble(), weight.ToDouble(), dY.ToDouble());
        Assert.Equal(apart, inPlace);
        // One column has no slope in x; elsewhere dX is what is left of dY after two projections.
        if (columns > 1)
            Assert.InRange(Compare.RelativeError(dX, apart.AsSpan(0, x.Length)), 0, 1e-6);
        Assert.InRange(Compare.RelativeError(dWeight, apart.AsSpan(x.Length, columns)), 0, 1e-6);
        Assert.InRange(Compare.RelativeError(dBias, apart.AsSpan(x.Length + columns)), 0, 1e-6);

        float[] Cpu(Workers workers, float[] dX, float[] dY)
        {
            float[] dWeight = new float[columns], dBias = new float[columns];
            LayerNorm.Cpu.Backward(workers, rows, columns, x, weight, statistics, dY, dX, dWeight, dBias);
            return [.. dX, .. dWeight, .. dBias];
        }
    }

    [Fact]
    public void The_derivatives_are_the_slopes()
    {
        const int rows = 4, columns = 7;
        (float[] x0, float[] w0, float[] b0, float[] d0) = Inputs(rows, columns);
        double[] x = x0.ToDouble(), weight = w0.ToDouble(), bias = b0.ToDouble(), dY = d0.ToDouble();
        (double[] dX, double[] dWeight, double[] dBias) = Backward(rows, columns, x, weight, dY);
        CentralDifference.Check(at => CentralDifference.Dot(Forward(rows, columns, at, weight, bias).Y, dY), x, dX);
        CentralDifference.Check(
            at => CentralDifference.Dot(Forward(rows, columns, x, at, bias).Y, dY), weight, dWeight);
        CentralDifference.Check(at => CentralDifference.Dot(Forward(rows, columns, x, weight, at).Y, dY), bias, dBias);
    }

    [Fact]
    public void The_variance_is_divided_by_the_number_of_columns_and_has_epsilon_added()
    {
        // Mean 3, variance 4: 1 / sqrt(4 + 5) = 1/3.
        double[] y = new double[2], statistics = new double[2];
        LayerNorm.Reference.Forward(1, 2, [1, 5], [3, 6], [0, 10], 5, y, statistics);
        Assert.Equal([-2, 14, 3, 1 / 3.0], [.. y, .. statistics]);
    }

    [Fact]
    public void A_wrong_length_is_refused() => Assert.Contains("expected 2 x 2", Assert.Throws<ArgumentException>(
        () => LayerNorm.Cpu.Forward(Workers.One, 2, 3, new float[6], new float[3], new float[3], Epsilon, new float[6],
            new float[2])).Message);

    private static (double[] Y, double[] Statistics) Forward(
        int rows, int columns, double[] x, double[] weight, double[] bias)
    {
        double[] y = new double[x.Length], statistics = new double[2 * rows];
        LayerNorm.Reference.Forward(rows, columns, x, weight, bias, Epsilon, y, statistics);
        return (y, statistics);
    }

    private static (double[] DX, double[] DWeight, double[] DBias) Backward(
        int rows, int columns, double[] x, double[] weight, double[] dY)
    {
        double[] statistics = Forward(rows, columns, x, weight, new double[columns]).Statistics;
        double[] dX = new double[x.Length], dWeight = new double[columns], dBias = new double[columns];
        LayerNorm.Reference.Backward(rows, columns, x, weight, statistics, dY, dX, dWeight, dBias);
        return (dX, dWeight, dBias);
    }
}
