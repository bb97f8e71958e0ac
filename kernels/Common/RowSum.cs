using System.Runtime.CompilerServices;

namespace VaeCf.Kernels.Common;

/// <summary>The terms of a weighted sum of rows: how many, where each row of floats lies, and its weight.</summary>
internal unsafe interface IRowTerms
{
    int Count { get; }
    float* Row(int k);
    float Weight(int k);
}

/// <summary>Terms that are rows of one matrix.</summary>
/// <param name="count">How many.</param>
/// <param name="rows">Their rows.</param>
/// <param name="weights">Their weights.</param>
/// <param name="matrix">The matrix, or a column of it.</param>
/// <param name="stride">Floats from one row to the next.</param>
internal readonly unsafe struct MatrixRows(int count, int* rows, float* weights, float* matrix, int stride) : IRowTerms
{
    public int Count => count;
    public float* Row(int k) => matrix + (nint)rows[k] * stride;
    public float Weight(int k) => weights[k];
}

/// <summary>
/// y = sum over k of weight(k) * row(k), one chain of fused multiply-adds per element in ascending k, from 0 or from
/// what y holds. The columns are cut into strips that stay in registers while the terms go by.
/// </summary>
internal static unsafe class RowSum
{
    // 8 vectors hide the latency of the multiply-add (4 cycles, two a cycle) and fit the 16 registers of AVX2 and
    // Arm64.
    private const int Vectors = 8;

    /// <summary>The sum from 0. The last strip overlaps the one before it and writes the same bits again.</summary>
    /// <param name="terms">Rows of <paramref name="columns"/> floats, and their weights.</param>
    /// <param name="columns">Floats of a row and of the output.</param>
    /// <param name="output">Is overwritten, and lies in no row.</param>
    public static void Sum<V, T>(T terms, int columns, float* output)
        where V : unmanaged, ISimd<V>
        where T : struct, IRowTerms
    {
        int wide = Vectors * V.Count;
        if (columns >= wide)
        {
            for (int c = 0; c < columns; c += wide)
                WideStrip<V, T, Zero>(terms, Math.Min(c, columns - wide), output);
        }
        else if (columns >= V.Count)
        {
            for (int c = 0; c < columns; c += V.Count)
                Strip<V, T, Zero>(terms, Math.Min(c, columns - V.Count), output);
        }
        else
        {
            for (int c = 0; c < columns; c++)
                Strip<Simd1, T, Zero>(terms, c, output);
        }
    }

    /// <summary>The sum from what the output holds.</summary>
    /// <inheritdoc cref="Sum"/>
    [MethodImpl(VectorWidth.Loop)]
    public static void Add<V, T>(T terms, int columns, float* output)
        where V : unmanaged, ISimd<V>
        where T : struct, IRowTerms
    {
        if (terms.Count == 0)
            return;
        int c = 0;
        for (; c <= columns - Vectors * V.Count; c += Vectors * V.Count)
            WideStrip<V, T, Held>(terms, c, output);
        for (; c <= columns - V.Count; c += V.Count)
            Strip<V, T, Held>(terms, c, output);
        for (; c < columns; c++)
            Strip<Simd1, T, Held>(terms, c, output);
    }

    /// <summary>What a sum begins with.</summary>
    private interface IStart
    {
        static abstract V Of<V>(float* output) where V : unmanaged, ISimd<V>;
    }

    private readonly struct Zero : IStart
    {
        public static V Of<V>(float* output) where V : unmanaged, ISimd<V> => V.Broadcast(0);
    }

    private readonly struct Held : IStart
    {
        public static V Of<V>(float* output) where V : unmanaged, ISimd<V> => V.Load(output);
    }

    [MethodImpl(VectorWidth.Loop)]
    private static void WideStrip<V, T, TStart>(T terms, int column, float* output)
        where V : unmanaged, ISimd<V>
        where T : struct, IRowTerms
        where TStart : struct, IStart
    {
        output += column;
        V s0 = TStart.Of<V>(output), s1 = TStart.Of<V>(output + V.Count), s2 = TStart.Of<V>(output + 2 * V.Count),
            s3 = TStart.Of<V>(output + 3 * V.Count), s4 = TStart.Of<V>(output + 4 * V.Count),
            s5 = TStart.Of<V>(output + 5 * V.Count), s6 = TStart.Of<V>(output + 6 * V.Count),
            s7 = TStart.Of<V>(output + 7 * V.Count);
        for (int k = 0; k < terms.Count; k++)
        {
            V weight = V.Broadcast(terms.Weight(k));
            float* row = terms.Row(k) + column;
            V.MultiplyAdd(ref s0, weight, V.Load(row));
            V.MultiplyAdd(ref s1, weight, V.Load(row + V.Count));
            V.MultiplyAdd(ref s2, weight, V.Load(row + 2 * V.Count));
            V.MultiplyAdd(ref s3, weight, V.Load(row + 3 * V.Count));
            V.MultiplyAdd(ref s4, weight, V.Load(row + 4 * V.Count));
            V.MultiplyAdd(ref s5, weight, V.Load(row + 5 * V.Count));
            V.MultiplyAdd(ref s6, weight, V.Load(row + 6 * V.Count));
            V.MultiplyAdd(ref s7, weight, V.Load(row + 7 * V.Count));
        }
        V.Store(s0, output);
        V.Store(s1, output + V.Count);
        V.Store(s2, output + 2 * V.Count);
        V.Store(s3, output + 3 * V.Count);
        V.Store(s4, output + 4 * V.Count);
        V.Store(s5, output + 5 * V.Count);
        V.Store(s6, output + 6 * V.Count);
        V.Store(s7, output + 7 * V.Count);
    }

    [MethodImpl(VectorWidth.Loop)]
    private static void Strip<V, T, TStart>(T terms, int column, float* output)
        where V : unmanaged, ISimd<V>
        where T : struct, IRowTerms
        where TStart : struct, IStart
    {
        V sum = TStart.Of<V>(output + column);
        for (int k = 0; k < terms.Count; k++)
            V.MultiplyAdd(ref sum, V.Broadcast(terms.Weight(k)), V.Load(terms.Row(k) + column));
        V.Store(sum, output + column);
    }
}
