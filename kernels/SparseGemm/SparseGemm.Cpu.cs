using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class SparseGemm
{
    /// <summary>
    /// Float, vectors and threads. Both directions are weighted sums of rows, one chain of fused multiply-adds per
    /// output element: forward over the clicks of a user, backward over the clicks of an item (by
    /// <see cref="ItemIndex"/>, so without atomics). Threads cut users, or items. Same bits for every vector width and
    /// number of threads.
    /// </summary>
    public static unsafe class Cpu
    {
        // Users, or items, of one part: enough work to be worth handing out, little enough for threads to finish
        // together.
        private const int RowsPerPart = 8, ItemsPerPart = 256, ClickedItemsPerPart = 32;

        // An item's gradient on its way to Adam.
        [ThreadStatic]
        private static AlignedBuffer? scratch;

        /// <inheritdoc cref="Reference.Gather"/>
        /// <remarks>The sums run in the order of the row's clicks.</remarks>
        /// <param name="workers">Threads, over rows.</param>
        public static void Gather(Workers workers, int rows, int columns, ReadOnlySpan<int> rowStarts,
            ReadOnlySpan<int> items, ReadOnlySpan<float> values, ReadOnlySpan<float> weights, Span<float> output)
        {
            Shape.Csr(rows, Shape.Rows(nameof(weights), weights.Length, columns), rowStarts, items, values.Length);
            Shape.Dense(nameof(output), output.Length, rows, columns);
            fixed (int* starts = rowStarts, clicked = items)
            fixed (float* x = values, w = weights, y = output)
                VectorWidth.Run(workers, rows, RowsPerPart, new GatherKernel(columns, starts, clicked, x, w, y));
        }

        /// <inheritdoc cref="Reference.Scatter"/>
        /// <remarks>The sums run over each item's clicks in ascending rows.</remarks>
        /// <param name="workers">Threads, over items.</param>
        /// <param name="index">The batch's items and the rows that hold them.</param>
        /// <param name="values">Value of each click, in the batch's own order; N.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        public static void Scatter(Workers workers, ItemIndex index, int columns, ReadOnlySpan<float> values,
            ReadOnlySpan<float> dY, Span<float> dWeights)
        {
            Check(index, columns, values, dY);
            Shape.Dense(nameof(dWeights), dWeights.Length, index.ItemCount, columns);
            int itemCount = index.ItemCount, parts = (itemCount + ItemsPerPart - 1) / ItemsPerPart,
                bits = VectorWidth.Bits;
            fixed (int* items = index.Items, starts = index.Starts, rows = index.Rows, positions = index.Positions)
            fixed (float* x = values, dy = dY, dw = dWeights)
            {
                var kernel = new ScatterKernel(columns, items, index.Items.Length, starts, rows, positions, x, dy, dw);
                workers.Run(parts, part =>
                    VectorWidth.Invoke(kernel, part * ItemsPerPart,
                        Math.Min((part + 1) * ItemsPerPart, itemCount), bits));
            }
        }

        /// <summary>
        /// <see cref="Scatter"/> and Adam's step of W by dW, which is computed a row at a time and consumed while it is
        /// in cache. The rows of items without a click, whose gradient is 0, make the step when they next catch up:
        /// then the bits are those of Scatter followed by Adam.
        /// </summary>
        /// <param name="workers">Threads, over items.</param>
        /// <param name="index">The batch's items and the rows that hold them.</param>
        /// <param name="columns">H.</param>
        /// <param name="values">Value of each click, in the batch's own order; N.</param>
        /// <param name="dY">Gradient of Y, B x H.</param>
        /// <param name="weights">W, I x H; the rows of the batch's items are updated. Apart from dY.</param>
        /// <param name="backlog">Of W: the same from step to step.</param>
        /// <param name="step">Adam's settings.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        /// <exception cref="ArgumentOutOfRangeException">A setting is outside its range.</exception>
        public static void Update(Workers workers, ItemIndex index, int columns, ReadOnlySpan<float> values,
            ReadOnlySpan<float> dY, AdamTensor<float> weights, Adam.Cpu.Backlog backlog, AdamStep step)
        {
            CheckUpdate(index, columns, values, dY, weights, step);
            backlog.CatchUp(workers, index.Items, weights);
            StepClicked(workers, index, columns, values, dY, weights, step);
            backlog.Add(step, index.Items);
        }

        /// <inheritdoc cref="Reference.UpdateClicked"/>
        /// <remarks>The sums run over each item's clicks in ascending rows.</remarks>
        /// <param name="workers">Threads, over items.</param>
        /// <param name="index">The batch's items and the rows that hold them.</param>
        /// <param name="values">Value of each click, in the batch's own order; N.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        public static void UpdateClicked(Workers workers, ItemIndex index, int columns, ReadOnlySpan<float> values,
            ReadOnlySpan<float> dY, AdamTensor<float> weights, AdamStep step)
        {
            CheckUpdate(index, columns, values, dY, weights, step);
            StepClicked(workers, index, columns, values, dY, weights, step);
        }

        private static void StepClicked(Workers workers, ItemIndex index, int columns, ReadOnlySpan<float> values,
            ReadOnlySpan<float> dY, AdamTensor<float> weights, AdamStep step)
        {
            int itemCount = index.Items.Length, parts = (itemCount + ClickedItemsPerPart - 1) / ClickedItemsPerPart,
                bits = VectorWidth.Bits;
            fixed (int* items = index.Items, starts = index.Starts, rows = index.Rows, positions = index.Positions)
            fixed (float* x = values, dy = dY, w = weights.Values, m = weights.M, v = weights.V)
            {
                var kernel = new UpdateKernel(columns, items, starts, rows, positions, x, dy, w, m, v, new(step));
                workers.Run(parts, part =>
                    VectorWidth.Invoke(kernel, part * ClickedItemsPerPart,
                        Math.Min((part + 1) * ClickedItemsPerPart, itemCount), bits));
            }
        }

        private static void CheckUpdate(ItemIndex index, int columns, ReadOnlySpan<float> values,
            ReadOnlySpan<float> dY, AdamTensor<float> weights, AdamStep step)
        {
            step.Check();
            Check(index, columns, values, dY);
            foreach (int length in (ReadOnlySpan<int>)[weights.Values.Length, weights.M.Length, weights.V.Length])
                Shape.Dense(nameof(weights), length, index.ItemCount, columns);
        }

        private static void Check(ItemIndex index, int columns, ReadOnlySpan<float> values, ReadOnlySpan<float> dY)
        {
            Shape.Dense(nameof(values), values.Length, 1, index.Positions.Length);
            Shape.Dense(nameof(dY), dY.Length, index.RowCount, columns);
        }

        /// <summary>Rows from … to - 1 of Y.</summary>
        private readonly struct GatherKernel(int columns, int* rowStarts, int* items, float* values, float* weights,
            float* output) : IVectorKernel
        {
            [MethodImpl(VectorWidth.Loop)]
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int b = from; b < to; b++)
                {
                    int start = rowStarts[b];
                    RowSum.Sum<V, MatrixRows>(new(rowStarts[b + 1] - start, items + start, values + start, weights,
                        columns), columns, output + (long)b * columns);
                }
            }
        }

        /// <summary>Rows from … to - 1 of dW, those of items without a click included.</summary>
        private readonly struct ScatterKernel(int columns, int* items, int itemCount, int* starts, int* rows,
            int* positions, float* values, float* dY, float* dWeights) : IVectorKernel
        {
            [MethodImpl(VectorWidth.Loop)]
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                int slot = new ReadOnlySpan<int>(items, itemCount).BinarySearch(from);
                slot = slot < 0 ? ~slot : slot;
                for (int item = from; item < to; item++)
                {
                    float* output = dWeights + (long)item * columns;
                    if (slot == itemCount || items[slot] != item)
                    {
                        new Span<float>(output, columns).Clear();
                        continue;
                    }
                    int start = starts[slot];
                    RowSum.Sum<V, ItemClicks>(new(starts[slot + 1] - start, rows + start, positions + start, values, dY,
                        columns), columns, output);
                    slot++;
                }
            }
        }

        /// <summary>Adam's step of the rows of items from … to - 1 of the batch.</summary>
        private readonly struct UpdateKernel(int columns, int* items, int* starts, int* rows, int* positions,
            float* values, float* dY, float* weights, float* m, float* v, Adam.Cpu.Constants step) : IVectorKernel
        {
            [MethodImpl(VectorWidth.Loop)]
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                float* gradient = AlignedBuffer.Reserve(ref scratch, columns);
                for (int slot = from; slot < to; slot++)
                {
                    int start = starts[slot];
                    long at = (long)items[slot] * columns;
                    // Prefetch them while their gradient is summed.
                    Memory.Prefetch(weights + at, columns);
                    Memory.Prefetch(m + at, columns);
                    Memory.Prefetch(v + at, columns);
                    RowSum.Sum<V, ItemClicks>(new(starts[slot + 1] - start, rows + start, positions + start, values, dY,
                        columns), columns, gradient);
                    Adam.Cpu.Step<V>(columns, gradient, weights + at, m + at, v + at, step, ahead: 0);
                }
            }
        }

        /// <summary>The clicks of an item: their users' rows of dY.</summary>
        private readonly struct ItemClicks(int count, int* rows, int* positions, float* values, float* dY, int columns)
            : IRowTerms
        {
            public int Count => count;
            public float* Row(int k) => dY + (long)rows[k] * columns;
            public float Weight(int k) => values[positions[k]];
        }
    }
}
