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

/// <summary>Which of A's elements lie side by side: those of a row, or those of a column.</summary>
internal interface IOrder
{
    static abstract bool IsByRow { get; }
}

internal readonly struct ByRow : IOrder { public static bool IsByRow => true; }
internal readonly struct ByColumn : IOrder { public static bool IsByRow => false; }

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

    // C [rows, columns] at a stride = A [rows, k] (element (i, p) at a[i aRow + p aStep], of which one is 1) times B
    // [k, columns] (row p at b[p bStep]), added to what C holds if accumulate. Whole vectors of B and C are read and
    // written. C overlaps neither A nor B.
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
        if (aStep == 1)
            Run<TVectors, ByRow>(rows, k, a, aRow, aRow, b, bStep, c, cStride, accumulate);
        else
            Run<TVectors, ByColumn>(rows, k, a, 1, aStep, b, bStep, c, cStride, accumulate);
    }

    private static void Run<TVectors, TOrder>(int rows, nint k, float* a, nint aRow, nint aStride, float* b, nint bStep,
        float* c, nint cStride, bool accumulate)
        where TVectors : struct, ISize
        where TOrder : struct, IOrder
    {
        for (int done; rows > 0; rows -= done, a += done * aRow, c += done * cStride)
        {
            if (V.Count == 16 && rows >= 12)
                Run<Size12, TVectors, TOrder>(k, a, aStride, b, bStep, c, cStride, accumulate, out done);
            else if (V.Count == 16 && rows >= 8)
                Run<Size8, TVectors, TOrder>(k, a, aStride, b, bStep, c, cStride, accumulate, out done);
            else if (rows >= 6)
                Run<Size6, TVectors, TOrder>(k, a, aStride, b, bStep, c, cStride, accumulate, out done);
            else if (rows >= 4)
                Run<Size4, TVectors, TOrder>(k, a, aStride, b, bStep, c, cStride, accumulate, out done);
            else if (rows >= 2)
                Run<Size2, TVectors, TOrder>(k, a, aStride, b, bStep, c, cStride, accumulate, out done);
            else
                Run<Size1, TVectors, TOrder>(k, a, aStride, b, bStep, c, cStride, accumulate, out done);
        }
    }

    // A tile has 1, 2, 4, 6, 8 or 12 rows, so they come in groups, of which the JIT removes those beyond the tile. The
    // stride is from one row of A to the next, or from one column.
    [MethodImpl(VectorWidth.Loop)]
    private static void Run<TRows, TVectors, TOrder>(nint k, float* a, nint stride, float* b, nint bStep, float* c,
        nint cStride, bool accumulate, out int rows)
        where TRows : struct, ISize
        where TVectors : struct, ISize
        where TOrder : struct, IOrder
    {
        rows = TRows.Value;
        V c0_0, c0_1, c1_0, c1_1, c2_0, c2_1, c3_0, c3_1, c4_0, c4_1, c5_0, c5_1, c6_0, c6_1, c7_0, c7_1, c8_0,
            c8_1, c9_0, c9_1, c10_0, c10_1, c11_0, c11_1;
        c0_0 = c0_1 = c1_0 = c1_1 = c2_0 = c2_1 = c3_0 = c3_1 = c4_0 = c4_1 = c5_0 = c5_1 =
            c6_0 = c6_1 = c7_0 = c7_1 = c8_0 = c8_1 = c9_0 = c9_1 = c10_0 = c10_1 = c11_0 = c11_1 = V.Broadcast(0);
        if (accumulate)
        {
            Load<TVectors>(c + 0 * cStride, ref c0_0, ref c0_1);
            if (TRows.Value > 1)
                Load<TVectors>(c + 1 * cStride, ref c1_0, ref c1_1);
            if (TRows.Value > 2)
            {
                Load<TVectors>(c + 2 * cStride, ref c2_0, ref c2_1);
                Load<TVectors>(c + 3 * cStride, ref c3_0, ref c3_1);
            }
            if (TRows.Value > 4)
            {
                Load<TVectors>(c + 4 * cStride, ref c4_0, ref c4_1);
                Load<TVectors>(c + 5 * cStride, ref c5_0, ref c5_1);
            }
            if (TRows.Value > 6)
            {
                Load<TVectors>(c + 6 * cStride, ref c6_0, ref c6_1);
                Load<TVectors>(c + 7 * cStride, ref c7_0, ref c7_1);
            }
            if (TRows.Value > 8)
            {
                Load<TVectors>(c + 8 * cStride, ref c8_0, ref c8_1);
                Load<TVectors>(c + 9 * cStride, ref c9_0, ref c9_1);
                Load<TVectors>(c + 10 * cStride, ref c10_0, ref c10_1);
                Load<TVectors>(c + 11 * cStride, ref c11_0, ref c11_1);
            }
        }
        nint apart = TOrder.IsByRow ? 3 * stride : stride, next = TOrder.IsByRow ? 1 : stride;
        float* a0 = a, a1 = a0 + apart, a2 = a1 + apart, a3 = a2 + apart;
        nint bStep2 = 2 * bStep, bStep3 = 3 * bStep;
        for (; k >= 4; k -= 4)
        {
            Step<TRows, TVectors, TOrder>(0, a0, a1, a2, a3, stride, b,
                ref c0_0, ref c0_1, ref c1_0, ref c1_1, ref c2_0, ref c2_1, ref c3_0, ref c3_1, ref c4_0, ref c4_1,
                ref c5_0, ref c5_1, ref c6_0, ref c6_1, ref c7_0, ref c7_1, ref c8_0, ref c8_1, ref c9_0, ref c9_1,
                ref c10_0, ref c10_1, ref c11_0, ref c11_1);
            Step<TRows, TVectors, TOrder>(1, a0, a1, a2, a3, stride, b + bStep,
                ref c0_0, ref c0_1, ref c1_0, ref c1_1, ref c2_0, ref c2_1, ref c3_0, ref c3_1, ref c4_0, ref c4_1,
                ref c5_0, ref c5_1, ref c6_0, ref c6_1, ref c7_0, ref c7_1, ref c8_0, ref c8_1, ref c9_0, ref c9_1,
                ref c10_0, ref c10_1, ref c11_0, ref c11_1);
            Step<TRows, TVectors, TOrder>(2, a0, a1, a2, a3, stride, b + bStep2,
                ref c0_0, ref c0_1, ref c1_0, ref c1_1, ref c2_0, ref c2_1, ref c3_0, ref c3_1, ref c4_0, ref c4_1,
                ref c5_0, ref c5_1, ref c6_0, ref c6_1, ref c7_0, ref c7_1, ref c8_0, ref c8_1, ref c9_0, ref c9_1,
                ref c10_0, ref c10_1, ref c11_0, ref c11_1);
            Step<TRows, TVectors, TOrder>(3, a0, a1, a2, a3, stride, b + bStep3,
                ref c0_0, ref c0_1, ref c1_0, ref c1_1, ref c2_0, ref c2_1, ref c3_0, ref c3_1, ref c4_0, ref c4_1,
                ref c5_0, ref c5_1, ref c6_0, ref c6_1, ref c7_0, ref c7_1, ref c8_0, ref c8_1, ref c9_0, ref c9_1,
                ref c10_0, ref c10_1, ref c11_0, ref c11_1);
            a0 += 4 * next;
            a1 += 4 * next;
            a2 += 4 * next;
            a3 += 4 * next;
            b += 4 * bStep;
        }
        for (; k > 0; k--)
        {
            Step<TRows, TVectors, TOrder>(0, a0, a1, a2, a3, stride, b,
                ref c0_0, ref c0_1, ref c1_0, ref c1_1, ref c2_0, ref c2_1, ref c3_0, ref c3_1, ref c4_0, ref c4_1,
                ref c5_0, ref c5_1, ref c6_0, ref c6_1, ref c7_0, ref c7_1, ref c8_0, ref c8_1, ref c9_0, ref c9_1,
                ref c10_0, ref c10_1, ref c11_0, ref c11_1);
            a0 += next;
            a1 += next;
            a2 += next;
            a3 += next;
            b += bStep;
        }
        Store<TVectors>(c0_0, c0_1, c + 0 * cStride);
        if (TRows.Value > 1)
            Store<TVectors>(c1_0, c1_1, c + 1 * cStride);
        if (TRows.Value > 2)
        {
            Store<TVectors>(c2_0, c2_1, c + 2 * cStride);
            Store<TVectors>(c3_0, c3_1, c + 3 * cStride);
        }
        if (TRows.Value > 4)
        {
            Store<TVectors>(c4_0, c4_1, c + 4 * cStride);
            Store<TVectors>(c5_0, c5_1, c + 5 * cStride);
        }
        if (TRows.Value > 6)
        {
            Store<TVectors>(c6_0, c6_1, c + 6 * cStride);
            Store<TVectors>(c7_0, c7_1, c + 7 * cStride);
        }
        if (TRows.Value > 8)
        {
            Store<TVectors>(c8_0, c8_1, c + 8 * cStride);
            Store<TVectors>(c9_0, c9_1, c + 9 * cStride);
            Store<TVectors>(c10_0, c10_1, c + 10 * cStride);
            Store<TVectors>(c11_0, c11_1, c + 11 * cStride);
        }
    }

    // One term of the sums, of the four that begin where the pointers are: they point to the rows 0, 3, 6 and 9 of A,
    // or to its columns 0, 1, 2 and 3.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TRows, TVectors, TOrder>(int step, float* a0, float* a1, float* a2, float* a3, nint stride,
        float* b,
        ref V c0_0, ref V c0_1, ref V c1_0, ref V c1_1, ref V c2_0, ref V c2_1, ref V c3_0, ref V c3_1, ref V c4_0,
        ref V c4_1, ref V c5_0, ref V c5_1, ref V c6_0, ref V c6_1, ref V c7_0, ref V c7_1, ref V c8_0, ref V c8_1,
        ref V c9_0, ref V c9_1, ref V c10_0, ref V c10_1, ref V c11_0, ref V c11_1)
        where TRows : struct, ISize
        where TVectors : struct, ISize
        where TOrder : struct, IOrder
    {
        V b0 = V.Load(b), b1 = TVectors.Value > 1 ? V.Load(b + V.Count) : b0;
        nint stride2 = 2 * stride;
        if (TOrder.IsByRow)
        {
            Add<TVectors>(a0[step], b0, b1, ref c0_0, ref c0_1);
            if (TRows.Value > 1)
                Add<TVectors>(a0[stride + step], b0, b1, ref c1_0, ref c1_1);
            if (TRows.Value > 2)
            {
                Add<TVectors>(a0[stride2 + step], b0, b1, ref c2_0, ref c2_1);
                Add<TVectors>(a1[step], b0, b1, ref c3_0, ref c3_1);
            }
            if (TRows.Value > 4)
            {
                Add<TVectors>(a1[stride + step], b0, b1, ref c4_0, ref c4_1);
                Add<TVectors>(a1[stride2 + step], b0, b1, ref c5_0, ref c5_1);
            }
            if (TRows.Value > 6)
            {
                Add<TVectors>(a2[step], b0, b1, ref c6_0, ref c6_1);
                Add<TVectors>(a2[stride + step], b0, b1, ref c7_0, ref c7_1);
            }
            if (TRows.Value > 8)
            {
                Add<TVectors>(a2[stride2 + step], b0, b1, ref c8_0, ref c8_1);
                Add<TVectors>(a3[step], b0, b1, ref c9_0, ref c9_1);
                Add<TVectors>(a3[stride + step], b0, b1, ref c10_0, ref c10_1);
                Add<TVectors>(a3[stride2 + step], b0, b1, ref c11_0, ref c11_1);
            }
        }
        else
        {
            float* column = step == 0 ? a0 : step == 1 ? a1 : step == 2 ? a2 : a3;
            Add<TVectors>(column[0], b0, b1, ref c0_0, ref c0_1);
            if (TRows.Value > 1)
                Add<TVectors>(column[1], b0, b1, ref c1_0, ref c1_1);
            if (TRows.Value > 2)
            {
                Add<TVectors>(column[2], b0, b1, ref c2_0, ref c2_1);
                Add<TVectors>(column[3], b0, b1, ref c3_0, ref c3_1);
            }
            if (TRows.Value > 4)
            {
                Add<TVectors>(column[4], b0, b1, ref c4_0, ref c4_1);
                Add<TVectors>(column[5], b0, b1, ref c5_0, ref c5_1);
            }
            if (TRows.Value > 6)
            {
                Add<TVectors>(column[6], b0, b1, ref c6_0, ref c6_1);
                Add<TVectors>(column[7], b0, b1, ref c7_0, ref c7_1);
            }
            if (TRows.Value > 8)
            {
                Add<TVectors>(column[8], b0, b1, ref c8_0, ref c8_1);
                Add<TVectors>(column[9], b0, b1, ref c9_0, ref c9_1);
                Add<TVectors>(column[10], b0, b1, ref c10_0, ref c10_1);
                Add<TVectors>(column[11], b0, b1, ref c11_0, ref c11_1);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TVectors>(float a, V b0, V b1, ref V c0, ref V c1) where TVectors : struct, ISize
    {
        V x = V.Broadcast(a);
        V.MultiplyAdd(ref c0, x, b0);
        if (TVectors.Value > 1)
            V.MultiplyAdd(ref c1, x, b1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load<TVectors>(float* c, ref V c0, ref V c1) where TVectors : struct, ISize
    {
        c0 = V.Load(c);
        if (TVectors.Value > 1)
            c1 = V.Load(c + V.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TVectors>(V c0, V c1, float* c) where TVectors : struct, ISize
    {
        V.Store(c0, c);
        if (TVectors.Value > 1)
            V.Store(c1, c + V.Count);
    }
}
