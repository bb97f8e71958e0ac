using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// 6 rows by two vectors: 12 accumulators, two vectors of B and one broadcast of A in registers.
/// The tile for 16 vector registers (AVX2: 6 x 16, SSE and Arm64: 6 x 8) and for scalars (6 x 2). Each
/// accumulator is one chain of fused multiply-adds over k, so every tile shape gives the same bits.
/// </summary>
internal readonly unsafe struct Tile6<V> : ITile where V : unmanaged, ISimd<V>
{
    public static int Rows => 6;
    public static int Columns => 2 * V.Count;

    // A packed [k, 6]; panel of B [k, Columns]; C [6, Columns] by stride, added into if accumulate, else overwritten.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(nint k, float* a, float* panel, float* c, nint cStride, bool accumulate)
    {
        V c0_0, c0_1, c1_0, c1_1, c2_0, c2_1, c3_0, c3_1, c4_0, c4_1, c5_0, c5_1;
        if (accumulate)
        {
            c0_0 = V.Load(c + 0 * cStride); c0_1 = V.Load(c + 0 * cStride + V.Count);
            c1_0 = V.Load(c + 1 * cStride); c1_1 = V.Load(c + 1 * cStride + V.Count);
            c2_0 = V.Load(c + 2 * cStride); c2_1 = V.Load(c + 2 * cStride + V.Count);
            c3_0 = V.Load(c + 3 * cStride); c3_1 = V.Load(c + 3 * cStride + V.Count);
            c4_0 = V.Load(c + 4 * cStride); c4_1 = V.Load(c + 4 * cStride + V.Count);
            c5_0 = V.Load(c + 5 * cStride); c5_1 = V.Load(c + 5 * cStride + V.Count);
        }
        else
        {
            c0_0 = c0_1 = c1_0 = c1_1 = c2_0 = c2_1 = c3_0 = c3_1 = c4_0 = c4_1 = c5_0 = c5_1 = V.Broadcast(0);
        }
        for (; k > 0; k--)
        {
            V b0 = V.Load(panel), b1 = V.Load(panel + V.Count), x;
            x = V.Broadcast(a[0]); c0_0 = V.FusedMultiplyAdd(x, b0, c0_0); c0_1 = V.FusedMultiplyAdd(x, b1, c0_1);
            x = V.Broadcast(a[1]); c1_0 = V.FusedMultiplyAdd(x, b0, c1_0); c1_1 = V.FusedMultiplyAdd(x, b1, c1_1);
            x = V.Broadcast(a[2]); c2_0 = V.FusedMultiplyAdd(x, b0, c2_0); c2_1 = V.FusedMultiplyAdd(x, b1, c2_1);
            x = V.Broadcast(a[3]); c3_0 = V.FusedMultiplyAdd(x, b0, c3_0); c3_1 = V.FusedMultiplyAdd(x, b1, c3_1);
            x = V.Broadcast(a[4]); c4_0 = V.FusedMultiplyAdd(x, b0, c4_0); c4_1 = V.FusedMultiplyAdd(x, b1, c4_1);
            x = V.Broadcast(a[5]); c5_0 = V.FusedMultiplyAdd(x, b0, c5_0); c5_1 = V.FusedMultiplyAdd(x, b1, c5_1);
            panel += 2 * V.Count;
            a += 6;
        }
        V.Store(c0_0, c + 0 * cStride); V.Store(c0_1, c + 0 * cStride + V.Count);
        V.Store(c1_0, c + 1 * cStride); V.Store(c1_1, c + 1 * cStride + V.Count);
        V.Store(c2_0, c + 2 * cStride); V.Store(c2_1, c + 2 * cStride + V.Count);
        V.Store(c3_0, c + 3 * cStride); V.Store(c3_1, c + 3 * cStride + V.Count);
        V.Store(c4_0, c + 4 * cStride); V.Store(c4_1, c + 4 * cStride + V.Count);
        V.Store(c5_0, c + 5 * cStride); V.Store(c5_1, c + 5 * cStride + V.Count);
    }
}
