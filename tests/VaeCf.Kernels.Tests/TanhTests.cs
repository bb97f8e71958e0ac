using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class TanhTests
{
    public static TheoryData<int> Lengths => [0, 1, 3, 15, 16, 17, 31, 101, 8191, 8192, 8193, 50_021];

    public static TheoryData<int, int> Shapes => SparseBatch.Shapes();

    [Theory, MemberData(nameof(Shapes)), InlineData(509, 127)]
    public void Forward_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(
        int rows, int columns)
    {
        float[] y = Compare.Random(rows * columns, 1), bias = Compare.Random(columns, 2);
        float[] actual = Widths.SameBits(workers =>
        {
            float[] result = [.. y];
            Tanh.Cpu.Forward(workers, rows, columns, result, bias);
            return result;
        });
        Assert.InRange(Compare.RelativeError(Forward(rows, columns, y.ToDouble(), bias.ToDouble()), actual), 0, 2e-7);
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Backward_agrees_with_the_reference_in_place_or_not_with_the_same_bits_for_every_width_and_thread_count(
        int length)
    {
        float[] y = [.. Compare.Random(length, 2).Select(MathF.Tanh)], dY = Compare.Random(length, 3);
        float[] apart = Widths.SameBits(workers =>
        {
            var dX = new float[length];
            Tanh.Cpu.Backward(workers, y, dY, dX);
            return dX;
        });
        float[] inPlace = Widths.SameBits(workers =>
        {
            float[] dX = [.. dY];
            Tanh.Cpu.Backward(workers, y, dX, dX);
            return dX;
        });
        Assert.Equal(apart, inPlace);
        Assert.InRange(Compare.RelativeError(Backward(y.ToDouble(), dY.ToDouble()), apart), 0, 2e-7);
    }

    [Fact]
    public void The_derivative_is_the_slope()
    {
        double[] x = Compare.Random(31, 4).ToDouble(), bias = Compare.Random(31, 5).ToDouble(),
            dY = Compare.Random(31, 6).ToDouble();
        CentralDifference.Check(
            at => CentralDifference.Dot(Forward(1, 31, at, bias), dY), x, Backward(Forward(1, 31, x, bias), dY));
    }

    [Fact]
    public void Lengths_that_differ_are_refused()
    {
        Assert.Contains("expected 2 x 3", Assert.Throws<ArgumentException>(() =>
            Tanh.Cpu.Forward(Workers.One, 2, 3, new float[5], new float[3])).Message);
        Assert.Contains("expected 1 x 3", Assert.Throws<ArgumentException>(() =>
            Tanh.Cpu.Forward(Workers.One, 2, 3, new float[6], new float[2])).Message);
    }

    private static double[] Forward(int rows, int columns, double[] x, double[] bias)
    {
        double[] y = [.. x];
        Tanh.Reference.Forward(rows, columns, y, bias);
        return y;
    }

    private static double[] Backward(double[] y, double[] dY)
    {
        var dX = new double[y.Length];
        Tanh.Reference.Backward(y, dY, dX);
        return dX;
    }
}
