using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class OutputLayer
{
    /// <summary>
    /// Float, vectors and threads, over blocks of items. Logits lie by item, [items, users]: users are the lanes, so
    /// maximum, sum and gradient are vertical, and the weights, which lie by item too, are read in place. A multinomial
    /// step goes over the blocks twice, first for the normaliser, then for the rest: gradient in place, dH, dW into a
    /// buffer in cache, Adam; the other losses need only the second pass. Logits are kept between the passes where they
    /// fit, and otherwise computed again, to the same bits. Same bits for every vector width and number of threads:
    /// sums over items run block by block and, for dH, group by group, both fixed.
    /// </summary>
    public static unsafe partial class Cpu
    {
        // Items of a block: at 600 inputs and 500 users its weights, logits and dW are 816 KB of a 1 MB second-level
        // cache.
        private const int BlockItems = 120;
        // Groups of blocks, each with a dH of its own (B x H floats): the parts that threads take, summed at the end.
        // With more, threads would finish closer together, and more threads could share the work; each one adds 1.2 MB
        // to what is summed.
        private const int MostGroups = 24;
        // Users whose dH is summed over the groups at once: of a panel, 32 KB of each group; the sum stays in a
        // first-level cache.
        private const int SummedUsers = 256;
        // Logits kept between the passes, at most: 256 MB. Beyond it they are computed twice, a third more arithmetic.
        internal const long MostLogits = 64L << 20;

        [ThreadStatic]
        private static AlignedBuffer? scratch;

        /// <summary>Memory for what the passes hand to each other, kept from step to step.</summary>
        public sealed class Workspace : IDisposable
        {
            private AlignedBuffer? memory;

            internal float* Reserve(long length) => AlignedBuffer.Reserve(ref memory, length);

            /// <summary>Frees the memory.</summary>
            public void Dispose() => memory?.Dispose();
        }

        /// <inheritdoc cref="Reference.Train"/>
        /// <param name="workers">Threads, over blocks of items.</param>
        /// <param name="workspace">Memory that grows as needed.</param>
        /// <param name="clicks">The batch's clicks by item, each item once in a row; N.</param>
        /// <param name="counts">Count of each click, 0 or more, in the batch's own order; N.</param>
        /// <param name="dHidden">Gradient of H, B x H, overwritten; apart from all else.</param>
        /// <exception cref="ArgumentException">
        /// The length of a span does not match its shape, or the index is of another shape.
        /// </exception>
        /// <exception cref="ArgumentOutOfRangeException">A setting of Adam is outside its range.</exception>
        public static void Train(Workers workers, Workspace workspace, int users, int inputs, int items,
            ReadOnlySpan<float> hidden, AdamTensor<float> weights, AdamTensor<float> bias, ItemIndex clicks,
            ReadOnlySpan<float> counts, OutputLoss loss, AdamStep weightStep, AdamStep biasStep, Span<float> losses,
            Span<float> dHidden) =>
            Train(workers, workspace, users, inputs, items, hidden, weights, bias, clicks, counts, loss, weightStep,
                biasStep, losses, dHidden, MostLogits);

        internal static void Train(Workers workers, Workspace workspace, int users, int inputs, int items,
            ReadOnlySpan<float> hidden, AdamTensor<float> weights, AdamTensor<float> bias, ItemIndex clicks,
            ReadOnlySpan<float> counts, OutputLoss loss, AdamStep weightStep, AdamStep biasStep, Span<float> losses,
            Span<float> dHidden, long mostLogits)
        {
            weightStep.Check();
            biasStep.Check();
            Shape.Dense(nameof(hidden), hidden.Length, users, inputs);
            Shape.Dense(nameof(dHidden), dHidden.Length, users, inputs);
            Shape.Dense(nameof(losses), losses.Length, users, 1);
            Shape.Dense(nameof(counts), counts.Length, clicks.Positions.Length, 1);
            if (clicks.RowCount != users || clicks.ItemCount != items)
                throw new ArgumentException(
                    $"an index of {clicks.RowCount} rows and {clicks.ItemCount} items, expected {users} and {items}",
                    nameof(clicks));
            foreach (int length in (ReadOnlySpan<int>)[weights.Values.Length, weights.M.Length, weights.V.Length])
                Shape.Dense(nameof(weights), length, items, inputs);
            foreach (int length in (ReadOnlySpan<int>)[bias.Values.Length, bias.M.Length, bias.V.Length])
                Shape.Dense(nameof(bias), length, items, 1);
            losses.Clear();
            dHidden.Clear();
            if (users == 0 || items == 0)
                return;
            fixed (float* h = hidden, w = weights.Values, wm = weights.M, wv = weights.V,
                b = bias.Values, bm = bias.M, bv = bias.V, x = counts, l = losses, dh = dHidden)
            fixed (int* slotItems = clicks.Items, starts = clicks.Starts, rows = clicks.Rows,
                positions = clicks.Positions)
            {
                var step = new Step(workers, workspace, users, inputs, items,
                    keepsLogits: (long)items * Step.StrideOf(users) <= mostLogits, clicks.Items.Length,
                    clicks.Positions.Length)
                {
                    Hidden = h,
                    Weights = w,
                    WeightM = wm,
                    WeightV = wv,
                    Bias = b,
                    BiasM = bm,
                    BiasV = bv,
                    Counts = x,
                    Losses = l,
                    DHidden = dh,
                    SlotItems = slotItems,
                    SlotStarts = starts,
                    Rows = rows,
                    Positions = positions,
                    Loss = loss,
                    WeightStep = weightStep,
                    BiasStep = biasStep,
                };
                VectorWidth.Invoke(new Kernel(step), 0, 0);
            }
        }

        private readonly struct Kernel(Step step) : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V> => step.Run<V>();
        }

        private static float* Scratch(long length) => AlignedBuffer.Reserve(ref scratch, length);
    }
}
