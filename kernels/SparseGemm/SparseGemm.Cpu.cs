using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class SparseGemm
{
    /// <summary>
    /// Float, vectors and threads. Both directions are weighted sums of rows, one chain of fused multiply-adds per output
    /// element: forward over the clicks of a user, backward over the clicks of an item (by <see cref="ItemIndex"/>, so
    /// without atomics). Threads cut users, or items. Same bits for every vector width and number of threads.
    /// </summary>
    public static unsafe class Cpu
    {
        // Users, or items, of one part: enough work to be worth handing out, few enough for threads to end together.
        private const int RowsPerPart = 8, ItemsPerPart = 256;

        // Items whose gradient is computed before it is used: 19 KB at 600 columns, within the first-level cache.
        private const int ItemsPerRun = 8;

        /// <summary>Y = X W, summed in the order of the row's clicks.</summary>
        /// <param name="workers">Threads, over rows.</param>
        /// <param name="rows">B.</param>
        /// <param name="columns">H.</param>
        /// <param name="rowStarts">Where each row's clicks begin, and the end of the last; B + 1.</param>
        /// <param name="items">Item of each click; N.</param>
        /// <param name="values">Value of each click; N.</param>
        /// <param name="weights">W, I x H.</param>
        /// <param name="output">Y, B x H, overwritten; apart from W.</param>
        /// <exception cref="ArgumentException">A span has not the length its shape says, or an item no row in W.</exception>
        public static void Gather(Workers workers, int rows, int columns, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items,
            ReadOnlySpan<float> values, ReadOnlySpan<float> weights, Span<float> output)
        {
            Shape.Csr(rows, Shape.Rows(nameof(weights), weights.Length, columns), rowStarts, items, values.Length);
            Shape.Dense(nameof(output), output.Length, rows, columns);
            fixed (int* starts = rowStarts, clicked = items)
            fixed (float* x = values, w = weights, y = output)
                VectorWidth.Run(workers, rows, RowsPerPart, new GatherKernel(columns, starts, clicked, x, w, y));
        }

        /// <summary>dW = X^T dY, summed over each item's clicks in ascending rows. All other rows of dW are set to zero.</summary>
        /// <param name="workers">Threads, over items.</param>
        /// <param name="index">The batch's items and the rows that hold them.</param>
        /// <param name="columns">H.</param>
        /// <param name="values">Value of each click, in the batch's own order; N.</param>
        /// <param name="dY">Gradient of Y, B x H.</param>
        /// <param name="dWeights">Gradient of W, I x H, overwritten; apart from dY.</param>
        /// <exception cref="ArgumentException">A span has not the length its shape says.</exception>
        public static void Scatter(Workers workers, ItemIndex index, int columns, ReadOnlySpan<float> values, ReadOnlySpan<float> dY, Span<float> dWeights)
        {
            Shape.Dense(nameof(dWeights), dWeights.Length, index.ItemCount, columns);
            fixed (float* dw = dWeights)
                Scatter(workers, index, columns, values, dY, new Whole(columns, dw));
        }

        /// <summary><see cref="Scatter"/> and Adam's update of W by dW, which is used up while it is in cache: the same bits as one after the other.</summary>
        /// <param name="workers">Threads, over items.</param>
        /// <param name="index">The batch's items and the rows that hold them.</param>
        /// <param name="columns">H.</param>
        /// <param name="values">Value of each click, in the batch's own order; N.</param>
        /// <param name="dY">Gradient of Y, B x H.</param>
        /// <param name="weights">W, I x H, updated; apart from dY.</param>
        /// <param name="step">Adam's settings.</param>
        /// <exception cref="ArgumentException">A span has not the length its shape says.</exception>
        /// <exception cref="ArgumentOutOfRangeException">A setting is outside its range.</exception>
        public static void Update(Workers workers, ItemIndex index, int columns, ReadOnlySpan<float> values, ReadOnlySpan<float> dY, AdamTensor<float> weights, AdamStep step)
        {
            step.Check();
            foreach (int length in (ReadOnlySpan<int>)[weights.Values.Length, weights.M.Length, weights.V.Length])
                Shape.Dense(nameof(weights), length, index.ItemCount, columns);
            fixed (float* w = weights.Values, m = weights.M, v = weights.V)
                Scatter(workers, index, columns, values, dY, new Updated(columns, w, m, v, step));
        }

        private static void Scatter<TTarget>(Workers workers, ItemIndex index, int columns, ReadOnlySpan<float> values, ReadOnlySpan<float> dY, TTarget target)
            where TTarget : struct, ITarget
        {
            Shape.Dense(nameof(values), values.Length, 1, index.Positions.Length);
            Shape.Dense(nameof(dY), dY.Length, index.RowCount, columns);
            int itemCount = index.ItemCount, parts = (itemCount + ItemsPerPart - 1) / ItemsPerPart, bits = VectorWidth.Bits;
            fixed (int* items = index.Items, starts = index.Starts, rows = index.Rows, positions = index.Positions)
            fixed (float* x = values, dy = dY)
            {
                var kernel = new ScatterKernel<TTarget>(columns, items, index.Items.Length, starts, rows, positions, x, dy, target);
                workers.Run(parts, part => VectorWidth.Invoke(kernel, part * ItemsPerPart, Math.Min((part + 1) * ItemsPerPart, itemCount), bits));
            }
        }

        /// <summary>What becomes of the gradient of a run of items.</summary>
        private interface ITarget
        {
            /// <summary>Where the gradient of items from … belongs, ItemsPerRun rows.</summary>
            float* Rows(int from);

            /// <summary>Called when the rows of items from … to - 1 are there.</summary>
            void Finish<V>(int from, int to) where V : unmanaged, ISimd<V>;
        }

        private readonly struct Whole(int columns, float* dWeights) : ITarget
        {
            public float* Rows(int from) => dWeights + (long)from * columns;

            public void Finish<V>(int from, int to) where V : unmanaged, ISimd<V> { }
        }

        private readonly struct Updated(int columns, float* weights, float* m, float* v, AdamStep step) : ITarget
        {
            [ThreadStatic]
            private static AlignedBuffer? scratch;

            public float* Rows(int from) => AlignedBuffer.Reserve(ref scratch, (long)ItemsPerRun * columns);

            public void Finish<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                long at = (long)from * columns;
                Adam.Cpu.Step<V>((to - from) * columns, scratch!.Pointer, weights + at, m + at, v + at, step);
            }
        }

        /// <summary>Rows from … to - 1 of Y.</summary>
        private readonly struct GatherKernel(int columns, int* rowStarts, int* items, float* values, float* weights, float* output) : IVectorKernel
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int b = from; b < to; b++)
                {
                    int start = rowStarts[b];
                    RowSum.Sum<V, RowClicks>(new(rowStarts[b + 1] - start, items + start, values + start, weights, columns), columns, output + (long)b * columns);
                }
            }
        }

        /// <summary>The clicks of a row: their items' rows of W.</summary>
        private readonly struct RowClicks(int count, int* items, float* values, float* weights, int columns) : IRowTerms
        {
            public int Count => count;
            public float* Row(int k) => weights + (long)items[k] * columns;
            public float Weight(int k) => values[k];
        }

        /// <summary>Rows from … to - 1 of dW, those of items without a click included.</summary>
        private readonly struct ScatterKernel<TTarget>(int columns, int* items, int itemCount, int* starts, int* rows, int* positions,
            float* values, float* dY, TTarget target) : IVectorKernel where TTarget : struct, ITarget
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                int slot = new ReadOnlySpan<int>(items, itemCount).BinarySearch(from);
                slot = slot < 0 ? ~slot : slot;
                for (int first = from, end; first < to; first = end)
                {
                    end = Math.Min(first + ItemsPerRun, to);
                    float* output = target.Rows(first);
                    for (int item = first; item < end; item++, output += columns)
                    {
                        if (slot == itemCount || items[slot] != item)
                        {
                            new Span<float>(output, columns).Clear();
                            continue;
                        }
                        int start = starts[slot];
                        RowSum.Sum<V, ItemClicks>(new(starts[slot + 1] - start, rows + start, positions + start, values, dY, columns), columns, output);
                        slot++;
                    }
                    target.Finish<V>(first, end);
                }
            }
        }

        /// <summary>The clicks of an item: their users' rows of dY.</summary>
        private readonly struct ItemClicks(int count, int* rows, int* positions, float* values, float* dY, int columns) : IRowTerms
        {
            public int Count => count;
            public float* Row(int k) => dY + (long)rows[k] * columns;
            public float Weight(int k) => values[positions[k]];
        }
    }
}
