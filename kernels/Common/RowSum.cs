using System.Runtime.CompilerServices;

namespace VaeCf.Kernels.Common;

/// <summary>The terms of a weighted sum of rows: how many, where each row of floats lies, and its weight.</summary>
internal unsafe interface IRowTerms
{
    int Count { get; }
    float* Row(int k);
    float Weight(int k);
}

/// <summary>
/// y = sum over k of weight(k) * row(k), one chain of fused multiply-adds per element from 0 in ascending k. The
/// columns are cut into strips that stay in registers while the terms go by; the last strip overlaps the one before it
/// and writes the same bits again. Called by SparseGemm and Bias, which cut their outputs over threads.
/// </summary>
internal static unsafe class RowSum
{
    // 8 vectors hide the latency of the multiply-add (4 cycles, two a cycle) and fit the 16 registers of AVX2 and
    // Arm64.
    private const int Vectors = 8;

    /// <summary>
    /// Rows and output: <paramref name="columns"/> floats each; the output is overwritten and lies in no row.
    /// </summary>
    public static void Sum<V, T>(T terms, int columns, float* output)
        where V : unmanaged, ISimd<V>
        where T : struct, IRowTerms
    {
        int wide = Vectors * V.Count;
        if (columns >= wide)
        {
            for (int c = 0; c < columns; c += wide)
                WideStrip<V, T>(terms, Math.Min(c, columns - wide), output);
        }
        else if (columns >= V.Count)
        {
            for (int c = 0; c < columns; c += V.Count)
                Strip<V, T>(terms, Math.Min(c, columns - V.Count), output);
        }
        else
        {
            for (int c = 0; c < columns; c++)
                Strip<Simd1, T>(terms, c, output);
        }
    }

    [MethodImpl(VectorWidth.Loop)]
    private static void WideStrip<V, T>(T terms, int column, float* output)
        where V : unmanaged, ISimd<V>
        where T : struct, IRowTerms
    {
        V s0 = V.Broadcast(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
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
        output += column;
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
    private static void Strip<V, T>(T terms, int column, float* output)
        where V : unmanaged, ISimd<V>
        where T : struct, IRowTerms
    {
        V sum = V.Broadcast(0);
        for (int k = 0; k < terms.Count; k++)
            V.MultiplyAdd(ref sum, V.Broadcast(terms.Weight(k)), V.Load(terms.Row(k) + column));
        V.Store(sum, output + column);
    }
}
