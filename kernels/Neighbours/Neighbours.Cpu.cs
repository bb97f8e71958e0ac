using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Neighbours
{
    /// <summary>
    /// Float and threads, which take items. For an item a thread adds the clicks of its users into a row of G, which
    /// stays in the second-level cache, and keeps the k best as <see cref="TopK"/> does. An element of G is one chain
    /// of fused multiply-adds over ascending users; similarities are computed in double and rounded, so that equal ones
    /// are equal.
    /// </summary>
    public static unsafe class Cpu
    {
        // Items of one part: few, as popular items have a thousand times the work of others.
        private const int ItemsPerPart = 4;
        // Items from one report, and look at the token, to the next.
        private const int ItemsPerReport = 2_048;
        // Users whose clicks are prefetched, and how many of each: four lines of the cache.
        private const int Ahead = 6, FetchedClicks = 64;

        [ThreadStatic]
        private static AlignedBuffer? scratch;

        /// <inheritdoc cref="Reference.Find"/>
        /// <param name="workers">Threads, over items.</param>
        /// <param name="index">The batch's items and the rows that hold them.</param>
        /// <param name="rowStarts"><inheritdoc cref="Reference.Find" path="/param[@name='rowStarts']"/></param>
        /// <param name="items"><inheritdoc cref="Reference.Find" path="/param[@name='items']"/></param>
        /// <param name="values"><inheritdoc cref="Reference.Find" path="/param[@name='values']"/></param>
        /// <param name="similarity"><inheritdoc cref="Reference.Find" path="/param[@name='similarity']"/></param>
        /// <param name="shrink"><inheritdoc cref="Reference.Find" path="/param[@name='shrink']"/></param>
        /// <param name="k"><inheritdoc cref="Reference.Find" path="/param[@name='k']"/></param>
        /// <param name="neighbours"><inheritdoc cref="Reference.Find" path="/param[@name='neighbours']"/></param>
        /// <param name="similarities"><inheritdoc cref="Reference.Find" path="/param[@name='similarities']"/></param>
        /// <param name="progress">Receives the share that is done, now and then.</param>
        /// <param name="cancellation">Ends the work now and then; the output is then undefined.</param>
        /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
        public static void Find(Workers workers, ItemIndex index, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items,
            ReadOnlySpan<float> values, ItemSimilarity similarity, double shrink, int k, Span<float> neighbours,
            Span<float> similarities, IProgress<double>? progress = null, CancellationToken cancellation = default)
        {
            int itemCount = index.ItemCount, slots = index.Items.Length;
            Check(index.RowCount, itemCount, rowStarts, items, values.Length, shrink, k, neighbours.Length,
                similarities.Length);
            Shape.Dense(nameof(index), index.Positions.Length, 1, items.Length);
            neighbours.Fill(-1);
            similarities.Clear();
            var norms = new double[itemCount];
            for (int n = 0; n < items.Length; n++)
                norms[items[n]] += (double)values[n] * values[n];
            if (similarity == ItemSimilarity.Cosine)
                for (int item = 0; item < itemCount; item++)
                    norms[item] = Math.Sqrt(norms[item]);
            fixed (int* starts = rowStarts, clicked = items)
            fixed (int* distinct = index.Items, itemStarts = index.Starts, users = index.Rows,
                positions = index.Positions)
            fixed (float* x = values, best = neighbours, likeness = similarities)
            fixed (double* norm = norms)
                for (int first = 0; first < slots; first += ItemsPerReport)
                {
                    cancellation.ThrowIfCancellationRequested();
                    int count = Math.Min(ItemsPerReport, slots - first);
                    workers.Run((count + ItemsPerPart - 1) / ItemsPerPart, new Part
                    {
                        First = first,
                        Slots = first + count,
                        ItemCount = itemCount,
                        RowStarts = starts,
                        Items = clicked,
                        Values = x,
                        Distinct = distinct,
                        ItemStarts = itemStarts,
                        Users = users,
                        Positions = positions,
                        Norms = norm,
                        Cosine = similarity == ItemSimilarity.Cosine,
                        Shrink = shrink,
                        K = k,
                        Best = best,
                        Likeness = likeness,
                    });
                    progress?.Report((double)(first + count) / slots);
                }
        }

        /// <summary>A part is a few items that have clicks.</summary>
        private readonly struct Part : IPartKernel
        {
            public required int First { get; init; }
            public required int Slots { get; init; }
            public required int ItemCount { get; init; }
            public required int* RowStarts { get; init; }
            public required int* Items { get; init; }
            public required float* Values { get; init; }
            public required int* Distinct { get; init; }
            public required int* ItemStarts { get; init; }
            public required int* Users { get; init; }
            public required int* Positions { get; init; }
            /// <summary>Of each item, G_ii, or its root for the cosine.</summary>
            public required double* Norms { get; init; }
            public required bool Cosine { get; init; }
            public required double Shrink { get; init; }
            public required int K { get; init; }
            public required float* Best { get; init; }
            public required float* Likeness { get; init; }

            public void Invoke(int part)
            {
                int capacity = TopK.Cpu.Capacity(K, ItemCount), room = (ItemCount + 1) / 2 * 2;
                float* row = AlignedBuffer.Reserve(ref scratch, room + 2L * capacity + K);
                var keys = (ulong*)(row + room);
                var best = (int*)(keys + capacity);
                for (int slot = First + part * ItemsPerPart; slot < Math.Min(First + (part + 1) * ItemsPerPart, Slots);
                    slot++)
                {
                    new Span<float>(row, ItemCount).Clear();
                    Sum(slot, row);
                    int count = Offer(Distinct[slot], row, keys, capacity);
                    long at = (long)Distinct[slot] * K;
                    TopK.Cpu.List(new(keys, count), K, best, Likeness + at);
                    for (int n = 0; n < K; n++)
                        if (best[n] >= 0)
                            Best[at + n] = best[n];
                        else
                            Likeness[at + n] = 0;
                }
            }

            // The item's row of G.
            private void Sum(int slot, float* row)
            {
                int* items = Items;
                float* values = Values;
                int end = ItemStarts[slot + 1];
                for (int click = ItemStarts[slot]; click < end; click++)
                {
                    if (click + Ahead < end)
                    {
                        int ahead = RowStarts[Users[click + Ahead]];
                        Memory.Prefetch((float*)(items + ahead), FetchedClicks);
                        Memory.Prefetch(values + ahead, FetchedClicks);
                    }
                    float value = values[Positions[click]];
                    int last = RowStarts[Users[click] + 1];
                    for (int n = RowStarts[Users[click]]; n < last; n++)
                        row[items[n]] = MathF.FusedMultiplyAdd(value, values[n], row[items[n]]);
                }
            }

            private int Offer(int item, float* row, ulong* keys, int capacity)
            {
                int count = 0;
                float bound = float.NaN;
                double own = Norms[item];
                for (int other = 0; other < ItemCount; other++)
                {
                    double common = row[other];
                    if (common == 0 || other == item)
                        continue;
                    double size = Cosine ? own * Norms[other] : own + Norms[other] - common;
                    float likeness = (float)(common / (size + Shrink));
                    if (!(likeness <= bound))
                        TopK.Cpu.Offer(keys, K, capacity, likeness, other, ref count, ref bound);
                }
                return count;
            }
        }
    }
}
