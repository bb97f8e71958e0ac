using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gemm
{
    /// <summary>
    /// Single precision with SIMD and threads. C is cut into tasks of rows by columns. A task packs B, a chunk of columns by a block of
    /// k at a time, into panels as wide as the register tile, and sweeps the rows of A over them, 120 at a time, straight from where they
    /// lie (packed too, if A is transposed). A transposed B changes places with A: then B is what lies in place. An
    /// element of C is one chain of fused multiply-adds over k, so neither blocks, tiles, width nor threads change its bits.
    /// </summary>
    public static unsafe class Cpu
    {
        // B is packed a slab at a time: at most KSlab terms of the sums by ColumnChunk columns, 1.6 MB. Each of its panels, 82 KB, stays in the
        // second-level cache for StripRows rows of A.
        private const int KSlab = 640, ColumnChunk = 640;
        // Rows of C, and of a transposed A packed at once: pieces of its rows of 480 bytes, 10 strips.
        private const int StripRows = 120;
        // Rows of A packed at once against a transposed B: panels of at most 512 x 640, 1.3 MB, of which those of a task stay in cache.
        private const int RowChunk = 512;
        // Tasks per thread that even out their finish.
        private const int TasksPerThread = 2;
        // A side that is shorter is cut only where the other cannot be.
        private const int SmallestCut = 192;
        // Below this many multiply-adds waking a thread costs more than it saves.
        private const long SmallProduct = 200_000;

        [ThreadStatic]
        private static AlignedBuffer? scratch;

        /// <summary>C = op(A) op(B); arguments as for <see cref="Reference.Multiply"/>.</summary>
        /// <param name="workers">Threads to use.</param>
        /// <param name="transpose">Which operand is transposed.</param>
        /// <param name="m">Rows of C.</param>
        /// <param name="n">Columns of C.</param>
        /// <param name="k">Length of the sums.</param>
        /// <param name="a">M x K values, [M, K] or, transposed, [K, M].</param>
        /// <param name="b">K x N values, [K, N] or, transposed, [N, K].</param>
        /// <param name="c">M x N values, overwritten; overlaps neither a nor b.</param>
        /// <exception cref="ArgumentException">A length is not the product of its sizes.</exception>
        public static void Multiply(Workers workers, Transpose transpose, int m, int n, int k, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c)
        {
            if (k == 0)
                c.Clear();
            Run(workers, transpose, m, n, k, a, b, c, accumulate: false);
        }

        /// <summary>C += op(A) op(B): each sum goes on from what C holds.</summary>
        /// <param name="workers">Threads to use.</param>
        /// <param name="transpose">Which operand is transposed.</param>
        /// <param name="m">Rows of C.</param>
        /// <param name="n">Columns of C.</param>
        /// <param name="k">Length of the sums.</param>
        /// <param name="a">M x K values, [M, K] or, transposed, [K, M].</param>
        /// <param name="b">K x N values, [K, N] or, transposed, [N, K].</param>
        /// <param name="c">M x N values, added to; overlaps neither a nor b.</param>
        /// <exception cref="ArgumentException">A length is not the product of its sizes.</exception>
        public static void MultiplyAdd(Workers workers, Transpose transpose, int m, int n, int k, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c) =>
            Run(workers, transpose, m, n, k, a, b, c, accumulate: true);

        private static void Run(Workers workers, Transpose transpose, int m, int n, int k, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c, bool accumulate)
        {
            Check(m, n, k, a.Length, b.Length, c.Length);
            if (m == 0 || n == 0 || k == 0)
                return;
            fixed (float* pa = a, pb = b, pc = c)
                VectorWidth.Invoke(new Kernel(workers, transpose, m, n, k, pa, pb, pc, accumulate), 0, 0);
        }

        private readonly struct Kernel(Workers workers, Transpose transpose, int m, int n, int k, float* a, float* b, float* c, bool accumulate) : IVectorKernel
        {
            private readonly int m = m, n = n;
            private readonly Transpose transpose = transpose;

            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                int wanted = workers.Count == 1 || (long)m * n * k < SmallProduct ? 1 : workers.Count * TasksPerThread;
                int height = Tile<V>.Rows, width = Tile<V>.Columns, rows = RoundUp(m, height), columns = RoundUp(n, width);
                // Tasks of fewer rows repeat the work on B, of fewer columns that on A: cut what repeats less, to pieces not too small.
                while (Parts(m, rows) * Parts(n, columns) < wanted && (rows > height || columns > width))
                    if ((rows > height && (m > n ? rows > SmallestCut : columns <= SmallestCut)) || columns <= width)
                        rows = RoundUp(rows / 2, height);
                    else
                        columns = RoundUp(columns / 2, width);
                workers.Run(Parts(m, rows) * Parts(n, columns), new Tasks<V>(this, rows, columns));
            }

            /// <summary>A task is some rows and columns of C.</summary>
            private readonly struct Tasks<V>(Kernel kernel, int rows, int columns) : IPartKernel where V : unmanaged, ISimd<V>
            {
                public void Invoke(int part)
                {
                    int rowTasks = Parts(kernel.m, rows), row = part % rowTasks * rows, column = part / rowTasks * columns;
                    int height = Math.Min(rows, kernel.m - row), width = Math.Min(columns, kernel.n - column);
                    if (kernel.transpose == Transpose.B)
                        kernel.Swapped<V>(row, height, column, width);
                    else
                        kernel.Block<V>(row, height, column, width);
                }
            }

            // The part of C at (row, column), rows x columns.
            private void Block<V>(int row, int rows, int column, int columns) where V : unmanaged, ISimd<V>
            {
                int width = Tile<V>.Columns, height = Tile<V>.Rows;
                int chunk = RoundUp(Parts(columns, Parts(columns, ColumnChunk)), width), slab = Parts(k, Parts(k, KSlab));
                float* panels = Scratch(slab * chunk + slab * StripRows + height * width), strips = panels + slab * chunk, edge = strips + slab * StripRows;
                for (int j = column; j < column + columns; j += chunk)
                    for (int p = 0; p < k; p += slab)
                    {
                        int chunkColumns = Math.Min(chunk, column + columns - j), length = Math.Min(slab, k - p);
                        Pack<V>(b + (nint)p * n + j, n, length, chunkColumns, panels);
                        for (int i = 0; i < rows; i += StripRows)
                            Strips<V>(row + i, Math.Min(StripRows, rows - i), j, chunkColumns, p, length, panels, strips, edge);
                    }
            }

            // Adds to C at (row, column), at most StripRows x columns, the sums' terms p … p + depth - 1; the first ones overwrite unless accumulate.
            private void Strips<V>(int row, int rows, int column, int columns, int p, int depth, float* panels, float* strips, float* edge)
                where V : unmanaged, ISimd<V>
            {
                int width = Tile<V>.Columns, height = Tile<V>.Rows;
                if (transpose == Transpose.A)
                    PackStrips(a + (nint)p * m + row, m, depth, rows, height, strips);
                (nint aRow, nint aStep) = transpose == Transpose.A ? (1, height) : ((nint)k, (nint)1);
                // The next strips' rows, pieces far from each other, come nearer meanwhile.
                int pieces = transpose == Transpose.A ? Parts(depth * width, columns) : 0;
                float* next = a + (nint)p * m + row + StripRows;
                for (int j = 0; j < columns; j += width)
                {
                    int tileColumns = Math.Min(width, columns - j);
                    float* panel = panels + (nint)j * depth;
                    for (int piece = 0; piece < pieces; piece++, next += m)
                        Memory.Prefetch(next, StripRows);
                    for (int i = 0; i < rows; i += height)
                    {
                        int tileRows = Math.Min(height, rows - i);
                        float* tileA = transpose == Transpose.A ? strips + i * depth : a + (nint)(row + i) * k + p, tileC = c + (nint)(row + i) * n + column + j;
                        if (tileColumns == width)
                            Tile<V>.Run(tileRows, width, depth, tileA, aRow, aStep, panel, width, tileC, n, accumulate || p > 0);
                        else
                        {
                            // A tile that overhangs C is computed whole, aside.
                            Copy(tileC, n, edge, width, tileRows, tileColumns);
                            Tile<V>.Run(tileRows, tileColumns, depth, tileA, aRow, aStep, panel, width, edge, width, accumulate || p > 0);
                            Copy(edge, width, tileC, n, tileRows, tileColumns);
                        }
                    }
                }
            }

            // The part of C at (row, column) for a transposed B: C^T = B A^T. B's rows, which lie in place, go by for the panels of A^T, which
            // stay in the second-level cache, and C^T is gathered aside, some of its rows by a panel's width.
            private void Swapped<V>(int row, int rows, int column, int columns) where V : unmanaged, ISimd<V>
            {
                int width = Tile<V>.Columns, height = Tile<V>.Rows;
                int chunk = RoundUp(Parts(rows, Parts(rows, RowChunk)), width), slab = Parts(k, Parts(k, KSlab));
                float* panels = Scratch(slab * chunk + StripRows * width), block = panels + slab * chunk;
                for (int i = row; i < row + rows; i += chunk)
                    for (int p = 0; p < k; p += slab)
                    {
                        int end = Math.Min(i + chunk, row + rows), length = Math.Min(slab, k - p);
                        bool adds = accumulate || p > 0;
                        for (int u = i; u < end; u += width)
                            TransposedCopy.Run(a + (nint)u * k + p, k, length, Math.Min(width, end - u), width, panels + (nint)(u - i) * length, width);
                        for (int j = column; j < column + columns; j += StripRows)
                            for (int u = i; u < end; u += width)
                            {
                                int blockRows = Math.Min(StripRows, column + columns - j), blockColumns = Math.Min(width, end - u);
                                float* tileC = c + (nint)u * n + j;
                                if (adds)
                                    TransposedCopy.Run(tileC, n, blockRows, blockColumns, width, block, width);
                                for (int r = 0, fetched = 0; r < blockRows; r += height)
                                {
                                    // C's rows, pieces far from each other, come nearer meanwhile.
                                    for (; fetched < Math.Min(blockColumns, (r + height) * blockColumns / blockRows); fetched++)
                                        Memory.Prefetch(tileC + (nint)fetched * n, blockRows);
                                    Tile<V>.Run(Math.Min(height, blockRows - r), blockColumns, length, b + (nint)(j + r) * k + p, k, 1,
                                        panels + (nint)(u - i) * length, width, block + r * width, width, adds);
                                }
                                TransposedCopy.Run(block, width, blockColumns, blockRows, blockRows, tileC, n);
                            }
                    }
            }
        }

        private static int Parts(int length, int part) => (length + part - 1) / part;

        private static int RoundUp(int value, int multiple) => Parts(value, multiple) * multiple;

        private static void Copy(float* source, nint sourceStride, float* target, nint targetStride, int height, int width)
        {
            for (int i = 0; i < height; i++)
                Unsafe.CopyBlock(target + i * targetStride, source + i * sourceStride, (uint)width * sizeof(float));
        }

        // target, panels of [depth, tile's columns] one after the other, = source [depth, columns] at a stride, the last one filled up with zeros.
        // Row by row, as the memory lies.
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Pack<V>(float* source, nint stride, int depth, int columns, float* target) where V : unmanaged, ISimd<V>
        {
            int width = Tile<V>.Columns;
            nint panel = (nint)width * depth;
            for (int p = 0; p < depth; p++, source += stride, target += width)
            {
                float* to = target;
                int j = 0;
                for (; j <= columns - width; j += width, to += panel)
                {
                    V.Store(V.Load(source + j), to);
                    V.Store(V.Load(source + j + V.Count), to + V.Count);
                }
                if (j < columns)
                {
                    new ReadOnlySpan<float>(source + j, columns - j).CopyTo(new Span<float>(to, width));
                    new Span<float>(to + columns - j, width - columns + j).Clear();
                }
            }
        }

        // target, strips of [depth, height] one after the other, = source [depth, width] at a stride; the last strip's rest stays as it is.
        private static void PackStrips(float* source, nint stride, int depth, int width, int height, float* target)
        {
            for (int p = 0; p < depth; p++, source += stride, target += height)
                for (int i = 0; i < width; i += height)
                    new ReadOnlySpan<float>(source + i, Math.Min(height, width - i)).CopyTo(new Span<float>(target + (nint)i * depth, height));
        }

        private static float* Scratch(long length) => AlignedBuffer.Reserve(ref scratch, length);
    }
}
