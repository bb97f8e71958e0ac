using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>A register tile: the inner loop of a product, for one vector width.</summary>
internal unsafe interface ITile
{
    static abstract int Rows { get; }
    static abstract int Columns { get; }
    static abstract void Run(nint k, float* a, float* panel, float* c, nint cStride, bool accumulate);
}

public static partial class Gemm
{
    /// <summary>
    /// Single precision with SIMD and threads. C is cut into tasks of rows by columns. A task walks K in blocks; for each it
    /// packs A into panels as high as the register tile and B into panels as wide, and runs the tile on each pair. An
    /// element of C is one chain of fused multiply-adds over k, so neither blocks, tiles, width nor threads change its bits.
    /// </summary>
    public static unsafe class Cpu
    {
        // K-block: a panel (KBlock x 32 floats, 39 KB) stays in a 48 KB first-level cache; half of K = 600, the usual hidden layer.
        private const int KBlock = 304;
        // Rows of A a task packs: 504 x KBlock floats, 613 KB, over half of a 1 MB second-level cache.
        private const int RowBlock = 504;
        // Tasks per thread that even out their finish.
        private const int TasksPerThread = 2;
        // Packing an element across its rows costs about as much as copying this many along them.
        private const long TransposeCost = 8;
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
            switch (VectorWidth.Bits)
            {
                case 512: Multiply<Tile12<Simd16>>(workers, transpose, m, n, k, a, b, c); break;
                case 256: Multiply<Tile6<Simd8>>(workers, transpose, m, n, k, a, b, c); break;
                case 128: Multiply<Tile6<Simd4>>(workers, transpose, m, n, k, a, b, c); break;
                default: Multiply<Tile6<Simd1>>(workers, transpose, m, n, k, a, b, c); break;
            }
        }

        internal static void Multiply<T>(Workers workers, Transpose transpose, int m, int n, int k, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c)
            where T : struct, ITile
        {
            Check(m, n, k, a.Length, b.Length, c.Length);
            if (k == 0)
                c.Clear();
            if (m == 0 || n == 0 || k == 0)
                return;
            int wantedTasks = (long)m * n * k < SmallProduct ? 1 : workers.Count * TasksPerThread;
            int rows = Math.Min(RoundUp(m, T.Rows), RowBlock), columns = RoundUp(n, T.Columns);
            // More row tasks pack B more often, more column tasks A: split where that costs less.
            long packA = m * (transpose == Transpose.A ? 1 : TransposeCost), packB = n * (transpose == Transpose.B ? TransposeCost : 1);
            while (Tasks(m, rows) * Tasks(n, columns) < wantedTasks && (rows > T.Rows || columns > T.Columns))
                if (columns > T.Columns && (rows == T.Rows || packA * Tasks(n, columns) < packB * Tasks(m, rows)))
                    columns = RoundUp(columns / 2, T.Columns);
                else
                    rows = RoundUp(rows / 2, T.Rows);

            int rowTasks = Tasks(m, rows);
            fixed (float* fixedA = a, fixedB = b, fixedC = c)
            {
                float* pa = fixedA, pb = fixedB, pc = fixedC;
                var size = (m, n, k);
                workers.Run(rowTasks * Tasks(n, columns), task =>
                {
                    int row = task % rowTasks * rows, column = task / rowTasks * columns;
                    Block<T>(transpose, size, pa, pb, pc, row, Math.Min(rows, size.m - row), column, Math.Min(columns, size.n - column));
                });
            }
        }

        private static int Tasks(int length, int block) => (length + block - 1) / block;

        private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;

        // The part of C at (row, column), rows x columns.
        private static void Block<T>(Transpose transpose, (int M, int N, int K) size, float* a, float* b, float* c, int row, int rows, int column, int columns)
            where T : struct, ITile
        {
            (int m, int n, int k) = size;
            int packedA = RoundUp(rows, T.Rows) * KBlock, panelSize = KBlock * T.Columns;
            float* packA = Scratch(packedA + panelSize + T.Rows * T.Columns), panel = packA + packedA, edge = panel + panelSize;
            for (int p = 0; p < k; p += KBlock)
            {
                int depth = Math.Min(KBlock, k - p);
                for (int i = 0; i < rows; i += T.Rows)
                    if (transpose == Transpose.A)
                        Pack(a + (nint)p * m + row + i, m, depth, Math.Min(T.Rows, rows - i), T.Rows, packA + (nint)i * KBlock);
                    else
                        PackTransposed(a + (nint)(row + i) * k + p, k, depth, Math.Min(T.Rows, rows - i), T.Rows, packA + (nint)i * KBlock);
                for (int j = 0; j < columns; j += T.Columns)
                {
                    int width = Math.Min(T.Columns, columns - j);
                    if (transpose == Transpose.B)
                        PackTransposed(b + (nint)(column + j) * k + p, k, depth, width, T.Columns, panel);
                    else
                        Pack(b + (nint)p * n + column + j, n, depth, width, T.Columns, panel);
                    for (int i = 0; i < rows; i += T.Rows)
                    {
                        float* tileA = packA + (nint)i * KBlock, tileC = c + (nint)(row + i) * n + column + j;
                        int height = Math.Min(T.Rows, rows - i);
                        if (height == T.Rows && width == T.Columns)
                            T.Run(depth, tileA, panel, tileC, n, p > 0);
                        else
                        {
                            // A tile that overhangs C is computed whole, aside.
                            Copy(tileC, n, edge, T.Columns, height, width);
                            T.Run(depth, tileA, panel, edge, T.Columns, p > 0);
                            Copy(edge, T.Columns, tileC, n, height, width);
                        }
                    }
                }
            }
        }

        private static void Copy(float* source, nint sourceStride, float* target, nint targetStride, int height, int width)
        {
            for (int i = 0; i < height; i++)
                Unsafe.CopyBlock(target + i * targetStride, source + i * sourceStride, (uint)width * sizeof(float));
        }

        // target [depth, padded] = source [depth, width] at a stride, the rest zero.
        private static void Pack(float* source, nint stride, int depth, int width, int padded, float* target)
        {
            for (int p = 0; p < depth; p++, source += stride, target += padded)
            {
                new ReadOnlySpan<float>(source, width).CopyTo(new Span<float>(target, width));
                new Span<float>(target + width, padded - width).Clear();
            }
        }

        // target [depth, padded] = source [width, depth] at a stride, transposed, the rest zero.
        private static void PackTransposed(float* source, nint stride, int depth, int width, int padded, float* target)
        {
            int j = 0;
            for (; j + 4 <= width; j += 4)
            {
                float* row = source + j * stride, column = target + j;
                nint p = 0;
                for (; p + 4 <= depth; p += 4)
                {
                    Vector128<float> r0 = Vector128.Load(row + p), r1 = Vector128.Load(row + stride + p);
                    Vector128<float> r2 = Vector128.Load(row + 2 * stride + p), r3 = Vector128.Load(row + 3 * stride + p);
                    (r0, r1, r2, r3) = Transposed(r0, r1, r2, r3);
                    r0.Store(column + p * padded);
                    r1.Store(column + (p + 1) * padded);
                    r2.Store(column + (p + 2) * padded);
                    r3.Store(column + (p + 3) * padded);
                }
                for (; p < depth; p++)
                    Vector128.Create(row[p], row[stride + p], row[2 * stride + p], row[3 * stride + p]).Store(column + p * padded);
            }
            for (; j < padded; j++)
                for (nint p = 0; p < depth; p++)
                    target[p * padded + j] = j < width ? source[j * stride + p] : 0;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static (Vector128<float>, Vector128<float>, Vector128<float>, Vector128<float>) Transposed(
            Vector128<float> r0, Vector128<float> r1, Vector128<float> r2, Vector128<float> r3)
        {
            if (!Sse.IsSupported)
                return (Vector128.Create(r0[0], r1[0], r2[0], r3[0]), Vector128.Create(r0[1], r1[1], r2[1], r3[1]),
                        Vector128.Create(r0[2], r1[2], r2[2], r3[2]), Vector128.Create(r0[3], r1[3], r2[3], r3[3]));
            Vector128<float> low01 = Sse.UnpackLow(r0, r1), high01 = Sse.UnpackHigh(r0, r1), low23 = Sse.UnpackLow(r2, r3), high23 = Sse.UnpackHigh(r2, r3);
            return (Sse.MoveLowToHigh(low01, low23), Sse.MoveHighToLow(low23, low01), Sse.MoveLowToHigh(high01, high23), Sse.MoveHighToLow(high23, high01));
        }

        private static float* Scratch(int length)
        {
            if (scratch is null || scratch.Length < length)
            {
                scratch?.Dispose();
                scratch = new AlignedBuffer(length);
            }
            return scratch.Pointer;
        }
    }
}
