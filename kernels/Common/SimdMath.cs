using System.Runtime.CompilerServices;

namespace VaeCf.Kernels.Common;

/// <summary>
/// Elementary functions on vectors of any width, built only from exactly rounded operations, so that a
/// lane's bits are the same at every width, on every CPU and GPU. Errors are within 2 units in the last
/// place of the true value (2.5 for the sigmoid; tests compare them with double). Every polynomial is a
/// minimax polynomial (Remez exchange in 60 digits, rounded to float); its comment gives the relative error
/// that it adds to the function. NaN gives NaN.
/// </summary>
internal static class SimdMath
{
    // ln 2 and 2 pi, each as a float and the float nearest to what that one leaves out.
    private const float Ln2High = 0.693147182f, Ln2Low = -1.90465421e-09f, Log2E = 1.44269502f;
    private const float TwoPiHigh = 6.28318548f, TwoPiLow = -1.74845553e-07f;

    /// <summary>Below this the result would not be a normal number: e^x is then 0.</summary>
    private const float ExpUnderflow = -86.9f;

    /// <summary>Above the ln of the largest float (88.72): e^x is infinite from here on.</summary>
    private const float ExpOverflow = 88.8f;

    /// <summary>e^x; 0 below -86.9, infinite above 88.72.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<V>(V x) where V : unmanaged, IArithmetic<V>
    {
        V overflow = V.Broadcast(ExpOverflow);
        V p = ExpMantissa(V.SelectLess(overflow, x, overflow, x), out V n);
        // n reaches 128, one more than an exponent holds: 2p * 2^(n-1).
        return V.SelectLess(x, V.Broadcast(ExpUnderflow), V.Broadcast(0),
            V.ScaleByPowerOfTwo(p + p, n - V.Broadcast(1)));
    }

    /// <summary>The same bits for x up to 0 (or NaN), in fewer instructions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ExpOfNonPositive<V>(V x) where V : unmanaged, IArithmetic<V>
    {
        V p = ExpMantissa(x, out V n);
        return V.SelectLess(x, V.Broadcast(ExpUnderflow), V.Broadcast(0), V.ScaleByPowerOfTwo(p, n));
    }

    /// <summary>p and n of e^x = 2^n p, p = e^r with |r| &lt;= ln 2 / 2. NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ExpMantissa<V>(V x, out V n) where V : unmanaged, IArithmetic<V>
    {
        n = V.Round(x * V.Broadcast(Log2E));
        V r = V.FusedMultiplyAdd(n, V.Broadcast(-Ln2Low), V.FusedMultiplyAdd(n, V.Broadcast(-Ln2High), x));
        // (e^r - 1 - r) / r^2: 3.1e-9.
        V p = V.FusedMultiplyAdd(V.Broadcast(0.00138144672f), r, V.Broadcast(0.00836878084f));
        p = V.FusedMultiplyAdd(p, r, V.Broadcast(0.0416683927f));
        p = V.FusedMultiplyAdd(p, r, V.Broadcast(0.166665196f));
        p = V.FusedMultiplyAdd(p, r, V.Broadcast(0.49999994f));
        return V.FusedMultiplyAdd(p, r * r, r) + V.Broadcast(1);
    }

    /// <summary>
    /// ln x of a positive normal x; NaN for NaN and infinity. Callers must not pass zero, subnormal numbers or negative
    /// ones.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Log<V>(V x) where V : unmanaged, IArithmetic<V>
    {
        // x = 2^e (1 + f) with 1 + f in [sqrt 1/2, sqrt 2].
        V sqrt2 = V.Broadcast(1.41421354f), one = V.Broadcast(1);
        V m = V.Mantissa(x), e = V.Exponent(x);
        V f = V.SelectLess(sqrt2, m, m * V.Broadcast(0.5f), m) - one;
        e = V.SelectLess(sqrt2, m, e + one, e);
        return ScaledLog(e, f) + (x - x);
    }

    /// <summary>ln(2^e (1 + f)) for f in [sqrt 1/2 - 1, sqrt 2 - 1].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ScaledLog<V>(V e, V f) where V : unmanaged, IArithmetic<V>
    {
        // (ln(1 + f) - f + f^2 / 2) / f^3: 5.8e-9.
        V p = V.FusedMultiplyAdd(V.Broadcast(-0.0763450265f), f, V.Broadcast(0.12761578f));
        p = V.FusedMultiplyAdd(p, f, V.Broadcast(-0.13160181f));
        p = V.FusedMultiplyAdd(p, f, V.Broadcast(0.142017573f));
        p = V.FusedMultiplyAdd(p, f, V.Broadcast(-0.166233569f));
        p = V.FusedMultiplyAdd(p, f, V.Broadcast(0.200012267f));
        p = V.FusedMultiplyAdd(p, f, V.Broadcast(-0.250008196f));
        p = V.FusedMultiplyAdd(p, f, V.Broadcast(0.333333313f));
        p = V.FusedMultiplyAdd(p, f, V.Broadcast(-0.5f));
        V rest = V.FusedMultiplyAdd(p, f * f, e * V.Broadcast(Ln2Low));
        return V.FusedMultiplyAdd(e, V.Broadcast(Ln2High), f + rest);
    }

    /// <summary>tanh x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh<V>(V x) where V : unmanaged, IArithmetic<V>
    {
        // |x| < 0.625: x + x^3 P(x^2), where the quotient below would lose digits. (tanh x / x - 1) / x^2: 4.1e-9.
        V zero = V.Broadcast(0), one = V.Broadcast(1);
        V square = x * x;
        V p = V.FusedMultiplyAdd(V.Broadcast(-0.00571704563f), square, V.Broadcast(0.020650588f));
        p = V.FusedMultiplyAdd(p, square, V.Broadcast(-0.0537434965f));
        p = V.FusedMultiplyAdd(p, square, V.Broadcast(0.133314908f));
        p = V.FusedMultiplyAdd(p, square, V.Broadcast(-0.333332837f));
        V near = V.FusedMultiplyAdd(p * square, x, x);
        // else 1 - 2 / (e^2|x| + 1), with the sign of x.
        V magnitude = V.Abs(x);
        V far = one - V.Broadcast(2) / (Exp(magnitude + magnitude) + one);
        far = V.SelectLess(x, zero, zero - far, far);
        return V.SelectLess(magnitude, V.Broadcast(0.625f), near, far);
    }

    /// <summary>1 / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sigmoid<V>(V x) where V : unmanaged, IArithmetic<V>
    {
        V one = V.Broadcast(1);
        return one / (one + Exp(V.Broadcast(0) - x));
    }

    /// <summary>ln(1 + e^x), = max(x, 0) + ln(1 + e^-|x|); 0 below -86.9.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Softplus<V>(V x) where V : unmanaged, IArithmetic<V>
    {
        V zero = V.Broadcast(0), one = V.Broadcast(1), half = V.Broadcast(0.5f);
        V y = Exp(zero - V.Abs(x));
        // 1 + y = 2 (1 + (y - 1) / 2) where y is too large for the polynomial: 1 + y itself is never rounded.
        V limit = V.Broadcast(0.414213567f);
        V e = V.SelectLess(limit, y, one, zero);
        V f = V.SelectLess(limit, y, (y - one) * half, y);
        return V.SelectLess(zero, x, x, zero) + ScaledLog(e, f);
    }

    /// <summary>Sine and cosine of 2 pi u for u in [0, 1). The reduction to an eighth of a turn is exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (V Sin, V Cos) SinCosTwoPi<V>(V u) where V : unmanaged, IArithmetic<V>
    {
        V zero = V.Broadcast(0), one = V.Broadcast(1);
        V quarter = V.Round(u * V.Broadcast(4));
        V r = V.FusedMultiplyAdd(quarter, V.Broadcast(-0.25f), u);
        V square = r * r;
        // (sin(2 pi r) - 2 pi r) / r^3: 3.6e-9.
        V s = V.FusedMultiplyAdd(V.Broadcast(-75.4533997f), square, V.Broadcast(81.5939407f));
        s = V.FusedMultiplyAdd(s, square, V.Broadcast(-41.3416748f));
        s = V.FusedMultiplyAdd(V.FusedMultiplyAdd(s, square, V.Broadcast(TwoPiLow)), r, r * V.Broadcast(TwoPiHigh));
        // (cos(2 pi r) - 1) / r^2: 5.4e-11.
        V c = V.FusedMultiplyAdd(V.Broadcast(59.2459641f), square, V.Broadcast(-85.4437408f));
        c = V.FusedMultiplyAdd(c, square, V.Broadcast(64.9393234f));
        c = V.FusedMultiplyAdd(c, square, V.Broadcast(-19.7392082f));
        c = V.FusedMultiplyAdd(c, square, one);
        // Quarters 0 … 4: sine and cosine are swapped in 1 and 3; the sine is negative in 2 and 3, the cosine in 1, 2.
        V half = V.Broadcast(0.5f);
        V odd = V.Abs(V.Abs(quarter - V.Broadcast(2)) - one);
        V sin = V.SelectLess(odd, half, c, s), cos = V.SelectLess(odd, half, s, c);
        return (V.SelectLess(V.Abs(quarter - V.Broadcast(2.5f)), one, zero - sin, sin),
            V.SelectLess(V.Abs(quarter - V.Broadcast(1.5f)), one, zero - cos, cos));
    }
}
