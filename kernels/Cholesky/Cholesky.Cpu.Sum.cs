using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Cholesky
{
    public static unsafe partial class Cpu
    {
        /// <summary>
        /// The sums of a strip, [rows, columns] of at most <see cref="StripRows"/> by <see cref="Block"/>, in a
        /// thread's own memory. An element's terms of one block are a chain of fused multiply-adds from 0, and these
        /// partial sums are added: some 300 roundings in place of 20,000.
        /// </summary>
        private readonly struct Sum
        {
            private const int Size = StripRows * Block, MostColumns = 32;

            /// <summary>Memory of a strip: its sums, a strip of an operand, and one panel's products.</summary>
            public const int Floats = 2 * Size + StripRows * MostColumns;

            private readonly float* sums, strip, part;
            private readonly int rows, columns;

            public Sum(float* memory, int rows, int columns)
            {
                sums = memory;
                strip = memory + Size;
                part = memory + 2 * Size;
                this.rows = rows;
                this.columns = columns;
                new Span<float>(sums, Size).Clear();
            }

            /// <summary>
            /// Adds rows x depth of an operand, at a stride, times panels of [depth, tile's columns]; meanwhile the
            /// operand's next rows are prefetched.
            /// </summary>
            public void Add<V>(float* source, nint stride, int depth, float* panels, float* next)
                where V : unmanaged, ISimd<V>
            {
                // In the copy the rows lie side by side, whatever their distance was: it may be one that a cache maps
                // to a few places.
                Copy(source, stride, strip, Block, rows, depth);
                int width = Tile<V>.Columns, fetched = 0;
                for (int c = 0; c < columns; c += width)
                {
                    for (; next != null && fetched < rows * Math.Min(columns, c + width) / columns; fetched++)
                        Memory.Prefetch(next + fetched * stride, Block);
                    Tile<V>.Run(rows, width, depth, strip, Block, 1, panels + (nint)c * depth, width, part, width,
                        accumulate: false);
                    AddPart<V>(rows, part, sums + c);
                }
            }

            [MethodImpl(VectorWidth.Loop)]
            private static void AddPart<V>(int rows, float* part, float* sums) where V : unmanaged, ISimd<V>
            {
                int width = Tile<V>.Columns;
                for (int i = 0; i < rows; i++, part += width, sums += Block)
                    for (int c = 0; c < width; c += V.Count)
                        V.Store(V.Load(sums + c) + V.Load(part + c), sums + c);
            }

            /// <summary>Replaces the sums by rows of a matrix, at a stride, less the sums.</summary>
            [MethodImpl(VectorWidth.Loop)]
            public void SubtractFrom<V>(float* source, nint stride) where V : unmanaged, ISimd<V>
            {
                float* sums = this.sums, strip = this.strip;
                Copy(source, stride, strip, Block, rows, columns);
                for (int i = 0; i < Size; i += V.Count)
                    V.Store(V.Load(strip + i) - V.Load(sums + i), sums + i);
            }

            /// <summary>target, at a stride, = the sums times a square of panels [columns, tile's columns].</summary>
            public void StoreTimes<V>(float* square, float* target, nint stride) where V : unmanaged, ISimd<V>
            {
                int width = Tile<V>.Columns;
                for (int c = 0; c < columns; c += width)
                {
                    Tile<V>.Run(rows, width, columns, sums, Block, 1, square + (nint)c * columns, width, part, width,
                        accumulate: false);
                    Copy(part, width, target + c, stride, rows, Math.Min(width, columns - c));
                }
            }

            /// <summary>target, at a stride, = the sums.</summary>
            public void Store(float* target, nint stride) => Copy(sums, Block, target, stride, rows, columns);

            /// <summary>
            /// The same for rows of a block on the diagonal, from its row first on, up to the diagonal.
            /// </summary>
            public void StoreLower(float* target, nint stride, int first)
            {
                for (int i = 0; i < rows; i++)
                    Copy(sums + i * Block, Block, target + i * stride, stride, 1, first + i + 1);
            }

            private static void Copy(float* source, nint sourceStride, float* target, nint targetStride, int rows,
                int columns)
            {
                for (int i = 0; i < rows; i++)
                    Unsafe.CopyBlock(target + i * targetStride, source + i * sourceStride,
                        (uint)columns * sizeof(float));
            }
        }

        /// <summary>
        /// A block on the diagonal, in double, at a stride of <see cref="Block"/>: only its lower half is read and
        /// written.
        /// </summary>
        private static class Triangle
        {
            public static void Load(float* source, nint stride, int width, double[] block)
            {
                for (int i = 0; i < width; i++)
                    for (int j = 0; j <= i; j++)
                        block[i * Block + j] = source[i * stride + j];
            }

            public static void StoreLower(double[] block, int width, float* target, nint stride)
            {
                for (int i = 0; i < width; i++)
                    for (int j = 0; j <= i; j++)
                        target[i * stride + j] = (float)block[i * Block + j];
            }

            /// <summary>Stores the transpose, with zeros below the diagonal.</summary>
            public static void StoreUpper(double[] block, int width, float* target, nint stride)
            {
                for (int i = 0; i < width; i++)
                    for (int j = 0; j < width; j++)
                        target[i * stride + j] = j < i ? 0 : (float)block[j * Block + i];
            }

            /// <summary>
            /// L of the block, whose first pivot is the matrix's pivot number first of n: each column is subtracted
            /// from all that follow.
            /// </summary>
            public static void Factor(int first, int n, int width, double[] block)
            {
                Span<double> column = stackalloc double[Block];
                for (int k = 0; k < width; k++)
                {
                    double root = block[k * Block + k] = Root(first + k, n, block[k * Block + k]);
                    for (int i = k + 1; i < width; i++)
                    {
                        double x = column[i] = block[i * Block + k] /= root;
                        DoubleRow.AddTimes(-x, column[(k + 1)..(i + 1)], block.AsSpan(i * Block + k + 1, i - k));
                    }
                }
            }

            /// <summary>
            /// L^-1 of L, row by row: row i is -1 / l_ii times the sum of the rows above it, each times its l_ik.
            /// </summary>
            public static void Invert(int width, double[] block)
            {
                Span<double> sums = stackalloc double[Block];
                for (int i = 0; i < width; i++)
                {
                    Span<double> row = block.AsSpan(i * Block, i + 1);
                    sums.Clear();
                    for (int k = 0; k < i; k++)
                        DoubleRow.AddTimes(row[k], block.AsSpan(k * Block, k + 1), sums);
                    double inverse = row[i] = 1 / row[i];
                    for (int j = 0; j < i; j++)
                        row[j] = -inverse * sums[j];
                }
            }
        }
    }
}
