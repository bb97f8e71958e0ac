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
                    Simd16.LoadTransposed(row + p, stride, out Simd16 v0, out Simd16 v1, out Simd16 v2, out Simd16 v3);
                    Simd16.Store(v0, column + p * targetStride);
                    Simd16.Store(v1, column + (p + 1) * targetStride);
                    Simd16.Store(v2, column + (p + 2) * targetStride);
                    Simd16.Store(v3, column + (p + 3) * targetStride);
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
                Simd4.LoadTransposed(row + p, stride, out Simd4 v0, out Simd4 v1, out Simd4 v2, out Simd4 v3);
                Simd4.Store(v0, column + p * targetStride);
                Simd4.Store(v1, column + (p + 1) * targetStride);
                Simd4.Store(v2, column + (p + 2) * targetStride);
                Simd4.Store(v3, column + (p + 3) * targetStride);
            }
            for (; p < depth; p++)
                Vector128.Create(row[p], row[stride + p], row[2 * stride + p], row[3 * stride + p])
                    .Store(column + p * targetStride);
        }
        for (; j < padded; j++)
            for (nint p = 0; p < depth; p++)
                target[p * targetStride + j] = j < width ? source[j * stride + p] : 0;
    }
}
