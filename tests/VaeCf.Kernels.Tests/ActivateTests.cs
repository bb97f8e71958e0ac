using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class ActivateTests
{
    public static TheoryData<Activation, int, int> Shapes()
    {
        var data = new TheoryData<Activation, int, int>();
        foreach (Activation activation in Enum.GetValues<Activation>())
            foreach ((int rows, int columns) in ((int, int)[])[(0, 5), (1, 1), (3, 15), (7, 16), (3, 17), (5, 101),
                (1, 8191), (2, 8193), (509, 127)])
                data.Add(activation, rows, columns);
        return data;
    }

    public static TheoryData<Activation> All => [.. Enum.GetValues<Activation>()];

    [Theory, MemberData(nameof(Shapes))]
    public void Both_ways_agree_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(
        Activation activation, int rows, int columns)
    {
        float[] x = [.. Compare.Random(rows * columns, 1).Select(value => 3 * value)],
            bias = Compare.Random(columns, 2), dY = Compare.Random(rows * columns, 3);
        float[] y = Widths.SameBits(workers =>
        {
            float[] result = [.. x];
            Activate.Cpu.Forward(workers, activation, rows, columns, result, bias);
            return result;
        });
        float[] apart = Widths.SameBits(workers =>
        {
            var dX = new float[y.Length];
            Activate.Cpu.Backward(workers, activation, y, dY, dX);
            return dX;
        });
        float[] inPlace = Widths.SameBits(workers =>
        {
            float[] dX = [.. dY];
            Activate.Cpu.Backward(workers, activation, y, dX, dX);
            return dX;
        });
        Assert.Equal(apart, inPlace);
        Assert.InRange(
            Compare.RelativeError(Forward(activation, rows, columns, x.ToDouble(), bias.ToDouble()), y), 0, 3e-7);
        Assert.InRange(Compare.RelativeError(Backward(activation, y.ToDouble(), dY.ToDouble()), apart), 0, 2e-7);
    }

    [Theory, MemberData(nameof(All))]
    public void The_derivative_is_the_slope(Activation activation)
    {
        double[] x = Compare.Random(31, 4).ToDouble(), bias = Compare.Random(31, 5).ToDouble(),
            dY = Compare.Random(31, 6).ToDouble();
        CentralDifference.Check(at => CentralDifference.Dot(Forward(activation, 1, 31, at, bias), dY), x,
            Backward(activation, Forward(activation, 1, 31, x, bias), dY));
    }

    [Fact]
    public void Far_from_0_they_are_what_they_tend_to_and_a_rectified_unit_is_flat_at_0()
    {
        Assert.Equal([1, 0, 0.5f], Of(Activation.Sigmoid, 200, -200, 0));
        Assert.Equal([200, 0, 0], Of(Activation.Relu, 200, -200, 0));
        Assert.Equal([(float)(200 * 1.0507009873554805), (float)(-1.0507009873554805 * 1.6732632423543772), 0],
            Of(Activation.Selu, 200, -200, 0));
        var dX = new float[3];
        Activate.Cpu.Backward(Workers.One, Activation.Relu, [200, 0, 0], [3, 3, 3], dX);
        Assert.Equal([3, 0, 0], dX);
    }

    [Fact]
    public void Selu_keeps_its_digits_near_0()
    {
        foreach (float x in (float[])[-1e-6f, -1e-3f, -0.1f, -0.6f, -1.3f, -5])
        {
            double expected = 1.0507009873554805 * 1.6732632423543772 * double.ExpM1(x);
            Assert.InRange(Of(Activation.Selu, x)[0] / expected, 1 - 5e-7, 1 + 5e-7);
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Not_a_number_stays(Activation activation) =>
        Assert.All(Of(activation, float.NaN, float.NaN), value => Assert.True(float.IsNaN(value)));

    [Fact]
    public void Lengths_that_differ_and_unknown_activations_are_refused()
    {
        Assert.Contains("expected 2 x 3", Assert.Throws<ArgumentException>(() => Activate.Cpu.Forward(Workers.One,
            Activation.Relu, 2, 3, new float[5], new float[3])).Message);
        Assert.Contains("expected Identity, Tanh, Sigmoid, Relu, Selu", Assert.Throws<ArgumentOutOfRangeException>(
            () => Of((Activation)7, 1)).Message);
    }

    private static float[] Of(Activation activation, params float[] x)
    {
        Activate.Cpu.Forward(Workers.One, activation, 1, x.Length, x, new float[x.Length]);
        return x;
    }

    private static double[] Forward(Activation activation, int rows, int columns, double[] x, double[] bias)
    {
        double[] y = [.. x];
        Activate.Reference.Forward(activation, rows, columns, y, bias);
        return y;
    }

    private static double[] Backward(Activation activation, double[] y, double[] dY)
    {
        var dX = new double[y.Length];
        Activate.Reference.Backward(activation, y, dY, dX);
        return dX;
    }
}
