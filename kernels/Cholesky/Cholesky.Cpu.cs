using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Cholesky
{
    /// <summary>
    /// Single precision with SIMD and threads, in place: besides the matrix it needs the memory of one row of blocks.
    /// The matrix is cut into square blocks. All three passes, the factor, the inverse of the factor (which stands
    /// transposed above the diagonal) and the inverse itself, are the same step, block column by block column: sums
    /// over blocks of rows times rows, read in place (<see cref="Sum"/>). Blocks on the diagonal are computed in double
    /// (<see cref="Triangle"/>). Threads cut rows, so neither their number nor the vector width changes a bit.
    /// </summary>
    public static unsafe partial class Cpu
    {
        // A whole number of register tiles, 6 or 12 by 2 vectors, at every width; a block and a strip of each kind, 300
        // KB, stay in the second-level cache.
        private const int Block = 192;
        // Rows that one part takes at a time, half a block: more parts than threads for a thousand rows, and each block
        // of columns is used 96 times.
        private const int StripRows = Block / 2;

        [ThreadStatic]
        private static AlignedBuffer? scratch;

        /// <inheritdoc cref="Reference.Factor"/>
        /// <param name="workers">Threads, over rows.</param>
        /// <param name="n"><inheritdoc cref="Reference.Factor" path="/param[@name='n']"/></param>
        /// <param name="a"><inheritdoc cref="Reference.Factor" path="/param[@name='a']"/></param>
        /// <param name="progress">Receives the share that is done, up to 1, after each block column.</param>
        /// <param name="cancellation">Ends the work between two block columns; a then is neither A nor L.</param>
        /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
        public static void Factor(Workers workers, int n, Span<float> a, IProgress<double>? progress = null,
            CancellationToken cancellation = default) =>
            Run(workers, n, a, inverse: false, progress, cancellation);

        /// <inheritdoc cref="Reference.Inverse"/>
        /// <param name="workers">Threads, over rows.</param>
        /// <param name="n"><inheritdoc cref="Reference.Inverse" path="/param[@name='n']"/></param>
        /// <param name="a"><inheritdoc cref="Reference.Inverse" path="/param[@name='a']"/></param>
        /// <param name="progress">Receives the share that is done, up to 1, after each block column.</param>
        /// <param name="cancellation">Ends the work between two block columns; a then is neither L nor P.</param>
        /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
        public static void Inverse(Workers workers, int n, Span<float> a, IProgress<double>? progress = null,
            CancellationToken cancellation = default) =>
            Run(workers, n, a, inverse: true, progress, cancellation);

        private static void Run(Workers workers, int n, Span<float> a, bool inverse, IProgress<double>? progress,
            CancellationToken cancellation)
        {
            Check(n, a.Length);
            using var panels = new AlignedBuffer((long)RoundUp(n, Block) * Block);
            using var square = new AlignedBuffer(Block * Block);
            fixed (float* p = a)
                VectorWidth.Invoke(new Kernel(workers, n, p, panels.Pointer, square.Pointer, inverse, progress,
                    cancellation), 0, 0);
        }

        private readonly struct Kernel(Workers workers, int n, float* a, float* panels, float* square, bool inverse,
            IProgress<double>? progress,
            CancellationToken cancellation) : IVectorKernel
        {
            private readonly int n = n, blocks = Parts(n, Block);
            private readonly float* a = a, panels = panels, square = square;

            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                var corner = new double[Block * Block];
                var done = new Share(progress, cancellation, (double)blocks * (blocks + 1) * (blocks + 2) /
                    (inverse ? 3 : 6));
                if (!inverse)
                    for (int j = 0; j < blocks; j++)
                    {
                        Factor<V>(j, corner);
                        done.Add((blocks - j) * (j + 1.0));
                    }
                else
                {
                    for (int j = 0; j < blocks; j++)
                    {
                        InvertFactor<V>(j, corner);
                        done.Add((j + 1) * (j + 2) / 2.0);
                    }
                    for (int j = 0; j < blocks; j++)
                    {
                        Multiply<V>(j);
                        done.Add((blocks - j) * (blocks - j + 1) / 2.0);
                    }
                }
            }

            // Block column j of L. Below the diagonal it is the rest of A, less products of what stands left of it,
            // times L_jj^-T.
            private void Factor<V>(int j, double[] corner) where V : unmanaged, ISimd<V>
            {
                int start = j * Block, width = Width(j);
                // 1. The rows of block j, transposed: what all rows are multiplied by.
                Pack<V>(j, 0, j);
                // 2. The block on the diagonal, and its factor.
                workers.Run(Parts(width, StripRows), new FactorStrips<V>(this, j, start, start + width));
                Triangle.Load(a + (nint)start * n + start, n, width, corner);
                Triangle.Factor(start, n, width, corner);
                Triangle.StoreLower(corner, width, a + (nint)start * n + start, n);
                // 3. The rows below it.
                Triangle.Invert(width, corner);
                PackSquare<V>(corner, width, 1);
                workers.Run(Parts(n - start - width, StripRows), new FactorStrips<V>(this, j, start + width, n));
            }

            // Block column j of U = L^-T, above the diagonal: u_ij = -(sum over i <= k < j of u_ik l_jk^T) u_jj. L_jj
            // is not needed again: the block on the diagonal becomes U_jj with zeros below.
            private void InvertFactor<V>(int j, double[] corner) where V : unmanaged, ISimd<V>
            {
                int start = j * Block, width = Width(j);
                Pack<V>(j, 0, j);
                Triangle.Load(a + (nint)start * n + start, n, width, corner);
                Triangle.Invert(width, corner);
                Triangle.StoreUpper(corner, width, a + (nint)start * n + start, n);
                PackSquare<V>(corner, width, -1);
                workers.Run(Parts(start, StripRows), new InvertStrips<V>(this, j));
            }

            // Block column j of P = U U^T, below the diagonal where L stood, and its transpose, block row j, where U
            // stood, which is no longer needed.
            private void Multiply<V>(int j) where V : unmanaged, ISimd<V>
            {
                Pack<V>(j, j, blocks);
                workers.Run(Parts(n - j * Block, StripRows), new MultiplyStrips<V>(this, j));
                workers.Run(Parts(n - j * Block - Width(j), StripRows), new Mirroring(this, j));
            }

            private int Width(int block) => Math.Min(Block, n - block * Block);

            // The panels of the blocks from … to - 1 of block row j: each block transposed, in panels as wide as the
            // register tile.
            private void Pack<V>(int j, int from, int to) where V : unmanaged, ISimd<V> =>
                workers.Run(to - from, new Packing<V>(this, j, from));

            private float* Panels<V>(int j, int k) where V : unmanaged, ISimd<V> =>
                panels + (nint)k * Block * RoundUp(Width(j), Tile<V>.Columns);

            // The panels of a block of the diagonal, L_jj^-T, times a factor.
            private void PackSquare<V>(double[] corner, int width, float factor) where V : unmanaged, ISimd<V>
            {
                for (int p = 0; p < width; p++)
                    for (int c = 0; c < RoundUp(width, Tile<V>.Columns); c++)
                    {
                        int panel = c / Tile<V>.Columns * Tile<V>.Columns;
                        square[panel * width + p * Tile<V>.Columns + c % Tile<V>.Columns] =
                            p <= c && c < width ? factor * (float)corner[c * Block + p] : 0;
                    }
            }

            private readonly struct Packing<V>(Kernel kernel, int j, int from) : IPartKernel
                where V : unmanaged, ISimd<V>
            {
                public void Invoke(int part)
                {
                    int k = from + part, depth = kernel.Width(k), rows = kernel.Width(j), width = Tile<V>.Columns;
                    float* source = kernel.a + (nint)j * Block * kernel.n + k * Block, target = kernel.Panels<V>(j, k);
                    for (int c = 0; c < rows; c += width)
                        TransposedCopy.Run(source + (nint)c * kernel.n, kernel.n, depth, Math.Min(width, rows - c),
                            width, target + (nint)c * depth, width);
                }
            }

            /// <summary>
            /// A part is some rows of first … end - 1 in block column j of L; on the diagonal they are still to be
            /// factored.
            /// </summary>
            private readonly struct FactorStrips<V>(Kernel kernel, int j, int first, int end) : IPartKernel
                where V : unmanaged, ISimd<V>
            {
                public void Invoke(int part)
                {
                    int row = first + part * StripRows, start = j * Block, width = kernel.Width(j);
                    var sum = new Sum(AlignedBuffer.Reserve(ref scratch, Sum.Floats), Math.Min(StripRows, end - row),
                        width);
                    kernel.Products<V>(sum, row, j, 0, j);
                    float* target = kernel.a + (nint)row * kernel.n + start;
                    sum.SubtractFrom<V>(target, kernel.n);
                    if (first > start)
                        sum.StoreTimes<V>(kernel.square, target, kernel.n);
                    else
                        sum.StoreLower(target, kernel.n, row - start);
                }
            }

            /// <summary>A part is some rows above block j of block column j of U.</summary>
            private readonly struct InvertStrips<V>(Kernel kernel, int j) : IPartKernel where V : unmanaged, ISimd<V>
            {
                public void Invoke(int part)
                {
                    int row = part * StripRows;
                    var sum = new Sum(AlignedBuffer.Reserve(ref scratch, Sum.Floats), StripRows, kernel.Width(j));
                    kernel.Products<V>(sum, row, j, row / Block, j);
                    sum.StoreTimes<V>(kernel.square, kernel.a + (nint)row * kernel.n + j * Block, kernel.n);
                }
            }

            /// <summary>A part is some rows from block j on of block column j of P.</summary>
            private readonly struct MultiplyStrips<V>(Kernel kernel, int j) : IPartKernel where V : unmanaged, ISimd<V>
            {
                public void Invoke(int part)
                {
                    int start = j * Block, row = start + part * StripRows, n = kernel.n;
                    var sum = new Sum(AlignedBuffer.Reserve(ref scratch, Sum.Floats), Math.Min(StripRows, n - row),
                        kernel.Width(j));
                    kernel.Products<V>(sum, row, j, row / Block, kernel.blocks);
                    sum.Store(kernel.a + (nint)row * n + start, n);
                }
            }

            /// <summary>A part is some rows below block j of block column j, copied to block row j.</summary>
            private readonly struct Mirroring(Kernel kernel, int j) : IPartKernel
            {
                public void Invoke(int part)
                {
                    int n = kernel.n, start = j * Block, row = start + Block + part * StripRows,
                        rows = Math.Min(StripRows, n - row);
                    TransposedCopy.Run(kernel.a + (nint)row * n + start, n, Block, rows, rows,
                        kernel.a + (nint)start * n + row, n);
                }
            }

            // Adds to the sums the products of the rows from row on with those of block row j, over the block columns
            // from … to - 1.
            private void Products<V>(Sum sum, int row, int j, int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int k = from; k < to; k++)
                {
                    float* rows = a + (nint)row * n + k * Block;
                    sum.Add<V>(rows, n, Width(k), Panels<V>(j, k), next: k + 1 < to ? rows + Block : null);
                }
            }
        }

        /// <summary>How much of the work is done, for whoever asked.</summary>
        private struct Share(IProgress<double>? progress, CancellationToken cancellation, double whole)
        {
            private double done;

            public void Add(double work)
            {
                done += work;
                progress?.Report(done / whole);
                if (done < whole)
                    cancellation.ThrowIfCancellationRequested();
            }
        }

        private static int Parts(int length, int part) => (length + part - 1) / part;

        private static int RoundUp(int value, int multiple) => Parts(value, multiple) * multiple;
    }
}
