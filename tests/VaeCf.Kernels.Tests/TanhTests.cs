using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class TanhTests
{
    public static TheoryData<int> Lengths => [0, 1, 3, 15, 16, 17, 31, 101, 8191, 8192, 8193, 50_021];

    [Theory, MemberData(nameof(Lengths))]
    public void Forward_agrees_with_the_reference_in_place_or_not_with_the_same_bits_for_every_width_and_number_of_threads(int length)
    {
        float[] x = Compare.Random(length, 1);
        float[] apart = Widths.SameBits(workers =>
        {
            var y = new float[length];
            Tanh.Cpu.Forward(workers, x, y);
            return y;
        });
        float[] inPlace = Widths.SameBits(workers =>
        {
            float[] y = [.. x];
            Tanh.Cpu.Forward(workers, y, y);
            return y;
        });
        Assert.Equal(apart, inPlace);
        Assert.InRange(Compare.RelativeError(Forward(x.ToDouble()), apart), 0, 2e-7);
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Backward_agrees_with_the_reference_in_place_or_not_with_the_same_bits_for_every_width_and_number_of_threads(int length)
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
        double[] x = Compare.Random(31, 4).ToDouble(), dY = Compare.Random(31, 5).ToDouble();
        CentralDifference.Check(at => CentralDifference.Dot(Forward(at), dY), x, Backward(Forward(x), dY));
    }

    [Fact]
    public void Lengths_that_differ_are_refused() =>
        Assert.Contains("expected 1 x 3", Assert.Throws<ArgumentException>(() => Tanh.Cpu.Forward(Workers.One, new float[3], new float[2])).Message);

    private static double[] Forward(double[] x)
    {
        var y = new double[x.Length];
        Tanh.Reference.Forward(x, y);
        return y;
    }

    private static double[] Backward(double[] y, double[] dY)
    {
        var dX = new double[y.Length];
        Tanh.Reference.Backward(y, dY, dX);
        return dX;
    }
}
