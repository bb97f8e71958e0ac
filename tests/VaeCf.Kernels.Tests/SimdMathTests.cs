using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public unsafe class SimdMathTests
{
    [Fact]
    public void Exp_is_within_two_ulps() => Near(SweepOf(-86.8, 88.7), Function.Exp, Math.Exp);

    [Fact]
    public void Exp_of_non_positive_has_the_bits_of_exp()
    {
        float[] x = [.. SweepOf(-90, 0), float.NegativeInfinity, float.NaN];
        Assert.Equal(Apply(Function.Exp, x), Apply(Function.ExpOfNonPositive, x));
    }

    [Fact]
    public void Log_is_within_two_ulps()
    {
        Near([.. SweepOf(-87, 88.7).Select(x => (float)Math.Exp(x))], Function.Log, Math.Log);
        Near(SweepOf(0.25, 4), Function.Log, Math.Log);
    }

    [Fact]
    public void Tanh_is_within_two_ulps() => Near([.. SweepOf(-12, 12), .. Tiny()], Function.Tanh, Math.Tanh);

    [Fact]
    public void Sigmoid_is_within_two_and_a_half_ulps() =>
        Near(SweepOf(-86.8, 100), Function.Sigmoid, x => 1 / (1 + Math.Exp(-x)), 2.5);

    [Fact]
    public void Softplus_is_within_two_ulps() =>
        Near(SweepOf(-86.8, 100), Function.Softplus, x => Math.Max(x, 0) + LogOnePlus(Math.Exp(-Math.Abs(x))));

    [Fact]
    public void Sine_and_cosine_of_turns_are_within_two_ulps()
    {
        // The argument in double would lose the zeros of sine and cosine: reduce it first, exactly.
        float[] turns = [.. SweepOf(0, 1).Where(u => u < 1), .. Tiny().Where(u => u >= 0), MathF.BitDecrement(1)];
        Near(turns, Function.SinTwoPi, u => u < 0.25 ? Math.Sin(2 * Math.PI * u)
            : u < 0.75 ? Math.Sin(2 * Math.PI * (0.5 - u)) : Math.Sin(2 * Math.PI * (u - 1)));
        Near(turns, Function.CosTwoPi,
            u => u < 0.5 ? Math.Sin(2 * Math.PI * (0.25 - u)) : Math.Sin(2 * Math.PI * (u - 0.75)));
    }

    public static TheoryData<Function, float, float> SpecialValues => new()
    {
        { Function.Exp, float.NaN, float.NaN },
        { Function.Exp, float.PositiveInfinity, float.PositiveInfinity },
        { Function.Exp, float.NegativeInfinity, 0 },
        { Function.Exp, 88.73f, float.PositiveInfinity },
        { Function.Exp, -87, 0 },
        { Function.Exp, 0, 1 },
        { Function.Log, float.NaN, float.NaN },
        { Function.Log, float.PositiveInfinity, float.NaN },
        { Function.Log, 1, 0 },
        { Function.Tanh, float.NaN, float.NaN },
        { Function.Tanh, float.PositiveInfinity, 1 },
        { Function.Tanh, float.NegativeInfinity, -1 },
        { Function.Tanh, 0, 0 },
        { Function.Sigmoid, float.NaN, float.NaN },
        { Function.Sigmoid, float.PositiveInfinity, 1 },
        { Function.Sigmoid, float.NegativeInfinity, 0 },
        { Function.Sigmoid, 0, 0.5f },
        { Function.Softplus, float.NaN, float.NaN },
        { Function.Softplus, float.PositiveInfinity, float.PositiveInfinity },
        { Function.Softplus, float.NegativeInfinity, 0 },
        { Function.SinTwoPi, 0, 0 },
        { Function.SinTwoPi, 0.25f, 1 },
        { Function.SinTwoPi, 0.5f, 0 },
        { Function.CosTwoPi, 0, 1 },
        { Function.CosTwoPi, 0.5f, -1 },
        { Function.CosTwoPi, 0.75f, 0 },
    };

    [Theory]
    [MemberData(nameof(SpecialValues))]
    public void Special_values_are_as_documented(Function function, float x, float expected) =>
        Assert.Equal(expected, Apply(function, [x])[0]);

    /// <summary>Every function as a kernel: y = function(x).</summary>
    public enum Function { Exp, ExpOfNonPositive, Log, Tanh, Sigmoid, Softplus, SinTwoPi, CosTwoPi }

    private readonly struct Kernel(Function function, float* x, float* y) : IElementwiseKernel
    {
        public void At<V>(int i) where V : unmanaged, ISimd<V>
        {
            V v = V.Load(x + i);
            V.Store(function switch
            {
                Function.Exp => SimdMath.Exp(v),
                Function.ExpOfNonPositive => SimdMath.ExpOfNonPositive(v),
                Function.Log => SimdMath.Log(v),
                Function.Tanh => SimdMath.Tanh(v),
                Function.Sigmoid => SimdMath.Sigmoid(v),
                Function.Softplus => SimdMath.Softplus(v),
                Function.SinTwoPi => SimdMath.SinCosTwoPi(v).Sin,
                _ => SimdMath.SinCosTwoPi(v).Cos,
            }, y + i);
        }
    }

    /// <summary>function(x), held to the same bits at every width.</summary>
    private static float[] Apply(Function function, float[] x) => Widths.SameBits(() =>
    {
        // Padded, so that a single value too goes through a vector and not through the tail alone.
        float[] padded = [.. x, .. Enumerable.Repeat(x[^1], 17)];
        var y = new float[padded.Length];
        fixed (float* from = padded, to = y)
            VectorWidth.RunElementwise(Workers.One, y.Length, 1, new Kernel(function, from, to));
        return y;
    });

    private static void Near(float[] x, Function function, Func<double, double> exact, double ulps = 2)
    {
        float[] y = Apply(function, x);
        for (int i = 0; i < x.Length; i++)
        {
            double expected = exact(x[i]);
            double error = Math.Abs(y[i] - expected);
            double ulp = Math.ScaleB(1, Math.Max(Math.ILogB(expected), -126) - 23);
            Assert.True(error <= ulps * ulp,
                $"{function}({x[i]:R}) = {y[i]:R}, expected {expected:R}: {error / ulp:F2} ulps");
        }
    }

    private static double LogOnePlus(double y) => y < 1e-8 ? y - y * y / 2 : Math.Log(1 + y) * y / (1 + y - 1);

    private static float[] SweepOf(double from, double to) =>
        [.. Enumerable.Range(0, 400_001).Select(i => (float)(from + (to - from) * i / 400_000))];

    private static IEnumerable<float> Tiny() =>
        Enumerable.Range(0, 2000).Select(i => (i % 2 == 0 ? 1 : -1) * MathF.Pow(10, -30 + 0.0145f * i));
}
