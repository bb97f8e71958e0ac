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
    public static unsafe partial class Cpu
    {
        // An A of at most this many elements stays in cache from chunk to chunk, or is packed whole.
        private const int SmallA = 1 << 20;
        // Up to this many rows, packing a transposed B costs more than it saves: at most SwappedSlab terms of the sums
        // and SwappedRows rows of B go by in place.
        private const int FewRows = 256, SwappedSlab = 640, SwappedRows = 120;
        // From this many rows on, a B of at most so many columns and terms is packed once for all threads, some columns
        // each, which then take turns at the rows.
        private const int ManyRows = 4096, FewColumns = 640, FewTerms = 640, PackedColumns = 160, RowChunk = 720;
        // Most columns of one task.
        private const int TaskColumns = 640;
        // From this many columns on, packing A costs less than it saves.
        private const int PackingColumns = 64;
        // The CPU does not prefetch rows of A that are further apart than this, a page.
        private const int FarApart = 1024;
        // What packing an element costs, in multiply-adds.
        private const int PackingCost = 4;
        // Below this many multiply-adds waking a thread costs more than it saves.
        private const long SmallProduct = 200_000;

        [ThreadStatic]
        private static AlignedBuffer? scratch, wholeScratch, stripScratch;

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

            private bool SwapsOperands => transpose == Transpose.B && m <= FewRows;

            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                Blocks blocks = Blocks.Of<V>(k, (long)m * k <= SmallA);
                int wanted = workers.Count == 1 || (long)m * n * k < SmallProduct ? 1 : workers.Count;
                if (wanted > 1 && m >= ManyRows && n <= FewColumns && k <= FewTerms)
                {
                    float* panels = Scratch(k * RoundUp(n, Tile<V>.Columns));
                    workers.Run(Parts(n, PackedColumns), new Packing<V>(this, blocks.Slab, panels));
                    workers.Run(Parts(m, RowChunk), new Rows<V>(this, blocks, panels));
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
                int pieces = m > FewRows ? Parts(best.Columns, TaskColumns) : 1,
                    width = RoundUp(Parts(best.Columns, pieces), V.Count);
                float* whole = null;
                if (blocks.PacksA && (long)m * k <= SmallA && n >= PackingColumns && !SwapsOperands)
                {
                    whole = AlignedBuffer.Reserve(ref wholeScratch, (long)RoundUp(m, Tile<V>.Rows) * k);
                    workers.Run(Parts(m, blocks.Strip), new PackingA<V>(this, blocks, whole));
                }
                workers.Run(Parts(m, best.Rows) * Parts(n, width), new Tasks<V>(this, blocks, whole, best.Rows, width));
            }

            /// <summary>A part is some columns of B.</summary>
            private readonly struct Packing<V>(Kernel kernel, int slab, float* panels) : IPartKernel
                where V : unmanaged, ISimd<V>
            {
                public void Invoke(int part)
                {
                    int column = part * PackedColumns, columns = Math.Min(PackedColumns, kernel.n - column);
                    for (int p = 0; p < kernel.k; p += slab)
                    {
                        int depth = Math.Min(slab, kernel.k - p);
                        kernel.PackB<V>(column, columns, p, depth,
                            panels + (nint)p * RoundUp(kernel.n, Tile<V>.Columns) + (nint)column * depth);
                    }
                }
            }

            /// <summary>A part is some whole rows of C.</summary>
            private readonly struct Rows<V>(Kernel kernel, Blocks blocks, float* panels) : IPartKernel
                where V : unmanaged, ISimd<V>
            {
                public void Invoke(int part)
                {
                    int row = part * RowChunk, rows = Math.Min(RowChunk, kernel.m - row);
                    for (int p = 0; p < kernel.k; p += blocks.Slab)
                        kernel.Sweep<V>(blocks, null, row, rows, 0, kernel.n, p, Math.Min(blocks.Slab, kernel.k - p),
                            panels + (nint)p * RoundUp(kernel.n, Tile<V>.Columns));
                }
            }

            /// <summary>A task is some rows and columns of C.</summary>
            private readonly struct Tasks<V>(Kernel kernel, Blocks blocks, float* whole, int rows, int columns)
                : IPartKernel where V : unmanaged, ISimd<V>
            {
                public void Invoke(int part)
                {
                    int rowTasks = Parts(kernel.m, rows), row = part % rowTasks * rows,
                        column = part / rowTasks * columns;
                    int height = Math.Min(rows, kernel.m - row), width = Math.Min(columns, kernel.n - column);
                    if (kernel.SwapsOperands)
                        kernel.Swapped<V>(row, height, column, width);
                    else
                        kernel.Block<V>(blocks, whole, row, height, column, width);
                }
            }

            /// <summary>A part is some rows of A, which is small and packed whole.</summary>
            private readonly struct PackingA<V>(Kernel kernel, Blocks blocks, float* whole) : IPartKernel
                where V : unmanaged, ISimd<V>
            {
                public void Invoke(int part)
                {
                    int row = part * blocks.Strip, count = Math.Min(blocks.Strip, kernel.m - row);
                    for (int p = 0; p < kernel.k; p += blocks.Slab)
                        kernel.PackA<V>(row, count, p, Math.Min(blocks.Slab, kernel.k - p),
                            kernel.InWhole<V>(whole, row, p, Math.Min(blocks.Slab, kernel.k - p)));
                }
            }

            // A packed whole: a slab after the other, of each the panels of all rows.
            private float* InWhole<V>(float* whole, int row, int p, int depth) where V : unmanaged, ISimd<V> =>
                whole + (nint)p * RoundUp(m, Tile<V>.Rows) + (nint)row * depth;

            // The part of C at (row, column), rows x columns.
            private void Block<V>(Blocks blocks, float* whole, int row, int rows, int column, int columns)
                where V : unmanaged, ISimd<V>
            {
                int chunk = RoundUp(Parts(columns, Parts(columns, blocks.Chunk)), Tile<V>.Columns);
                float* panels = Scratch(blocks.Slab * chunk);
                for (int j = column; j < column + columns; j += chunk)
                    for (int p = 0; p < k; p += blocks.Slab)
                    {
                        int chunkColumns = Math.Min(chunk, column + columns - j), depth = Math.Min(blocks.Slab, k - p);
                        PackB<V>(j, chunkColumns, p, depth, panels);
                        Sweep<V>(blocks, whole, row, rows, j, chunkColumns, p, depth, panels);
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

            // The rows row … row + rows - 1 of A, of them the terms p … p + depth - 1, in panels as high as a tile.
            private void PackA<V>(int row, int rows, int p, int depth, float* panels) where V : unmanaged, ISimd<V>
            {
                if (transpose == Transpose.A)
                    PackColumns<V>(a + (nint)p * m + row, m, depth, rows, panels);
                else
                    for (int i = 0; i < rows; i += Tile<V>.Rows)
                    {
                        int count = Math.Min(Tile<V>.Rows, rows - i);
                        TransposedCopy.Run(a + (nint)(row + i) * k + p, k, depth, count, count,
                            panels + (nint)i * depth, Tile<V>.Rows);
                    }
            }

            // Adds to C at (row, column), rows x columns, the sums' terms p … p + depth - 1; the first ones overwrite
            // unless accumulate.
            private void Sweep<V>(Blocks blocks, float* whole, int row, int rows, int column, int columns, int p,
                int depth, float* panels) where V : unmanaged, ISimd<V>
            {
                float* edge = stackalloc float[Tile<V>.Rows * Tile<V>.Columns],
                    packed = whole == null && blocks.PacksA && columns >= PackingColumns
                        ? AlignedBuffer.Reserve(ref stripScratch, (long)blocks.Strip * blocks.Slab) : null;
                for (int i = 0; i < rows; i += blocks.Strip)
                {
                    int first = row + i, count = Math.Min(blocks.Strip, rows - i);
                    if (packed != null)
                        PackA<V>(first, count, p, depth, packed);
                    if (packed != null || whole != null)
                        Strip<V>(first, count, column, columns, p, depth, panels,
                            packed != null ? packed : InWhole<V>(whole, first, p, depth), depth, 1, Tile<V>.Rows, edge);
                    else if (transpose == Transpose.A)
                        Strip<V>(first, count, column, columns, p, depth, panels, a + (nint)p * m + first, 1, 1, m,
                            edge, hasNext: i + count < rows);
                    else
                        Strip<V>(first, count, column, columns, p, depth, panels, a + (nint)first * k + p, k, k, 1,
                            edge);
                }
            }

            // The same for the rows of a strip of A: rowStep from one tile's rows to the next's, over the tile's rows.
            private void Strip<V>(int row, int rows, int column, int columns, int p, int depth, float* panels, float* a,
                nint panelStep, nint aRow, nint aStep, float* edge, bool hasNext = false) where V : unmanaged, ISimd<V>
            {
                int width = Tile<V>.Columns, height = Tile<V>.Rows;
                // Prefetch the next rows' elements, which lie far from each other.
                int pieces = hasNext && m > FarApart ? Parts(depth * width, columns) : 0;
                float* next = a + rows;
                for (int j = 0; j < columns; j += width)
                {
                    int tileColumns = Math.Min(width, columns - j);
                    float* panel = panels + (nint)j * depth;
                    for (int piece = 0; piece < pieces; piece++, next += m)
                        Memory.Prefetch(next, rows);
                    for (int i = 0; i < rows; i += height)
                    {
                        int tileRows = Math.Min(height, rows - i);
                        float* tileA = a + i * panelStep, tileC = c + (nint)(row + i) * n + column + j;
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
                int slab = Parts(k, Parts(k, SwappedSlab));
                float* panels = Scratch(slab * RoundUp(rows, width) + SwappedRows * width),
                    block = panels + slab * RoundUp(rows, width);
                for (int p = 0; p < k; p += slab)
                {
                    int length = Math.Min(slab, k - p);
                    bool adds = accumulate || p > 0;
                    PackTransposed<V>(a + (nint)row * k + p, k, length, rows, panels);
                    for (int j = column; j < column + columns; j += SwappedRows)
                        for (int i = 0; i < rows; i += width)
                        {
                            int blockRows = Math.Min(SwappedRows, column + columns - j),
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

        // target, panels of [depth, tile's rows], = source [depth, rows] at a stride; what is beyond the rows is left.
        [MethodImpl(VectorWidth.Loop)]
        private static void PackColumns<V>(float* source, nint stride, int depth, int rows, float* target)
            where V : unmanaged, ISimd<V>
        {
            nint panel = (nint)Tile<V>.Rows * depth;
            for (int p = 0; p < depth; p++, source += stride, target += Tile<V>.Rows)
            {
                float* to = target;
                int i = 0;
                for (; i <= rows - Tile<V>.Rows; i += Tile<V>.Rows, to += panel)
                    Unsafe.CopyBlockUnaligned(to, source + i, (uint)(Tile<V>.Rows * sizeof(float)));
                for (; i < rows; i++, to++)
                    *to = source[i];
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
