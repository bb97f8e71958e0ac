using System.Runtime.CompilerServices;

namespace VaeCf.Kernels.Common;

/// <summary>
/// The terms of a reduction: <see cref="At"/> gives the V.Count terms from i on. It may also write what it computes on
/// the way.
/// </summary>
internal interface ILaneTerm
{
    V At<V>(int i) where V : unmanaged, ISimd<V>;
}

/// <summary>x_i^2.</summary>
internal readonly unsafe struct Square(float* x) : ILaneTerm
{
    public V At<V>(int i) where V : unmanaged, ISimd<V>
    {
        V value = V.Load(x + i);
        return value * value;
    }
}

/// <summary>
/// Reductions over a row in one fixed order: element i goes to virtual lane i % 16, each lane is reduced in ascending
/// i, and the lanes are combined in one fixed tree (l with l + 8, then + 4, + 2, + 1). The vector width only decides
/// how many lanes advance at once, so the bits are the same at every width.
/// </summary>
internal static unsafe class LaneReduction
{
    private const int Lanes = 16;

    /// <summary>The sum of the terms 0 … count - 1; 0 when there are none.</summary>
    public static float Sum<V, TTerm>(int count, TTerm term) where V : unmanaged, ISimd<V>
        where TTerm : struct, ILaneTerm =>
        Reduce<V, TTerm, Addition>(count, term);

    /// <summary>
    /// The greatest of the terms 0 … count - 1, NaN if one is NaN; negative infinity when there are none.
    /// </summary>
    public static float Max<V, TTerm>(int count, TTerm term) where V : unmanaged, ISimd<V>
        where TTerm : struct, ILaneTerm =>
        Reduce<V, TTerm, Maximum>(count, term);

    private interface IOperator
    {
        static abstract float Identity { get; }
        static abstract V Combine<V>(V a, V b) where V : unmanaged, ISimd<V>;
    }

    private readonly struct Addition : IOperator
    {
        public static float Identity => 0;
        public static V Combine<V>(V a, V b) where V : unmanaged, ISimd<V> => a + b;
    }

    private readonly struct Maximum : IOperator
    {
        public static float Identity => float.NegativeInfinity;
        public static V Combine<V>(V a, V b) where V : unmanaged, ISimd<V> => V.Max(a, b);
    }

    [MethodImpl(VectorWidth.Loop)]
    private static float Reduce<V, TTerm, TOperator>(int count, TTerm term)
        where V : unmanaged, ISimd<V> where TTerm : struct, ILaneTerm where TOperator : struct, IOperator
    {
        float* lanes = stackalloc float[Lanes];
        int whole = count / Lanes * Lanes;
        for (int lane = 0; lane < Lanes; lane += V.Count)
        {
            V reduced = V.Broadcast(TOperator.Identity);
            for (int i = lane; i < whole; i += Lanes)
                reduced = TOperator.Combine(reduced, term.At<V>(i));
            V.Store(reduced, lanes + lane);
        }
        for (int i = whole; i < count; i++)
            Combine<TOperator>(lanes + (i - whole), term.At<Simd1>(i));
        for (int half = Lanes / 2; half > 0; half /= 2)
            for (int lane = 0; lane < half; lane++)
                Combine<TOperator>(lanes + lane, Simd1.Load(lanes + lane + half));
        return lanes[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Combine<TOperator>(float* lane, Simd1 term) where TOperator : struct, IOperator =>
        Simd1.Store(TOperator.Combine(Simd1.Load(lane), term), lane);
}
