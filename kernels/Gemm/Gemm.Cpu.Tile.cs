using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// A number that the JIT knows when it compiles a tile, so that it removes the code for what lies beyond it.
/// </summary>
internal interface ISize
{
    static abstract int Value { get; }
}

internal readonly struct Size1 : ISize { public static int Value => 1; }
internal readonly struct Size2 : ISize { public static int Value => 2; }
internal readonly struct Size4 : ISize { public static int Value => 4; }
internal readonly struct Size6 : ISize { public static int Value => 6; }
internal readonly struct Size8 : ISize { public static int Value => 8; }
internal readonly struct Size12 : ISize { public static int Value => 12; }

/// <summary>
/// The register tile, the inner loop of every product: up to 12 rows by two vectors of C stay in registers while k goes
/// by. A's elements are broadcast from where they lie, B's vectors are read at a stride: neither needs to be packed,
/// but both should be in the second-level cache. Each element of C is one chain of fused multiply-adds over ascending
/// k, so neither the tile's size nor the vector width changes its bits.
/// </summary>
internal static unsafe class Tile<V> where V : unmanaged, ISimd<V>
{
    /// <summary>
    /// Most rows of one tile: with its two columns, 24 of 32 registers with 512 bits, 12 of 16 below.
    /// </summary>
    public static int Rows => V.Count == 16 ? 12 : 6;

    /// <summary>Columns of one tile.</summary>
    public static int Columns => 2 * V.Count;

    // C [rows, columns] at a stride = A [rows, k] (element (i, p) at a[i aRow + p aStep]) times B [k, columns] (row p
    // at b[p bStep]), added to what C holds if accumulate. Whole vectors of B and C are read and written. C overlaps
    // neither A nor B.
    public static void Run(int rows, int columns, nint k, float* a, nint aRow, nint aStep, float* b, nint bStep,
        float* c, nint cStride, bool accumulate)
    {
        if (columns > V.Count)
            Run<Size2>(rows, k, a, aRow, aStep, b, bStep, c, cStride, accumulate);
        else
            Run<Size1>(rows, k, a, aRow, aStep, b, bStep, c, cStride, accumulate);
    }

    private static void Run<TVectors>(int rows, nint k, float* a, nint aRow, nint aStep, float* b, nint bStep, float* c,
        nint cStride, bool accumulate)
        where TVectors : struct, ISize
    {
        for (int done; rows > 0; rows -= done, a += done * aRow, c += done * cStride)
        {
            if (V.Count == 16 && rows >= 12)
                Run<Size12, TVectors>(k, a, aRow, aStep, b, bStep, c, cStride, accumulate, out done);
            else if (V.Count == 16 && rows >= 8)
                Run<Size8, TVectors>(k, a, aRow, aStep, b, bStep, c, cStride, accumulate, out done);
            else if (rows >= 6)
                Run<Size6, TVectors>(k, a, aRow, aStep, b, bStep, c, cStride, accumulate, out done);
            else if (rows >= 4)
                Run<Size4, TVectors>(k, a, aRow, aStep, b, bStep, c, cStride, accumulate, out done);
            else if (rows >= 2)
                Run<Size2, TVectors>(k, a, aRow, aStep, b, bStep, c, cStride, accumulate, out done);
            else
                Run<Size1, TVectors>(k, a, aRow, aStep, b, bStep, c, cStride, accumulate, out done);
        }
    }

    // A tile has 1, 2, 4, 6, 8 or 12 rows, so they come in groups, of which the JIT removes those beyond the tile.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TRows, TVectors>(nint k, float* a, nint aRow, nint aStep, float* b, nint bStep, float* c,
        nint cStride, bool accumulate, out int rows)
        where TRows : struct, ISize
        where TVectors : struct, ISize
    {
        rows = TRows.Value;
        V c0_0, c0_1, c1_0, c1_1, c2_0, c2_1, c3_0, c3_1, c4_0, c4_1, c5_0, c5_1, c6_0, c6_1, c7_0, c7_1, c8_0, c8_1,
            c9_0, c9_1, c10_0, c10_1, c11_0, c11_1;
        c0_0 = c0_1 = c1_0 = c1_1 = c2_0 = c2_1 = c3_0 = c3_1 = c4_0 = c4_1 = c5_0 = c5_1 = c6_0 = c6_1 = c7_0 = c7_1 =
            c8_0 = c8_1 = c9_0 = c9_1 = c10_0 = c10_1 = c11_0 = c11_1 = V.Broadcast(0);
        if (accumulate)
        {
            c0_0 = V.Load(c + 0 * cStride); if (TVectors.Value > 1) c0_1 = V.Load(c + 0 * cStride + V.Count);
            if (TRows.Value > 1)
            {
                c1_0 = V.Load(c + 1 * cStride); if (TVectors.Value > 1) c1_1 = V.Load(c + 1 * cStride + V.Count);
            }
            if (TRows.Value > 2)
            {
                c2_0 = V.Load(c + 2 * cStride); if (TVectors.Value > 1) c2_1 = V.Load(c + 2 * cStride + V.Count);
                c3_0 = V.Load(c + 3 * cStride); if (TVectors.Value > 1) c3_1 = V.Load(c + 3 * cStride + V.Count);
            }
            if (TRows.Value > 4)
            {
                c4_0 = V.Load(c + 4 * cStride); if (TVectors.Value > 1) c4_1 = V.Load(c + 4 * cStride + V.Count);
                c5_0 = V.Load(c + 5 * cStride); if (TVectors.Value > 1) c5_1 = V.Load(c + 5 * cStride + V.Count);
            }
            if (TRows.Value > 6)
            {
                c6_0 = V.Load(c + 6 * cStride); if (TVectors.Value > 1) c6_1 = V.Load(c + 6 * cStride + V.Count);
                c7_0 = V.Load(c + 7 * cStride); if (TVectors.Value > 1) c7_1 = V.Load(c + 7 * cStride + V.Count);
            }
            if (TRows.Value > 8)
            {
                c8_0 = V.Load(c + 8 * cStride); if (TVectors.Value > 1) c8_1 = V.Load(c + 8 * cStride + V.Count);
                c9_0 = V.Load(c + 9 * cStride); if (TVectors.Value > 1) c9_1 = V.Load(c + 9 * cStride + V.Count);
                c10_0 = V.Load(c + 10 * cStride); if (TVectors.Value > 1) c10_1 = V.Load(c + 10 * cStride + V.Count);
                c11_0 = V.Load(c + 11 * cStride); if (TVectors.Value > 1) c11_1 = V.Load(c + 11 * cStride + V.Count);
            }
        }
        nint aRow2 = 2 * aRow;
        float* a3 = a + 3 * aRow, a6 = a + 6 * aRow, a9 = a + 9 * aRow;
        for (; k > 0; k--)
        {
            V b0 = V.Load(b), b1 = TVectors.Value > 1 ? V.Load(b + V.Count) : b0, x;
            x = V.Broadcast(a[0]); c0_0 = V.FusedMultiplyAdd(x, b0, c0_0);
            if (TVectors.Value > 1) c0_1 = V.FusedMultiplyAdd(x, b1, c0_1);
            if (TRows.Value > 1)
            {
                x = V.Broadcast(a[aRow]); c1_0 = V.FusedMultiplyAdd(x, b0, c1_0);
                if (TVectors.Value > 1) c1_1 = V.FusedMultiplyAdd(x, b1, c1_1);
            }
            if (TRows.Value > 2)
            {
                x = V.Broadcast(a[aRow2]); c2_0 = V.FusedMultiplyAdd(x, b0, c2_0);
                if (TVectors.Value > 1) c2_1 = V.FusedMultiplyAdd(x, b1, c2_1);
                x = V.Broadcast(a3[0]); c3_0 = V.FusedMultiplyAdd(x, b0, c3_0);
                if (TVectors.Value > 1) c3_1 = V.FusedMultiplyAdd(x, b1, c3_1);
            }
            if (TRows.Value > 4)
            {
                x = V.Broadcast(a3[aRow]); c4_0 = V.FusedMultiplyAdd(x, b0, c4_0);
                if (TVectors.Value > 1) c4_1 = V.FusedMultiplyAdd(x, b1, c4_1);
                x = V.Broadcast(a3[aRow2]); c5_0 = V.FusedMultiplyAdd(x, b0, c5_0);
                if (TVectors.Value > 1) c5_1 = V.FusedMultiplyAdd(x, b1, c5_1);
            }
            if (TRows.Value > 6)
            {
                x = V.Broadcast(a6[0]); c6_0 = V.FusedMultiplyAdd(x, b0, c6_0);
                if (TVectors.Value > 1) c6_1 = V.FusedMultiplyAdd(x, b1, c6_1);
                x = V.Broadcast(a6[aRow]); c7_0 = V.FusedMultiplyAdd(x, b0, c7_0);
                if (TVectors.Value > 1) c7_1 = V.FusedMultiplyAdd(x, b1, c7_1);
            }
            if (TRows.Value > 8)
            {
                x = V.Broadcast(a6[aRow2]); c8_0 = V.FusedMultiplyAdd(x, b0, c8_0);
                if (TVectors.Value > 1) c8_1 = V.FusedMultiplyAdd(x, b1, c8_1);
                x = V.Broadcast(a9[0]); c9_0 = V.FusedMultiplyAdd(x, b0, c9_0);
                if (TVectors.Value > 1) c9_1 = V.FusedMultiplyAdd(x, b1, c9_1);
                x = V.Broadcast(a9[aRow]); c10_0 = V.FusedMultiplyAdd(x, b0, c10_0);
                if (TVectors.Value > 1) c10_1 = V.FusedMultiplyAdd(x, b1, c10_1);
                x = V.Broadcast(a9[aRow2]); c11_0 = V.FusedMultiplyAdd(x, b0, c11_0);
                if (TVectors.Value > 1) c11_1 = V.FusedMultiplyAdd(x, b1, c11_1);
            }
            a += aStep;
            a3 += aStep;
            a6 += aStep;
            a9 += aStep;
            b += bStep;
        }
        V.Store(c0_0, c + 0 * cStride); if (TVectors.Value > 1) V.Store(c0_1, c + 0 * cStride + V.Count);
        if (TRows.Value > 1)
        {
            V.Store(c1_0, c + 1 * cStride); if (TVectors.Value > 1) V.Store(c1_1, c + 1 * cStride + V.Count);
        }
        if (TRows.Value > 2)
        {
            V.Store(c2_0, c + 2 * cStride); if (TVectors.Value > 1) V.Store(c2_1, c + 2 * cStride + V.Count);
            V.Store(c3_0, c + 3 * cStride); if (TVectors.Value > 1) V.Store(c3_1, c + 3 * cStride + V.Count);
        }
        if (TRows.Value > 4)
        {
            V.Store(c4_0, c + 4 * cStride); if (TVectors.Value > 1) V.Store(c4_1, c + 4 * cStride + V.Count);
            V.Store(c5_0, c + 5 * cStride); if (TVectors.Value > 1) V.Store(c5_1, c + 5 * cStride + V.Count);
        }
        if (TRows.Value > 6)
        {
            V.Store(c6_0, c + 6 * cStride); if (TVectors.Value > 1) V.Store(c6_1, c + 6 * cStride + V.Count);
            V.Store(c7_0, c + 7 * cStride); if (TVectors.Value > 1) V.Store(c7_1, c + 7 * cStride + V.Count);
        }
        if (TRows.Value > 8)
        {
            V.Store(c8_0, c + 8 * cStride); if (TVectors.Value > 1) V.Store(c8_1, c + 8 * cStride + V.Count);
            V.Store(c9_0, c + 9 * cStride); if (TVectors.Value > 1) V.Store(c9_1, c + 9 * cStride + V.Count);
            V.Store(c10_0, c + 10 * cStride); if (TVectors.Value > 1) V.Store(c10_1, c + 10 * cStride + V.Count);
            V.Store(c11_0, c + 11 * cStride); if (TVectors.Value > 1) V.Store(c11_1, c + 11 * cStride + V.Count);
        }
    }
}
