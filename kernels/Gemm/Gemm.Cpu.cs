using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gemm
{
    /// <summary>
    /// Single precision with SIMD and threads. C is cut into tasks of rows by columns, one for each thread or, where C
    /// is wide, more. A task packs B, a chunk of columns by a block of k at a time, into panels as wide as the register
    /// tile, and sweeps A over them, 120 rows of C at a time, straight from where it lies, transposed or not. Where A
    /// has thousands of rows, the threads pack a small B once, together, and then share the rows. Where A has few rows,
    /// a transposed B changes places with A: then it is B that is read in place. An element of C is one chain of fused
    /// multiply-adds over k, so neither blocks, tiles, width nor threads change its bits.
    /// </summary>
    public static unsafe class Cpu
    {
        // B is packed a slab at a time: at most KSlab terms of the sums by ColumnChunk columns, 1.6 MB. Each of its
        // panels, 82 KB, stays in the second-level cache for StripRows rows of C.
        private const int KSlab = 640, ColumnChunk = 640, StripRows = 120;
        // An A of at most this many elements stays in cache from chunk to chunk: then chunks are small, so that whole
        // slabs, 410 KB, stay in the second-level cache.
        private const int SmallA = 1 << 20, SmallColumnChunk = 160;
        // Up to this many rows, packing a transposed B costs more than it saves.
        private const int FewRows = 256;
        // From this many rows on, a B of one slab is packed once for all threads, which take turns at the rows.
        private const int ManyRows = 4096, RowChunk = 6 * StripRows;
        // The CPU does not prefetch rows of A that are further apart than this, a page.
        private const int FarApart = 1024;
        // What packing an element costs, in multiply-adds.
        private const int PackingCost = 4;
        // Below this many multiply-adds waking a thread costs more than it saves.
        private const long SmallProduct = 200_000;

        [ThreadStatic]
        private static AlignedBuffer? scratch;

        /// <inheritdoc cref="Reference.Multiply"/>
        /// <param name="workers">Threads to use.</param>
        public static void Multiply(Workers workers, Transpose transpose, int m, int n, int k, ReadOnlySpan<float> a,
            ReadOnlySpan<float> b, Span<float> c)
        {
            if (k == 0)
                c.Clear();
            Run(workers, transpose, m, n, k, a, b, c, accumulate: false);
        }

        /// <inheritdoc cref="Reference.MultiplyAdd"/>
        /// <param name="workers">Threads to use.</param>
        public static void MultiplyAdd(Workers workers, Transpose transpose, int m, int n, int k, ReadOnlySpan<float> a,
            ReadOnlySpan<float> b, Span<float> c) =>
            Run(workers, transpose, m, n, k, a, b, c, accumulate: true);

        private static void Run(Workers workers, Transpose transpose, int m, int n, int k, ReadOnlySpan<float> a,
            ReadOnlySpan<float> b, Span<float> c, bool accumulate)
        {
            Check(m, n, k, a.Length, b.Length, c.Length);
            if (m == 0 || n == 0 || k == 0)
                return;
            fixed (float* pa = a, pb = b, pc = c)
                VectorWidth.Invoke(new Kernel(workers, transpose, m, n, k, pa, pb, pc, accumulate), 0, 0);
        }

        private readonly struct Kernel(Workers workers, Transpose transpose, int m, int n, int k, float* a, float* b,
            float* c, bool accumulate) : IVectorKernel
        {
            private readonly int m = m, n = n, k = k;
            private readonly float* a = a;
            private readonly Transpose transpose = transpose;

            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                int wanted = workers.Count == 1 || (long)m * n * k < SmallProduct ? 1 : workers.Count;
                if (wanted > 1 && m >= ManyRows && n <= ColumnChunk && k <= KSlab)
                {
                    float* panels = Scratch(k * RoundUp(n, Tile<V>.Columns));
                    workers.Run(Parts(n, SmallColumnChunk), new Packing<V>(this, panels));
                    workers.Run(Parts(m, RowChunk), new Rows<V>(this, panels));
                    return;
                }
                // Of the ways to cut, down and across, take the one whose tasks end first. Tasks of fewer rows repeat
                // the packing of B.
                (long Cost, int Rows, int Columns) best = (long.MaxValue, 0, 0);
                for (int down = 1; down <= wanted; down++)
                {
                    int rows = RoundUp(Parts(m, down), Tile<V>.Rows),
                        columns = RoundUp(Parts(n, Parts(wanted, down)), V.Count);
                    long turns = Parts(Parts(m, rows) * Parts(n, columns), workers.Count),
                        cost = turns * (rows + PackingCost) * columns;
                    if (cost < best.Cost)
                        best = (cost, rows, columns);
                }
                // Wide ones are cut further, so that a delayed thread does not keep the others waiting; with few rows
                // that costs up to a tenth.
                int pieces = m > FewRows ? Parts(best.Columns, ColumnChunk) : 1,
                    width = RoundUp(Parts(best.Columns, pieces), V.Count);
                workers.Run(Parts(m, best.Rows) * Parts(n, width), new Tasks<V>(this, best.Rows, width));
            }

            /// <summary>A part is some columns of B, which is one slab.</summary>
            private readonly struct Packing<V>(Kernel kernel, float* panels) : IPartKernel where V : unmanaged, ISimd<V>
            {
                public void Invoke(int part)
                {
                    int column = part * SmallColumnChunk;
                    kernel.PackB<V>(column, Math.Min(SmallColumnChunk, kernel.n - column), 0, kernel.k,
                        panels + (nint)column * kernel.k);
                }
            }

            /// <summary>A part is some whole rows of C.</summary>
            private readonly struct Rows<V>(Kernel kernel, float* panels) : IPartKernel where V : unmanaged, ISimd<V>
            {
                public void Invoke(int part)
                {
                    int row = part * RowChunk;
                    kernel.Sweep<V>(row, Math.Min(RowChunk, kernel.m - row), 0, kernel.n, 0, kernel.k, panels);
                }
            }

            /// <summary>A task is some rows and columns of C.</summary>
            private readonly struct Tasks<V>(Kernel kernel, int rows, int columns) : IPartKernel
                where V : unmanaged, ISimd<V>
            {
                public void Invoke(int part)
                {
                    int rowTasks = Parts(kernel.m, rows), row = part % rowTasks * rows,
                        column = part / rowTasks * columns;
                    int height = Math.Min(rows, kernel.m - row), width = Math.Min(columns, kernel.n - column);
                    if (kernel.transpose == Transpose.B && kernel.m <= FewRows)
                        kernel.Swapped<V>(row, height, column, width);
                    else
                        kernel.Block<V>(row, height, column, width);
                }
            }

            // The part of C at (row, column), rows x columns.
            private void Block<V>(int row, int rows, int column, int columns) where V : unmanaged, ISimd<V>
            {
                int width = Tile<V>.Columns;
                int mostColumns = (long)m * k <= SmallA ? SmallColumnChunk : ColumnChunk;
                int chunk = RoundUp(Parts(columns, Parts(columns, mostColumns)), width),
                    slab = Parts(k, Parts(k, KSlab));
                float* panels = Scratch(slab * chunk);
                for (int j = column; j < column + columns; j += chunk)
                    for (int p = 0; p < k; p += slab)
                    {
                        int chunkColumns = Math.Min(chunk, column + columns - j), length = Math.Min(slab, k - p);
                        PackB<V>(j, chunkColumns, p, length, panels);
                        Sweep<V>(row, rows, j, chunkColumns, p, length, panels);
                    }
            }

            // B's columns column … column + columns - 1, of them the terms p … p + depth - 1.
            private void PackB<V>(int column, int columns, int p, int depth, float* panels)
                where V : unmanaged, ISimd<V>
            {
                if (transpose == Transpose.B)
                    PackTransposed<V>(b + (nint)column * k + p, k, depth, columns, panels);
                else
                    Pack<V>(b + (nint)p * n + column, n, depth, columns, panels);
            }

            // Adds to C at (row, column), rows x columns, the sums' terms p … p + depth - 1; the first ones overwrite
            // unless accumulate.
            private void Sweep<V>(int row, int rows, int column, int columns, int p, int depth, float* panels)
                where V : unmanaged, ISimd<V>
            {
                float* edge = stackalloc float[Tile<V>.Rows * Tile<V>.Columns];
                for (int i = 0; i < rows; i += StripRows)
                    Strip<V>(row + i, rows - i, column, columns, p, depth, panels, edge);
            }

            // The same for the first StripRows of the rows left.
            private void Strip<V>(int row, int left, int column, int columns, int p, int depth, float* panels,
                float* edge) where V : unmanaged, ISimd<V>
            {
                int width = Tile<V>.Columns, height = Tile<V>.Rows, rows = Math.Min(StripRows, left);
                (nint aRow, nint aStep) = transpose == Transpose.A ? ((nint)1, m) : (k, 1);
                float* a = this.a + row * aRow + p * aStep;
                // Prefetch the next rows' elements, which lie far from each other.
                int pieces = transpose == Transpose.A && left > rows && m > FarApart
                    ? Parts(depth * width, columns) : 0;
                float* next = a + StripRows;
                for (int j = 0; j < columns; j += width)
                {
                    int tileColumns = Math.Min(width, columns - j);
                    float* panel = panels + (nint)j * depth;
                    for (int piece = 0; piece < pieces; piece++, next += m)
                        Memory.Prefetch(next, StripRows);
                    for (int i = 0; i < rows; i += height)
                    {
                        int tileRows = Math.Min(height, rows - i);
                        float* tileA = a + i * aRow, tileC = c + (nint)(row + i) * n + column + j;
                        if (tileColumns % V.Count == 0)
                            Tile<V>.Run(tileRows, tileColumns, depth, tileA, aRow, aStep, panel, width, tileC, n,
                                accumulate || p > 0);
                        else
                        {
                            // A tile that overhangs C is computed whole, aside.
                            if (accumulate || p > 0)
                                Copy(tileC, n, edge, width, tileRows, tileColumns);
                            Tile<V>.Run(tileRows, tileColumns, depth, tileA, aRow, aStep, panel, width, edge, width,
                                accumulate || p > 0);
                            Copy(edge, width, tileC, n, tileRows, tileColumns);
                        }
                    }
                }
            }

            // The part of C at (row, column) of few rows, for a transposed B: C^T = B A^T. B's rows, which lie in
            // place, go by for the panels of A^T, which stay in the second-level cache, and C^T is gathered aside, some
            // of its rows by a panel's width.
            private void Swapped<V>(int row, int rows, int column, int columns) where V : unmanaged, ISimd<V>
            {
                int width = Tile<V>.Columns, height = Tile<V>.Rows;
                int slab = Parts(k, Parts(k, KSlab));
                float* panels = Scratch(slab * RoundUp(rows, width) + StripRows * width),
                    block = panels + slab * RoundUp(rows, width);
                for (int p = 0; p < k; p += slab)
                {
                    int length = Math.Min(slab, k - p);
                    bool adds = accumulate || p > 0;
                    PackTransposed<V>(a + (nint)row * k + p, k, length, rows, panels);
                    for (int j = column; j < column + columns; j += StripRows)
                        for (int i = 0; i < rows; i += width)
                        {
                            int blockRows = Math.Min(StripRows, column + columns - j),
                                blockColumns = Math.Min(width, rows - i);
                            float* panel = panels + (nint)i * length, tileC = c + (nint)(row + i) * n + j;
                            if (adds)
                                TransposedCopy.Run(tileC, n, blockRows, blockColumns, width, block, width);
                            for (int r = 0, fetched = 0; r < blockRows; r += height)
                            {
                                // Prefetch C's rows, which lie far from each other, and the next of B.
                                for (; fetched < Math.Min(blockColumns, (r + height) * blockColumns / blockRows);
                                     fetched++)
                                    Memory.Prefetch(tileC + (nint)fetched * n, blockRows);
                                for (int next = r + height; i == 0 && next < r + 2 * height; next++)
                                    Memory.Prefetch(b + (nint)(j + next) * k + p, length);
                                Tile<V>.Run(Math.Min(height, blockRows - r), blockColumns, length,
                                    b + (nint)(j + r) * k + p, k, 1, panel, width, block + r * width, width, adds);
                            }
                            TransposedCopy.Run(block, width, blockColumns, blockRows, blockRows, tileC, n);
                        }
                }
            }
        }

        private static int Parts(int length, int part) => (length + part - 1) / part;

        private static int RoundUp(int value, int multiple) => Parts(value, multiple) * multiple;

        private static void Copy(float* source, nint sourceStride, float* target, nint targetStride, int height,
            int width)
        {
            for (int i = 0; i < height; i++)
                Unsafe.CopyBlock(target + i * targetStride, source + i * sourceStride, (uint)width * sizeof(float));
        }

        // target, panels of [depth, tile's columns] one after the other, = source [depth, columns] at a stride, the
        // last one filled up with zeros. Row by row, as the memory lies.
        [MethodImpl(VectorWidth.Loop)]
        private static void Pack<V>(float* source, nint stride, int depth, int columns, float* target)
            where V : unmanaged, ISimd<V>
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

        // The same panels of source [columns, depth] at a stride.
        private static void PackTransposed<V>(float* source, nint stride, int depth, int columns, float* target)
            where V : unmanaged, ISimd<V>
        {
            int width = Tile<V>.Columns;
            for (int j = 0; j < columns; j += width)
                TransposedCopy.Run(source + j * stride, stride, depth, Math.Min(width, columns - j), width,
                    target + (nint)j * depth, width);
        }

        private static float* Scratch(long length) => AlignedBuffer.Reserve(ref scratch, length);
    }
}
