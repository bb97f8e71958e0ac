using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// 12 rows by two vectors: 24 accumulators, two vectors of B and one broadcast of A in registers.
/// The tile for 32 vector registers (AVX-512): 12 x 32. Each
/// accumulator is one chain of fused multiply-adds over k, so every tile shape gives the same bits.
/// </summary>
internal readonly unsafe struct Tile12<V> : ITile where V : unmanaged, ISimd<V>
{
    public static int Rows => 12;
    public static int Columns => 2 * V.Count;

    // A packed [k, 12]; panel of B [k, Columns]; C [12, Columns] by stride, added into if accumulate, else overwritten.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(nint k, float* a, float* panel, float* c, nint cStride, bool accumulate)
    {
        V c0_0, c0_1, c1_0, c1_1, c2_0, c2_1, c3_0, c3_1, c4_0, c4_1, c5_0, c5_1, c6_0, c6_1, c7_0, c7_1, c8_0, c8_1, c9_0, c9_1, c10_0, c10_1, c11_0, c11_1;
        if (accumulate)
        {
            c0_0 = V.Load(c + 0 * cStride); c0_1 = V.Load(c + 0 * cStride + V.Count);
            c1_0 = V.Load(c + 1 * cStride); c1_1 = V.Load(c + 1 * cStride + V.Count);
            c2_0 = V.Load(c + 2 * cStride); c2_1 = V.Load(c + 2 * cStride + V.Count);
            c3_0 = V.Load(c + 3 * cStride); c3_1 = V.Load(c + 3 * cStride + V.Count);
            c4_0 = V.Load(c + 4 * cStride); c4_1 = V.Load(c + 4 * cStride + V.Count);
            c5_0 = V.Load(c + 5 * cStride); c5_1 = V.Load(c + 5 * cStride + V.Count);
            c6_0 = V.Load(c + 6 * cStride); c6_1 = V.Load(c + 6 * cStride + V.Count);
            c7_0 = V.Load(c + 7 * cStride); c7_1 = V.Load(c + 7 * cStride + V.Count);
            c8_0 = V.Load(c + 8 * cStride); c8_1 = V.Load(c + 8 * cStride + V.Count);
            c9_0 = V.Load(c + 9 * cStride); c9_1 = V.Load(c + 9 * cStride + V.Count);
            c10_0 = V.Load(c + 10 * cStride); c10_1 = V.Load(c + 10 * cStride + V.Count);
            c11_0 = V.Load(c + 11 * cStride); c11_1 = V.Load(c + 11 * cStride + V.Count);
        }
        else
        {
            c0_0 = c0_1 = c1_0 = c1_1 = c2_0 = c2_1 = c3_0 = c3_1 = c4_0 = c4_1 = c5_0 = c5_1 = c6_0 = c6_1 = c7_0 = c7_1 = c8_0 = c8_1 = c9_0 = c9_1 = c10_0 = c10_1 = c11_0 = c11_1 = V.Broadcast(0);
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
            x = V.Broadcast(a[6]); c6_0 = V.FusedMultiplyAdd(x, b0, c6_0); c6_1 = V.FusedMultiplyAdd(x, b1, c6_1);
            x = V.Broadcast(a[7]); c7_0 = V.FusedMultiplyAdd(x, b0, c7_0); c7_1 = V.FusedMultiplyAdd(x, b1, c7_1);
            x = V.Broadcast(a[8]); c8_0 = V.FusedMultiplyAdd(x, b0, c8_0); c8_1 = V.FusedMultiplyAdd(x, b1, c8_1);
            x = V.Broadcast(a[9]); c9_0 = V.FusedMultiplyAdd(x, b0, c9_0); c9_1 = V.FusedMultiplyAdd(x, b1, c9_1);
            x = V.Broadcast(a[10]); c10_0 = V.FusedMultiplyAdd(x, b0, c10_0); c10_1 = V.FusedMultiplyAdd(x, b1, c10_1);
            x = V.Broadcast(a[11]); c11_0 = V.FusedMultiplyAdd(x, b0, c11_0); c11_1 = V.FusedMultiplyAdd(x, b1, c11_1);
            panel += 2 * V.Count;
            a += 12;
        }
        V.Store(c0_0, c + 0 * cStride); V.Store(c0_1, c + 0 * cStride + V.Count);
        V.Store(c1_0, c + 1 * cStride); V.Store(c1_1, c + 1 * cStride + V.Count);
        V.Store(c2_0, c + 2 * cStride); V.Store(c2_1, c + 2 * cStride + V.Count);
        V.Store(c3_0, c + 3 * cStride); V.Store(c3_1, c + 3 * cStride + V.Count);
        V.Store(c4_0, c + 4 * cStride); V.Store(c4_1, c + 4 * cStride + V.Count);
        V.Store(c5_0, c + 5 * cStride); V.Store(c5_1, c + 5 * cStride + V.Count);
        V.Store(c6_0, c + 6 * cStride); V.Store(c6_1, c + 6 * cStride + V.Count);
        V.Store(c7_0, c + 7 * cStride); V.Store(c7_1, c + 7 * cStride + V.Count);
        V.Store(c8_0, c + 8 * cStride); V.Store(c8_1, c + 8 * cStride + V.Count);
        V.Store(c9_0, c + 9 * cStride); V.Store(c9_1, c + 9 * cStride + V.Count);
        V.Store(c10_0, c + 10 * cStride); V.Store(c10_1, c + 10 * cStride + V.Count);
        V.Store(c11_0, c + 11 * cStride); V.Store(c11_1, c + 11 * cStride + V.Count);
    }
}
