using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Bias
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Elements worth a part of their own: some 5 us of work.
        private const int ElementsPerPart = 16_384;

        // Columns of the gradient that are one part at least: a strip of 8 of the widest vectors.
        private const int ColumnsPerPart = 128;

        // Items of a sparse gradient that are worth a part of their own.
        private const int ItemsPerPart = 1_024;

        /// <inheritdoc cref="Reference.Add"/>
        /// <param name="workers">Threads, over rows.</param>
        public static void Add(Workers workers, int rows, int columns, Span<float> y, ReadOnlySpan<float> bias)
        {
            Shape.Dense(nameof(y), y.Length, rows, columns);
            Shape.Dense(nameof(bias), bias.Length, 1, columns);
            fixed (float* pY = y, pBias = bias)
                VectorWidth.Run(workers, rows, ElementsPerPart / Math.Max(columns, 1),
                    new AddKernel(columns, pY, pBias));
        }

        /// <inheritdoc cref="Reference.SparseAdd"/>
        /// <param name="workers">Threads, over values.</param>
        public static void SparseAdd(
            Workers workers, ReadOnlySpan<int> items, Span<float> values, ReadOnlySpan<float> bias)
        {
            Shape.Csr(1, bias.Length, [0, items.Length], items, values.Length);
            fixed (int* pItems = items)
            fixed (float* y = values, b = bias)
                workers.RunRanges(items.Length, ElementsPerPart, new SparseAddKernel(pItems, y, b));
        }

        private readonly struct SparseAddKernel(int* items, float* values, float* bias) : IRangeKernel
        {
            public void Invoke(int from, int to)
            {
                for (int n = from; n < to; n++)
                    values[n] += bias[items[n]];
            }
        }

        /// <inheritdoc cref="Reference.Gradient"/>
        /// <remarks>The sums run in ascending b.</remarks>
        /// <param name="workers">Threads, over columns.</param>
        public static void Gradient(Workers workers, int rows, int columns, ReadOnlySpan<float> dY, Span<float> dBias)
        {
            Shape.Dense(nameof(dY), dY.Length, rows, columns);
            Shape.Dense(nameof(dBias), dBias.Length, 1, columns);
            fixed (float* pdY = dY, pdBias = dBias)
                VectorWidth.Run(workers, columns, ColumnsPerPart, new GradientKernel(rows, columns, pdY, pdBias));
        }

        /// <summary>
        /// The gradient of a bias by a sparse dY: dbias[i] = the sum of the values of item i, in ascending rows; 0 for
        /// an item without any.
        /// </summary>
        /// <param name="workers">Threads, over items.</param>
        /// <param name="index">The batch's items and where their values stand.</param>
        /// <param name="values">dY where it is not 0, in the batch's own order; N.</param>
        /// <param name="dBias">I, overwritten; apart from the values.</param>
        /// <exception cref="ArgumentException">A length does not match its shape.</exception>
        public static void SparseGradient(Workers workers, ItemIndex index, ReadOnlySpan<float> values,
            Span<float> dBias)
        {
            Shape.Dense(nameof(values), values.Length, 1, index.Positions.Length);
            Shape.Dense(nameof(dBias), dBias.Length, 1, index.ItemCount);
            dBias.Clear();
            fixed (int* items = index.Items, starts = index.Starts, positions = index.Positions)
            fixed (float* x = values, d = dBias)
                workers.RunRanges(index.Items.Length, ItemsPerPart, new SparseKernel(items, starts, positions, x, d));
        }

        private readonly struct SparseKernel(int* items, int* starts, int* positions, float* values, float* dBias)
            : IRangeKernel
        {
            public void Invoke(int from, int to)
            {
                for (int slot = from; slot < to; slot++)
                {
                    float sum = 0;
                    for (int n = starts[slot]; n < starts[slot + 1]; n++)
                        sum += values[positions[n]];
                    dBias[items[slot]] = sum;
                }
            }
        }

        /// <summary>Rows from … to - 1 of Y.</summary>
        private readonly struct AddKernel(int columns, float* y, float* bias) : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int b = from; b < to; b++)
                    new VectorWidth.Elementwise<AddRow>(new(y + (long)b * columns, bias)).Invoke<V>(0, columns);
            }
        }

        private readonly struct AddRow(float* row, float* bias) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V> =>
                V.Store(V.Load(row + i) + V.Load(bias + i), row + i);
        }

        /// <summary>Columns from … to - 1 of dBias.</summary>
        private readonly struct GradientKernel(int rows, int columns, float* dY, float* dBias) : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V> =>
                RowSum.Sum<V, Rows>(new(rows, columns, dY + from), to - from, dBias + from);
        }

        /// <summary>Every row of dY, each with weight 1.</summary>
        private readonly struct Rows(int count, int columns, float* dY) : IRowTerms
        {
            public int Count => count;
            public float* Row(int k) => dY + (long)k * columns;
            public float Weight(int k) => 1;
        }
    }
}
