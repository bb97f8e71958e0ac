using System.Numerics.Tensors;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

/// <summary>
/// Elementwise kernels of exactly rounded operations give the bits of TensorPrimitives and of a scalar loop, so either
/// may stand for the other.
/// </summary>
public class TensorPrimitivesTests
{
    private static readonly float[] special =
    [
        0, -0f, 1, -1, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, -float.Epsilon, 1e-40f,
        float.MaxValue, float.MinValue, 0.3f, -1.5f, 7,
    ];

    public static TheoryData<int> Lengths => [0, 1, 2, 3, 7, 13, 31, 61, 127, 401, 32_771, 70_001];

    // Both walk through every pair of the special values.
    private static float[] X(int length) => [.. Enumerable.Range(0, length).Select(i => special[i % special.Length])];
    private static float[] Y(int length) =>
        [.. Enumerable.Range(0, length).Select(i => special[(i + i / special.Length) % special.Length])];

    [Theory, MemberData(nameof(Lengths))]
    public void Add_gives_their_bits(int length)
    {
        float[] x = X(length), y = Y(length), theirs = [.. y];
        TensorPrimitives.Add(theirs, x, theirs);
        Same(i => y[i] + x[i], theirs, workers =>
        {
            float[] sum = [.. y];
            Add.Cpu.Forward(workers, x, sum);
            return sum;
        });
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Bias_gives_their_bits(int length)
    {
        float[] bias = X(length), y = Y(length), theirs = [.. y];
        TensorPrimitives.Add(theirs, bias, theirs);
        Same(i => y[i] + bias[i], theirs, workers =>
        {
            float[] sum = [.. y];
            Bias.Cpu.Add(workers, 1, length, sum, bias);
            return sum;
        });
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Dropout_gives_their_bits(int length)
    {
        const float keep = 0.3f;
        float[] x = X(length), mask = Y(length), theirs = new float[length];
        TensorPrimitives.Multiply(x, mask, theirs);
        TensorPrimitives.Divide(theirs, keep, theirs);
        Same(i => x[i] * mask[i] / keep, theirs, workers =>
        {
            float[] y = [.. x];
            Dropout.Cpu.Apply(workers, y, mask, keep, y);
            return y;
        });
    }

    // A bound of 0 is left out: there TensorPrimitives makes 0 of -0, which Math.Clamp and the kernel keep.
    [Theory, MemberData(nameof(Lengths))]
    public void Clamp_gives_their_bits(int length)
    {
        const float low = -1.25f, high = 4;
        float[] x = X(length), theirs = new float[length];
        TensorPrimitives.Clamp(x, low, high, theirs);
        Same(i => Math.Clamp(x[i], low, high), theirs, workers =>
        {
            float[] y = [.. x];
            Clamp.Cpu.Forward(workers, y, low, high, y);
            return y;
        });
    }

    private static void Same(Func<int, float> scalar, float[] theirs, Func<Workers, float[]> kernel)
    {
        int[] ours = Widths.Bits(Widths.SameBits(kernel));
        Assert.Equal(Widths.Bits([.. Enumerable.Range(0, theirs.Length).Select(scalar)]), ours);
        Assert.Equal(Widths.Bits(theirs), ours);
    }
}
