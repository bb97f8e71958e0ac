namespace VaeCf.Ptx.Emulator;

/// <summary>
/// The approximate functions (.approx). PTX states a bound of each one's error, not its bits. Here the exact result is
/// moved by a pseudo-random part of that bound, always the same for the same argument: what passes here does not lean
/// on results that are better than promised. The bounds are the PTX ISA's, relative but where it says otherwise: ex2
/// 2^-22, lg2 2^-22.6 (absolute between 0.5 and 2), rcp and sqrt 2^-23, rsqrt 2^-22.9, tanh 2^-11, sin and cos 2^-20.5
/// absolute, div 2 units in the last place.
/// </summary>
internal static class Approximations
{
    /// <summary>A number in [-1, 1) that depends on the bits alone.</summary>
    private static double Noise(float a)
    {
        uint h = BitConverter.SingleToUInt32Bits(a) * 0x9E3779B1;
        h ^= h >> 15;
        h *= 0x85EBCA77;
        h ^= h >> 13;
        return (int)h / 2147483648.0;
    }

    /// <summary>Moved by at most the bound, the last rounding included; a result that is a float stays.</summary>
    private static float Near(double exact, double bound, float argument)
    {
        float rounded = (float)exact;
        if (rounded == exact || !float.IsFinite(rounded))
            return rounded;
        // Rounding adds up to 2^-24, so the move is by what is left of the bound.
        return (float)(exact * (1 + ((bound - Math.ScaleB(1, -24)) * Noise(argument))));
    }

    public readonly struct Exp2 : IEach<float, float>
    {
        public static float Of(float a) => Near(Math.Pow(2, a), Math.ScaleB(1, -22), a);
    }

    public readonly struct Log2 : IEach<float, float>
    {
        private static readonly double Bound = Math.Pow(2, -22.6);

        public static float Of(float a)
        {
            double exact = Math.Log2(a);
            return a is > 0.5f and < 2 && a != 1
                ? (float)(exact + ((Bound - Math.ScaleB(1, -24)) * Noise(a)))
                : Near(exact, Bound, a);
        }
    }

    public readonly struct Rcp : IEach<float, float>
    {
        public static float Of(float a) => Near(1.0 / a, Math.ScaleB(1, -23), a);
    }

    public readonly struct Sqrt : IEach<float, float>
    {
        public static float Of(float a) => Near(Math.Sqrt(a), Math.ScaleB(1, -23), a);
    }

    public readonly struct Rsqrt : IEach<float, float>
    {
        public static float Of(float a) => Near(1.0 / Math.Sqrt(a), Math.Pow(2, -22.9), a);
    }

    /// <summary>Where the divisor is past 2^126, PTX gives 0 (a NaN for an infinite dividend).</summary>
    public readonly struct Div : IEach2<float, float, float>
    {
        public static float Of(float a, float b) =>
            MathF.Abs(b) > 8.5070592e37f && float.IsFinite(b) ? a * 0 : Near((double)a / b, Math.ScaleB(1, -23), a);
    }

    /// <summary>div.full: as good as div.approx, over all divisors.</summary>
    public readonly struct DivFull : IEach2<float, float, float>
    {
        public static float Of(float a, float b) => Near((double)a / b, Math.ScaleB(1, -23), a);
    }

    // Of sin and cos; what is left below is for the last rounding.
    private static readonly double TurnBound = Math.Pow(2, -20.5) - Math.ScaleB(1, -24);

    public readonly struct Sin : IEach<float, float>
    {
        public static float Of(float a) => (float)(Math.Sin(a) + (TurnBound * Noise(a)));
    }

    public readonly struct Cos : IEach<float, float>
    {
        public static float Of(float a) => (float)(Math.Cos(a) + (TurnBound * Noise(a)));
    }

    public readonly struct Tanh : IEach<float, float>
    {
        public static float Of(float a) => Near(Math.Tanh(a), Math.ScaleB(1, -11), a);
    }

    /// <summary>F with results and arguments below the smallest normal number taken as 0, as .ftz says.</summary>
    public readonly struct Flushed<F> : IEach<float, float>
        where F : IEach<float, float>
    {
        public static float Of(float a) => Flush(F.Of(Flush(a)));
    }

    private static float Flush(float a) => float.IsSubnormal(a) ? MathF.CopySign(0, a) : a;
}
