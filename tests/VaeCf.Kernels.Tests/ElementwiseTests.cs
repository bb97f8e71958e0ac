using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

/// <summary>What every kernel that works element by element must hold, in place or not.</summary>
public abstract class ElementwiseTests
{
    private const double Tolerance = 5e-7;

    public static TheoryData<int> Lengths => [0, 1, 3, 15, 16, 17, 31, 101, 8191, 8192, 8193, 70_001];

    /// <summary>How many tensors go in, and out of the derivative.</summary>
    protected abstract int Inputs { get; }

    protected abstract void Cpu(Workers workers, float[][] x, Span<float> y);
    protected abstract void Reference(double[][] x, Span<double> y);
    protected abstract void CpuGradient(Workers workers, float[][] x, ReadOnlySpan<float> dY, float[][] dX);
    protected abstract void ReferenceGradient(double[][] x, ReadOnlySpan<double> dY, double[][] dX);

    [Theory, MemberData(nameof(Lengths))]
    public void Forward_agrees_with_the_reference_in_place_or_not_with_the_same_bits_for_every_width_and_thread_count(
        int length)
    {
        float[][] x = Values(length, 3);
        float[] apart = Widths.SameBits(workers =>
        {
            var y = new float[length];
            Cpu(workers, x, y);
            return y;
        });
        float[] inPlace = Widths.SameBits(workers =>
        {
            float[][] copies = [.. x.Select(tensor => tensor.ToArray())];
            Cpu(workers, copies, copies[0]);
            return copies[0];
        });
        var expected = new double[length];
        Reference([.. x.Select(Compare.ToDouble)], expected);
        Assert.Equal(apart, inPlace);
        Assert.InRange(Compare.RelativeError(expected, apart), 0, Tolerance);
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Backward_agrees_with_the_reference_in_place_or_not_with_the_same_bits_for_every_width_and_thread_count(
        int length)
    {
        float[][] x = Values(length, 3);
        float[] dY = Compare.Random(length, 9);
        float[] apart = Widths.SameBits(workers =>
        {
            float[][] dX = [.. x.Select(tensor => new float[length])];
            CpuGradient(workers, x, dY, dX);
            return [.. dX.SelectMany(tensor => tensor)];
        });
        float[] inPlace = Widths.SameBits(workers =>
        {
            float[][] dX = [.. x.Select((tensor, i) => i == 0 ? dY.ToArray() : new float[length])];
            CpuGradient(workers, x, dX[0], dX);
            return [.. dX.SelectMany(tensor => tensor)];
        });
        double[][] expected = Gradient([.. x.Select(Compare.ToDouble)], dY.ToDouble());
        Assert.Equal(apart, inPlace);
        for (int i = 0; i < Inputs; i++)
            Assert.InRange(Compare.RelativeError(expected[i], apart.AsSpan(i * length, length)), 0, Tolerance);
    }

    [Fact]
    public void The_derivative_is_the_slope_in_every_input()
    {
        double[][] x = [.. Values(31, 1).Select(Compare.ToDouble)];
        double[] dY = Compare.Random(31, 9).ToDouble();
        double[][] gradient = Gradient(x, dY);
        for (int i = 0; i < Inputs; i++)
        {
            double Loss(double[] at)
            {
                var y = new double[31];
                Reference([.. x.Select((tensor, j) => j == i ? at : tensor)], y);
                return CentralDifference.Dot(y, dY);
            }
            CentralDifference.Check(Loss, x[i], gradient[i]);
        }
    }

    [Fact]
    public void Lengths_that_differ_are_refused() =>
        Assert.Contains("expected 1 x 3",
            Assert.Throws<ArgumentException>(() => Cpu(Workers.One, Values(3, 1), new float[2])).Message);

    private float[][] Values(int length, float scale) =>
        [.. Enumerable.Range(1, Inputs)
            .Select(seed => Compare.Random(length, (ulong)seed).Select(value => scale * value).ToArray())];

    private double[][] Gradient(double[][] x, double[] dY)
    {
        double[][] dX = [.. x.Select(tensor => new double[tensor.Length])];
        ReferenceGradient(x, dY, dX);
        return dX;
    }
}

public class GateTests : ElementwiseTests
{
    protected override int Inputs => 2;
    protected override void Cpu(Workers workers, float[][] x, Span<float> y) =>
        Gate.Cpu.Forward(workers, x[0], x[1], y);
    protected override void Reference(double[][] x, Span<double> y) => Gate.Reference.Forward(x[0], x[1], y);
    protected override void CpuGradient(Workers workers, float[][] x, ReadOnlySpan<float> dY, float[][] dX) =>
        Gate.Cpu.Backward(workers, x[0], x[1], dY, dX[0], dX[1]);
    protected override void ReferenceGradient(double[][] x, ReadOnlySpan<double> dY, double[][] dX) =>
        Gate.Reference.Backward(x[0], x[1], dY, dX[0], dX[1]);

    [Fact]
    public void A_gate_of_0_is_half_open_and_far_from_0_it_is_open_or_shut()
    {
        var y = new float[3];
        Gate.Cpu.Forward(Workers.One, [2, 2, 2], [0, 200, -200], y);
        Assert.Equal([1, 2, 0], y);
    }
}

public class HadamardTests : ElementwiseTests
{
    protected override int Inputs => 2;
    protected override void Cpu(Workers workers, float[][] x, Span<float> y) =>
        Hadamard.Cpu.Forward(workers, x[0], x[1], y);
    protected override void Reference(double[][] x, Span<double> y) => Hadamard.Reference.Forward(x[0], x[1], y);
    protected override void CpuGradient(Workers workers, float[][] x, ReadOnlySpan<float> dY, float[][] dX) =>
        Hadamard.Cpu.Backward(workers, x[0], x[1], dY, dX[0], dX[1]);
    protected override void ReferenceGradient(double[][] x, ReadOnlySpan<double> dY, double[][] dX) =>
        Hadamard.Reference.Backward(x[0], x[1], dY, dX[0], dX[1]);
}

public class SwishTests : ElementwiseTests
{
    protected override int Inputs => 1;
    protected override void Cpu(Workers workers, float[][] x, Span<float> y) => Swish.Cpu.Forward(workers, x[0], y);
    protected override void Reference(double[][] x, Span<double> y) => Swish.Reference.Forward(x[0], y);
    protected override void CpuGradient(Workers workers, float[][] x, ReadOnlySpan<float> dY, float[][] dX) =>
        Swish.Cpu.Backward(workers, x[0], dY, dX[0]);
    protected override void ReferenceGradient(double[][] x, ReadOnlySpan<double> dY, double[][] dX) =>
        Swish.Reference.Backward(x[0], dY, dX[0]);

    [Fact]
    public void Far_from_0_it_is_the_identity_or_0_and_so_is_its_slope()
    {
        float[] y = new float[2], dX = new float[2];
        Swish.Cpu.Forward(Workers.One, [200, -200], y);
        Swish.Cpu.Backward(Workers.One, [200, -200], [3, 3], dX);
        Assert.Equal([200, 0, 3, 0], [.. y, .. dX]);
    }
}

public class ClampTests : ElementwiseTests
{
    private const float Low = -0.7f, High = 0.4f;

    protected override int Inputs => 1;
    protected override void Cpu(Workers workers, float[][] x, Span<float> y) =>
        Clamp.Cpu.Forward(workers, x[0], Low, High, y);
    protected override void Reference(double[][] x, Span<double> y) => Clamp.Reference.Forward(x[0], Low, High, y);

    protected override void CpuGradient(Workers workers, float[][] x, ReadOnlySpan<float> dY, float[][] dX)
    {
        dY.CopyTo(dX[0]);
        Clamp.Cpu.Backward(workers, x[0], Low, High, dX[0]);
    }

    protected override void ReferenceGradient(double[][] x, ReadOnlySpan<double> dY, double[][] dX)
    {
        dY.CopyTo(dX[0]);
        Clamp.Reference.Backward(x[0], Low, High, dX[0]);
    }

    [Fact]
    public void The_gradient_is_0_at_the_bounds_so_what_was_clamped_does_for_what_was_not()
    {
        float[] x = [-12.5f, -12, 0, 4, 4.5f], y = new float[5], before = [1, 1, 1, 1, 1], after = [1, 1, 1, 1, 1];
        Clamp.Cpu.Forward(Workers.One, x, -12, 4, y);
        Clamp.Cpu.Backward(Workers.One, x, -12, 4, before);
        Clamp.Cpu.Backward(Workers.One, y, -12, 4, after);
        Assert.Equal([-12, -12, 0, 4, 4], y);
        Assert.Equal([0, 0, 1, 0, 0], before);
        Assert.Equal(before, after);
    }

    [Fact]
    public void Not_a_number_stays() => Assert.Equal([float.NaN], Clamped(float.NaN));

    private static float[] Clamped(float x)
    {
        var y = new float[1];
        Clamp.Cpu.Forward(Workers.One, [x], Low, High, y);
        return y;
    }
}
