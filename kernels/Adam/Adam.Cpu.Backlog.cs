using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Adam
{
    public static unsafe partial class Cpu
    {
        /// <summary>
        /// The steps that rows of a matrix have yet to make. Where a step's gradient is 0 in all but a few rows, as for
        /// the weights of a sparse batch, the others wait until they are next read, and then make their steps one by
        /// one: the bits are the same, and a row is read once, not once a step. Whoever reads the matrix or its moments
        /// must first let the rows it reads catch up.
        /// </summary>
        /// <param name="rows">Of the matrix.</param>
        /// <param name="columns">Of the matrix.</param>
        public sealed class Backlog(int rows, int columns)
        {
            private const int RowsPerPart = 16;

            // The steps since all rows were up to date, and how many of them each row has made.
            private Constants[] steps = [];
            private int count;
            private readonly int[] made = new int[rows];
            private readonly float[] zeros = new float[columns];

            /// <summary>Some rows make the steps that they have yet to make.</summary>
            /// <param name="workers">Threads, over rows.</param>
            /// <param name="rows">Each once.</param>
            /// <param name="weights">The matrix and its moments.</param>
            /// <exception cref="ArgumentException">The length of a span differs from the matrix's.</exception>
            /// <exception cref="ArgumentOutOfRangeException">The matrix has no such row.</exception>
            public void CatchUp(Workers workers, ReadOnlySpan<int> rows, AdamTensor<float> weights)
            {
                foreach (int row in rows)
                    if ((uint)row >= (uint)made.Length)
                        throw new ArgumentOutOfRangeException(nameof(rows), row, $"expected 0 … {made.Length - 1}");
                fixed (int* some = rows)
                    Run(workers, rows.Length, some, weights);
                Mark(rows);
            }

            /// <summary>All rows make the steps that they have yet to make.</summary>
            /// <param name="workers">Threads, over rows.</param>
            /// <param name="weights">The matrix and its moments.</param>
            /// <exception cref="ArgumentException">The length of a span differs from the matrix's.</exception>
            public void CatchUp(Workers workers, AdamTensor<float> weights)
            {
                Run(workers, made.Length, null, weights);
                made.AsSpan().Clear();
                count = 0;
            }

            /// <summary>
            /// Records a step that some rows, up to date before, have made and the others, whose gradient was 0, have
            /// not.
            /// </summary>
            internal void Add(in AdamStep step, ReadOnlySpan<int> rows)
            {
                if (count == steps.Length)
                    Array.Resize(ref steps, Math.Max(64, 2 * count));
                steps[count++] = new Constants(step);
                Mark(rows);
            }

            private void Mark(ReadOnlySpan<int> rows)
            {
                foreach (int row in rows)
                    made[row] = count;
            }

            private void Run(Workers workers, int length, int* some, AdamTensor<float> weights)
            {
                foreach (int one in (ReadOnlySpan<int>)[weights.Values.Length, weights.M.Length, weights.V.Length])
                    Shape.Dense(nameof(weights), one, made.Length, zeros.Length);
                if (count == 0)
                    return;
                fixed (int* done = made)
                fixed (Constants* first = steps)
                fixed (float* zero = zeros, w = weights.Values, m = weights.M, v = weights.V)
                {
                    var kernel = new RowsKernel(zeros.Length, some, done, first, first + count, zero, w, m, v);
                    workers.Run((length + RowsPerPart - 1) / RowsPerPart, new Parts(kernel, length, VectorWidth.Bits));
                }
            }

            private readonly struct Parts(RowsKernel kernel, int length, int bits) : IPartKernel
            {
                public void Invoke(int part) =>
                    VectorWidth.Invoke(kernel, part * RowsPerPart, Math.Min((part + 1) * RowsPerPart, length), bits);
            }

            /// <summary>
            /// The rows from … to - 1, or those that some names there. A row stays in the first-level cache for all its
            /// steps.
            /// </summary>
            private readonly struct RowsKernel(int columns, int* some, int* made, Constants* first, Constants* end,
                float* zeros, float* weights, float* m, float* v)
                : IVectorKernel
            {
                [MethodImpl(VectorWidth.Loop)]
                public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
                {
                    for (int i = from; i < to; i++)
                    {
                        int row = some == null ? i : some[i];
                        long at = (long)row * columns;
                        for (Constants* step = first + made[row]; step < end; step++)
                            Step<V>(columns, zeros, weights + at, m + at, v + at, *step, ahead: 0);
                    }
                }
            }
        }
    }
}
