namespace VaeCf.Kernels.Common;

/// <summary>
/// What a unit makes of its input, and its slope by what it gave, which is enough for all of them. One source for a
/// CPU's vectors and a GPU's threads.
/// </summary>
internal interface IUnit
{
    /// <summary>y of x.</summary>
    static abstract V Value<V>(V x) where V : unmanaged, IArithmetic<V>;

    /// <summary>dy/dx, given y.</summary>
    static abstract V Slope<V>(V y) where V : unmanaged, IArithmetic<V>;
}

/// <summary>y = x.</summary>
internal readonly struct IdentityUnit : IUnit
{
    public static V Value<V>(V x) where V : unmanaged, IArithmetic<V> => x;
    public static V Slope<V>(V y) where V : unmanaged, IArithmetic<V> => V.Broadcast(1);
}

/// <summary>y = tanh x, dy/dx = 1 - y^2.</summary>
internal readonly struct TanhUnit : IUnit
{
    public static V Value<V>(V x) where V : unmanaged, IArithmetic<V> => SimdMath.Tanh(x);
    public static V Slope<V>(V y) where V : unmanaged, IArithmetic<V> => V.Broadcast(1) - y * y;
}

/// <summary>y = s(x) = 1 / (1 + e^-x), dy/dx = y (1 - y).</summary>
internal readonly struct SigmoidUnit : IUnit
{
    public static V Value<V>(V x) where V : unmanaged, IArithmetic<V> => SimdMath.Sigmoid(x);
    public static V Slope<V>(V y) where V : unmanaged, IArithmetic<V> => y * (V.Broadcast(1) - y);
}

/// <summary>y = max(x, 0), NaN where x is; dy/dx = 1 where y > 0, else 0.</summary>
internal readonly struct ReluUnit : IUnit
{
    public static V Value<V>(V x) where V : unmanaged, IArithmetic<V> =>
        V.SelectLess(x, V.Broadcast(0), V.Broadcast(0), x);

    public static V Slope<V>(V y) where V : unmanaged, IArithmetic<V> =>
        V.SelectLess(V.Broadcast(0), y, V.Broadcast(1), V.Broadcast(0));
}

/// <summary>
/// y = lambda x where x > 0, else lambda alpha (e^x - 1); dy/dx = lambda where y > 0, else y + lambda alpha.
/// </summary>
internal readonly struct SeluUnit : IUnit
{
    /// <summary>
    /// Klambauer, Unterthiner, Mayr, Hochreiter 2017, "Self-normalizing neural networks", equation 14: what keeps a
    /// layer's units at mean 0 and variance 1.
    /// </summary>
    public const double Lambda = 1.0507009873554805, Alpha = 1.6732632423543772;

    public static V Value<V>(V x) where V : unmanaged, IArithmetic<V>
    {
        // e^x - 1 = 2 t / (1 - t), t = tanh(x/2), which keeps its digits near 0.
        V t = SimdMath.Tanh(V.Broadcast(0.5f) * x);
        V below = V.Broadcast((float)(2 * Lambda * Alpha)) * t / (V.Broadcast(1) - t);
        return V.SelectLess(x, V.Broadcast(0), below, V.Broadcast((float)Lambda) * x);
    }

    public static V Slope<V>(V y) where V : unmanaged, IArithmetic<V> =>
        V.SelectLess(V.Broadcast(0), y, V.Broadcast((float)Lambda), y + V.Broadcast((float)(Lambda * Alpha)));
}
