namespace VaeCf.Kernels.Common;

/// <summary>
/// Arithmetic on as many floats at once as V holds: a CPU's vector, one float, or one thread's float on a GPU. Each
/// operation is exactly rounded per lane (including the fused multiply-add, in hardware or not), so that what is built
/// from them gives the same bits everywhere.
/// </summary>
internal interface IArithmetic<V> where V : unmanaged, IArithmetic<V>
{
    static abstract V Broadcast(float value);

    static abstract V operator +(V a, V b);
    static abstract V operator -(V a, V b);
    static abstract V operator *(V a, V b);
    static abstract V operator /(V a, V b);

    /// <summary>a * b + c, rounded once.</summary>
    static abstract V FusedMultiplyAdd(V a, V b, V c);

    static abstract V Max(V a, V b);
    static abstract V Sqrt(V a);
    static abstract V Abs(V a);

    /// <summary>The nearest integer, ties to even, as a float.</summary>
    static abstract V Round(V a);

    /// <summary>Per lane, <paramref name="ifLess"/> where a &lt; b, else <paramref name="otherwise"/>.</summary>
    static abstract V SelectLess(V a, V b, V ifLess, V otherwise);

    /// <summary>x * 2^n for integral n in [-126, 127].</summary>
    static abstract V ScaleByPowerOfTwo(V x, V n);

    /// <summary>The exponent e, as a float, of a positive normal x = m * 2^e with m in [1, 2).</summary>
    static abstract V Exponent(V x);

    /// <summary>The mantissa m in [1, 2) of a positive normal x.</summary>
    static abstract V Mantissa(V x);
}
