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
                    Vector512<float> r0 = Every4(row + p, stride), r1 = Every4(row + stride + p, stride);
                    Vector512<float> r2 = Every4(row + 2 * stride + p, stride),
                        r3 = Every4(row + 3 * stride + p, stride);
                    Vector512<float> low01 = Avx512F.UnpackLow(r0, r1), high01 = Avx512F.UnpackHigh(r0, r1),
                        low23 = Avx512F.UnpackLow(r2, r3), high23 = Avx512F.UnpackHigh(r2, r3);
                    Avx512F.Shuffle(low01, low23, 0x44).Store(column + p * targetStride);
                    Avx512F.Shuffle(low01, low23, 0xEE).Store(column + (p + 1) * targetStride);
                    Avx512F.Shuffle(high01, high23, 0x44).Store(column + (p + 2) * targetStride);
                    Avx512F.Shuffle(high01, high23, 0xEE).Store(column + (p + 3) * targetStride);
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
                Vector128<float> r0 = Vector128.Load(row + p), r1 = Vector128.Load(row + stride + p);
                Vector128<float> r2 = Vector128.Load(row + 2 * stride + p), r3 = Vector128.Load(row + 3 * stride + p);
                (r0, r1, r2, r3) = Transposed(r0, r1, r2, r3);
                r0.Store(column + p * targetStride);
                r1.Store(column + (p + 1) * targetStride);
                r2.Store(column + (p + 2) * targetStride);
                r3.Store(column + (p + 3) * targetStride);
            }
            for (; p < depth; p++)
                Vector128.Create(row[p], row[stride + p], row[2 * stride + p], row[3 * stride + p])
                    .Store(column + p * targetStride);
        }
        for (; j < padded; j++)
            for (nint p = 0; p < depth; p++)
                target[p * targetStride + j] = j < width ? source[j * stride + p] : 0;
    }

    // 4 elements from a row, and from every fourth after it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Every4(float* row, nint stride)
    {
        Vector512<float> v = Vector128.Load(row).ToVector256Unsafe().ToVector512Unsafe();
        v = Avx512F.InsertVector128(v, Vector128.Load(row + 4 * stride), 1);
        v = Avx512F.InsertVector128(v, Vector128.Load(row + 8 * stride), 2);
        return Avx512F.InsertVector128(v, Vector128.Load(row + 12 * stride), 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<float>, Vector128<float>, Vector128<float>, Vector128<float>) Transposed(
        Vector128<float> r0, Vector128<float> r1, Vector128<float> r2, Vector128<float> r3)
    {
        if (!Sse.IsSupported)
            return (Vector128.Create(r0[0], r1[0], r2[0], r3[0]), Vector128.Create(r0[1], r1[1], r2[1], r3[1]),
                    Vector128.Create(r0[2], r1[2], r2[2], r3[2]), Vector128.Create(r0[3], r1[3], r2[3], r3[3]));
        Vector128<float> low01 = Sse.UnpackLow(r0, r1), high01 = Sse.UnpackHigh(r0, r1), low23 = Sse.UnpackLow(r2, r3),
            high23 = Sse.UnpackHigh(r2, r3);
        return (Sse.MoveLowToHigh(low01, low23), Sse.MoveHighToLow(low23, low01), Sse.MoveLowToHigh(high01, high23),
            Sse.MoveHighToLow(high23, high01));
    }
}
