using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Dropout
{
    /// <summary>
    /// Float, vectors and threads. Same bits for every vector width and number of threads; masks are the reference's.
    /// </summary>
    public static unsafe class Cpu
    {
        // Worth a part of their own, some 5 us of work: rows of 70 clicks each, elements drawn, and elements
        // multiplied.
        private const int RowsPerPart = 16, DrawsPerPart = 4_096, ElementsPerPart = 32_768;

        /// <inheritdoc cref="Reference.Clicks"/>
        /// <param name="workers">Threads, over rows.</param>
        /// <exception cref="ArgumentException">The row starts do not rise from 0 to N, or a length is
        /// wrong.</exception>
        /// <exception cref="ArgumentOutOfRangeException"><paramref name="keep"/> is not in (0, 1].</exception>
        public static void Clicks(Workers workers, RandomStream stream, double keep, ReadOnlySpan<int> rowStarts,
            ReadOnlySpan<int> users, ReadOnlySpan<int> items, Span<float> values)
        {
            CheckKeep(keep);
            Shape.RowStarts(users.Length, rowStarts, items.Length);
            Shape.Dense(nameof(values), values.Length, 1, items.Length);
            double threshold = keep * 4294967296.0;
            fixed (int* pStarts = rowStarts, pUsers = users, pItems = items)
            fixed (float* pValues = values)
            {
                int* starts = pStarts, user = pUsers, item = pItems;
                float* value = pValues;
                workers.RunRanges(users.Length, RowsPerPart, (from, to) =>
                {
                    for (int row = from; row < to; row++)
                        for (int i = starts[row]; i < starts[row + 1]; i++)
                            value[i] = value[i]
                                * (stream.Block((uint)user[row], (uint)item[i]).X0 < threshold ? 1 : 0) / (float)keep;
                });
            }
        }

        /// <inheritdoc cref="Reference.DenseMask"/>
        /// <param name="workers">Threads, over rows.</param>
        /// <exception cref="ArgumentException"><paramref name="mask"/> is not C x I.</exception>
        /// <exception cref="ArgumentOutOfRangeException"><paramref name="keep"/> is not in (0, 1].</exception>
        public static void DenseMask(Workers workers, RandomStream stream, double keep, int rows, int columns,
            Span<float> mask)
        {
            CheckKeep(keep);
            Shape.Dense(nameof(mask), mask.Length, rows, columns);
            uint greatest = (uint)(Math.Ceiling(keep * 4294967296.0) - 1);
            bool wide = VectorWidth.Bits >= 256;
            fixed (float* pMask = mask)
            {
                float* start = pMask;
                workers.RunRanges(rows, DrawsPerPart / Math.Max(columns, 1), (from, to) =>
                {
                    for (int row = from; row < to; row++)
                        DrawRow(stream, (uint)row, columns, greatest, wide, start + (long)row * columns);
                });
            }
        }

        /// <summary>
        /// Block p of the row gives the elements p of its four quarters; the last quarter may be shorter.
        /// </summary>
        private static void DrawRow(RandomStream stream, uint row, int columns, uint greatest, bool wide, float* mask)
        {
            int quarter = (columns + 3) / 4, p = 0;
            if (wide)
                for (; p + 8 <= columns - 3 * quarter; p += 8)
                {
                    Vector256<ulong> positions = Vector256.Create((ulong)p) + Vector256.Create(0UL, 1, 2, 3);
                    (Vector256<ulong> a0, Vector256<ulong> a1, Vector256<ulong> a2, Vector256<ulong> a3) =
                        stream.Blocks(row, positions);
                    (Vector256<ulong> b0, Vector256<ulong> b1, Vector256<ulong> b2, Vector256<ulong> b3) =
                        stream.Blocks(row, positions + Vector256.Create(4UL));
                    Kept(a0, b0, greatest).Store(mask + p);
                    Kept(a1, b1, greatest).Store(mask + quarter + p);
                    Kept(a2, b2, greatest).Store(mask + 2 * quarter + p);
                    Kept(a3, b3, greatest).Store(mask + 3 * quarter + p);
                }
            for (; p < quarter; p++)
            {
                (uint w0, uint w1, uint w2, uint w3) = stream.Block(row, (uint)p);
                mask[p] = w0 <= greatest ? 1 : 0;
                if (quarter + p < columns)
                    mask[quarter + p] = w1 <= greatest ? 1 : 0;
                if (2 * quarter + p < columns)
                    mask[2 * quarter + p] = w2 <= greatest ? 1 : 0;
                if (3 * quarter + p < columns)
                    mask[3 * quarter + p] = w3 <= greatest ? 1 : 0;
            }
        }

        private static Vector256<float> Kept(Vector256<ulong> first, Vector256<ulong> second, uint greatest) =>
            Vector256.LessThanOrEqual(Vector256.Narrow(first, second), Vector256.Create(greatest)).AsSingle()
                & Vector256<float>.One;

        /// <inheritdoc cref="Reference.Apply"/>
        /// <param name="workers">Threads, over elements.</param>
        /// <param name="mask">The same length, 0 or 1.</param>
        /// <param name="y">The same length, overwritten; x itself or apart from it.</param>
        /// <exception cref="ArgumentException">The lengths differ.</exception>
        /// <exception cref="ArgumentOutOfRangeException"><paramref name="keep"/> is not in (0, 1].</exception>
        public static void Apply(Workers workers, ReadOnlySpan<float> x, ReadOnlySpan<float> mask, float keep,
            Span<float> y)
        {
            CheckKeep(keep);
            Shape.Dense(nameof(mask), mask.Length, 1, x.Length);
            Shape.Dense(nameof(y), y.Length, 1, x.Length);
            fixed (float* pX = x, pMask = mask, pY = y)
                VectorWidth.RunElementwise(workers, x.Length, ElementsPerPart, new ApplyKernel(keep, pX, pMask, pY));
        }

        private static void CheckKeep(double keep)
        {
            if (!(keep > 0 && keep <= 1))
                throw new ArgumentOutOfRangeException(nameof(keep), keep, "expected a share in (0, 1]");
        }

        private readonly struct ApplyKernel(float keep, float* x, float* mask, float* y) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V> =>
                V.Store(V.Load(x + i) * V.Load(mask + i) / V.Broadcast(keep), y + i);
        }
    }
}
