using System.Numerics;
using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class NormalEquations
{
    public static unsafe partial class Cpu
    {
        /// <summary>
        /// One system, M s = r, solved by M = U^T U in a thread's own memory. Only the upper half of M counts; what
        /// stands below is undefined. Rows lie side by side, so that products that are added to M and those that its
        /// own rows subtract from the rows below are the same register tiles; an element is one chain of fused
        /// multiply-adds, over clicks or factors and then over the rows of U above it.
        /// </summary>
        private readonly struct Cholesky<V> where V : unmanaged, ISimd<V>
        {
            // Rows that are factored one by one, in the first-level cache.
            private const int FewRows = 8;

            private readonly int row, size;
            private readonly float* m, inverses;

            /// <summary>A system whose M is the identity and whose right side is 0.</summary>
            /// <param name="row">Whose it is, for messages.</param>
            /// <param name="size">Unknowns.</param>
            /// <param name="stride">Floats from row to row of M, the size rounded up to whole vectors.</param>
            /// <param name="memory">3 x <paramref name="width"/> + 2 x <paramref name="square"/> floats.</param>
            /// <param name="square">Floats of the largest M.</param>
            /// <param name="width">The largest stride.</param>
            public Cholesky(int row, int size, int stride, float* memory, nint square, int width)
            {
                (this.row, this.size, Stride) = (row, size, stride);
                RightSide = memory;
                Solution = memory + width;
                inverses = memory + 2 * width;
                m = memory + 3 * width;
                Spare = m + square;
                new Span<float>(RightSide, stride).Clear();
                new Span<float>(m, checked(size * stride)).Clear();
                for (nint i = 0; i < size; i++)
                    m[i * stride + i] = 1;
            }

            public int Stride { get; }

            public float* RightSide { get; }

            public float* Solution { get; }

            /// <summary>As much memory as the largest M takes, which <see cref="Solve"/> overwrites.</summary>
            public float* Spare { get; }

            /// <summary>
            /// Adds A^T B to the rows from … to - 1 of M, for A and B of depth rows and as many columns as M, at one
            /// stride.
            /// </summary>
            public void AddProducts(int from, int to, int depth, float* a, float* b, nint stride)
            {
                int width = Tile<V>.Columns;
                for (int j = from / V.Count * V.Count; j < Stride; j += width)
                {
                    // The rows that the first vector of the panel meets above the diagonal, and those that only the
                    // second does.
                    int middle = Math.Min(to, j + V.Count), end = Math.Min(to, j + width),
                        second = Math.Max(from, middle);
                    Tile<V>.Run(middle - from, Math.Min(width, Stride - j), depth, a + from, 1, stride, b + j, stride,
                        m + (nint)from * Stride + j, Stride, accumulate: true);
                    if (j + V.Count < Stride)
                        Tile<V>.Run(end - second, V.Count, depth, a + second, 1, stride, b + j + V.Count, stride,
                            m + (nint)second * Stride + j + V.Count, Stride, accumulate: true);
                }
            }

            /// <summary>Solves the system; M and the right side are then undefined.</summary>
            public void Solve()
            {
                Factor(0, size);
                Substitute();
            }

            // The rows first … first + count - 1 of U, from which all rows above are subtracted already: the first
            // half of them, what that takes off the second, and the second.
            private void Factor(int first, int count)
            {
                if (count <= FewRows)
                {
                    FactorRows(first, first + count);
                    return;
                }
                int half = (int)(BitOperations.RoundUpToPowerOf2((uint)count) / 2), middle = first + half;
                Factor(first, half);
                float* rows = m + (nint)first * Stride;
                Negate(rows, half, middle, first + count);
                AddProducts(middle, first + count, half, Spare, rows, Stride);
                Factor(middle, count - half);
            }

            // Spare = -rows, in some columns and at most a vector more to each side.
            [MethodImpl(VectorWidth.Loop)]
            private void Negate(float* rows, int count, int from, int to)
            {
                float* spare = Spare;
                int stride = Stride;
                V zero = V.Broadcast(0);
                for (nint i = 0; i < count; i++)
                    for (int j = from / V.Count * V.Count; j < to; j += V.Count)
                        V.Store(zero - V.Load(rows + i * stride + j), spare + i * stride + j);
            }

            // Rows of U, and of U^-T r, one after the other: each is taken off those below it among these rows, and off
            // all of the right side.
            [MethodImpl(VectorWidth.Loop)]
            private void FactorRows(int from, int to)
            {
                int stride = Stride;
                float* right = RightSide;
                for (int k = from; k < to; k++)
                {
                    float* u = m + (nint)k * stride;
                    float pivot = u[k];
                    if (!(pivot > 0 && float.IsFinite(pivot)))
                        throw new ArithmeticException($"row {row}: pivot {k} of {size} is {pivot}, expected a finite "
                            + "number above 0: the matrix is not positive definite");
                    float inverse = inverses[k] = 1 / MathF.Sqrt(pivot), solved = Solution[k] = right[k] * inverse;
                    V scale = V.Broadcast(inverse), taken = V.Broadcast(-solved);
                    for (int j = k / V.Count * V.Count; j < stride; j += V.Count)
                    {
                        V value = V.Load(u + j) * scale;
                        V.Store(value, u + j);
                        V.Store(V.FusedMultiplyAdd(taken, value, V.Load(right + j)), right + j);
                    }
                    for (int i = k + 1; i < to; i++)
                    {
                        float* target = m + (nint)i * stride;
                        V factor = V.Broadcast(-u[i]);
                        for (int j = i / V.Count * V.Count; j < stride; j += V.Count)
                            V.Store(V.FusedMultiplyAdd(factor, V.Load(u + j), V.Load(target + j)), target + j);
                    }
                }
            }

            // s = U^-1 of what stands in its place, 16 unknowns at a time from the last on: first the products with the
            // unknowns behind them, row by row, then those among them.
            private void Substitute()
            {
                float* s = Solution;
                for (int from = (size - 1) / Padding * Padding; from >= 0; from -= Padding)
                {
                    int to = Math.Min(from + Padding, size);
                    for (int k = from; to < size && k < to; k++)
                        s[k] -= LaneReduction.Sum<V, Products>(size - to, new(m + (nint)k * Stride + to, s + to));
                    for (int k = to - 1; k >= from; k--)
                    {
                        float solved = s[k] *= inverses[k];
                        for (int i = from; i < k; i++)
                            s[i] = MathF.FusedMultiplyAdd(-m[(nint)i * Stride + k], solved, s[i]);
                    }
                }
            }
        }

        /// <summary>a_i b_i.</summary>
        private readonly struct Products(float* a, float* b) : ILaneTerm
        {
            public W At<W>(int i) where W : unmanaged, ISimd<W> => W.Load(a + i) * W.Load(b + i);
        }
    }
}
