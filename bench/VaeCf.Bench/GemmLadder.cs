using VaeCf.Kernels.Common;

namespace VaeCf.Bench;

/// <summary>
/// The dense product C [M, N] = A [M, K] B [K, N], row-major, a little faster from method to method. They are meant to
/// be read: each is the one before it with one more idea. What comes next, the register tile, is
/// <see cref="Kernels.Gemm.Cpu"/>.
/// </summary>
internal static unsafe class GemmLadder
{
    // A block of B, KBlock x NBlock floats: 512 KB, within a second-level cache; rows long enough for the inner loop to
    // run well.
    private const int KBlock = 64, NBlock = 2_048;

    public delegate void Product(int m, int n, int k, float* a, float* b, float* c);

    /// <summary>
    /// As in a textbook. The inner loop walks down a column of B: each number is from another cache line.
    /// </summary>
    public static void Naive(int m, int n, int k, float* a, float* b, float* c)
    {
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++)
            {
                float sum = 0;
                for (int p = 0; p < k; p++)
                    sum += a[(long)i * k + p] * b[(long)p * n + j];
                c[(long)i * n + j] = sum;
            }
    }

    /// <summary>
    /// The loops over j and p exchanged: the inner one walks along a row of B and of C. All of B passes by for each row
    /// of A.
    /// </summary>
    public static void Reordered(int m, int n, int k, float* a, float* b, float* c)
    {
        new Span<float>(c, m * n).Clear();
        for (int i = 0; i < m; i++)
            for (int p = 0; p < k; p++)
            {
                float x = a[(long)i * k + p];
                float* rowB = b + (long)p * n, rowC = c + (long)i * n;
                for (int j = 0; j < n; j++)
                    rowC[j] += x * rowB[j];
            }
    }

    /// <summary>The inner loop takes a whole vector of columns with each instruction.</summary>
    public static void Vectorised(int m, int n, int k, float* a, float* b, float* c) =>
        InBlocks(m, n, k, k, n, a, b, c);

    /// <summary>The same, block by block of B: while it lies in cache, all rows of A use it.</summary>
    public static void Blocked(int m, int n, int k, float* a, float* b, float* c) =>
        InBlocks(m, n, k, KBlock, NBlock, a, b, c);

    /// <summary>
    /// Four vectors of columns at a time: their part of B is copied to lie together, and the sums stay in registers
    /// from the first p to the last. C is written once; each multiply-add loads one vector of B and nothing else.
    /// </summary>
    public static void Packed(int m, int n, int k, float* a, float* b, float* c) =>
        VectorWidth.Invoke(new PackedPanels(m, n, k, a, b, c), 0, n);

    private static void InBlocks(int m, int n, int k, int kBlock, int nBlock, float* a, float* b, float* c)
    {
        new Span<float>(c, m * n).Clear();
        for (int q = 0; q < k; q += kBlock)
            for (int j = 0; j < n; j += nBlock)
                for (int i = 0; i < m; i++)
                    for (int p = q; p < Math.Min(q + kBlock, k); p++)
                        VectorWidth.Invoke(new AddRow(a[(long)i * k + p], b + (long)p * n, c + (long)i * n), j,
                            Math.Min(j + nBlock, n));
    }

    // c[from … to - 1] += x b[from … to - 1].
    private readonly struct AddRow(float x, float* b, float* c) : IVectorKernel
    {
        public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
        {
            float* source = b, target = c;
            V factor = V.Broadcast(x);
            int j = from;
            for (; j <= to - V.Count; j += V.Count)
                V.Store(V.FusedMultiplyAdd(factor, V.Load(source + j), V.Load(target + j)), target + j);
            for (; j < to; j++)
                target[j] += x * source[j];
        }
    }

    private readonly struct PackedPanels(int m, int n, int k, float* a, float* b, float* c) : IVectorKernel
    {
        public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
        {
            int width = 4 * V.Count;
            using var packed = new AlignedBuffer((long)k * width);
            using var sums = new AlignedBuffer(width);
            for (int j = from; j < to; j += width)
            {
                int columns = Math.Min(width, to - j);
                for (int p = 0; p < k; p++)
                    new Span<float>(b + (long)p * n + j, columns)
                        .CopyTo(new Span<float>(packed.Pointer + (long)p * width, width));
                for (int i = 0; i < m; i++)
                {
                    Row<V>(a + (long)i * k, packed.Pointer, sums.Pointer);
                    new Span<float>(sums.Pointer, columns).CopyTo(new Span<float>(c + (long)i * n + j, columns));
                }
            }
        }

        private void Row<V>(float* rowA, float* panel, float* sums) where V : unmanaged, ISimd<V>
        {
            V c0 = V.Broadcast(0), c1 = c0, c2 = c0, c3 = c0;
            for (int p = 0; p < k; p++, panel += 4 * V.Count)
            {
                V x = V.Broadcast(rowA[p]);
                c0 = V.FusedMultiplyAdd(x, V.Load(panel), c0);
                c1 = V.FusedMultiplyAdd(x, V.Load(panel + V.Count), c1);
                c2 = V.FusedMultiplyAdd(x, V.Load(panel + 2 * V.Count), c2);
                c3 = V.FusedMultiplyAdd(x, V.Load(panel + 3 * V.Count), c3);
            }
            V.Store(c0, sums);
            V.Store(c1, sums + V.Count);
            V.Store(c2, sums + 2 * V.Count);
            V.Store(c3, sums + 3 * V.Count);
        }
    }
}
