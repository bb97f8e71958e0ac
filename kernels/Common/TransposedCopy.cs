using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace VaeCf.Kernels.Common;

/// <summary>
/// A transposed copy of part of a matrix: target [depth, padded] = source [width, depth] transposed, each at a stride;
/// the padding is zero.
/// </summary>
internal static unsafe class TransposedCopy
{
    [MethodImpl(VectorWidth.Loop)]
    public static void Run(float* source, nint stride, int depth, int width, int padded, float* target,
        nint targetStride)
    {
        int j = 0;
        if (Avx512F.IsSupported)
            for (; j + 16 <= width; j += 16)
            {
                float* row = source + j * stride, column = target + j;
                nint p = 0;
                for (; p + 4 <= depth; p += 4)
                {
                    // Prefetch the next 16 rows.
                    for (int i = 0; i < 4; i++)
                        Sse.Prefetch0(row + (16 + (p & 12) + i) * stride + p);
                    Four<Simd16>(row + p, stride, column + p * targetStride, targetStride);
                }
                for (; p < depth; p++)
                    for (int i = 0; i < 16; i++)
                        column[p * targetStride + i] = row[i * stride + p];
            }
        for (; j + 4 <= width; j += 4)
        {
            float* row = source + j * stride, column = target + j;
            nint p = 0;
            for (; p + 4 <= depth; p += 4)
            {
                Four<Simd4>(row + p, stride, column + p * targetStride, targetStride);
            }
            for (; p < depth; p++)
                Vector128.Create(row[p], row[stride + p], row[2 * stride + p], row[3 * stride + p])
                    .Store(column + p * targetStride);
        }
        for (; j < padded; j++)
            for (nint p = 0; p < depth; p++)
                target[p * targetStride + j] = j < width ? source[j * stride + p] : 0;
    }

    // Four numbers of each of as many rows as a vector has lanes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four<V>(float* rows, nint stride, float* target, nint targetStride)
        where V : unmanaged, ISimd<V>
    {
        V.LoadTransposed(rows, stride, out V v0, out V v1, out V v2, out V v3);
        V.Store(v0, target);
        V.Store(v1, target + targetStride);
        V.Store(v2, target + 2 * targetStride);
        V.Store(v3, target + 3 * targetStride);
    }
}
