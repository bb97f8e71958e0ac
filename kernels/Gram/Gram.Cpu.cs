using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gram
{
    /// <summary>
    /// Float and threads. A thread computes a row of G at a time, up to the diagonal, and the row stays in the
    /// second-level cache: for each click on the item, by <see cref="ItemIndex"/>, it adds the same user's clicks up to
    /// that one. Then this half is copied to the other. An element is one chain of fused multiply-adds over ascending
    /// users, so threads change no bit, and counts whose sums stay below 2^24 come out exact. Vectors are of no use
    /// here: each addition goes to another place.
    /// </summary>
    public static unsafe class Cpu
    {
        // Rows of one part: few, as popular items, which may be neighbours, have a thousand times the work of others.
        private const int RowsPerPart = 4;
        // Users whose clicks are prefetched, and how many of each: four lines of the cache.
        private const int Ahead = 6, FetchedClicks = 64;
        // Rows and columns that are transposed at a time: a line of the cache, and as many as stay in the first-level
        // cache.
        private const int MirrorRows = 16, MirrorColumns = 256;

        /// <inheritdoc cref="Reference.Multiply"/>
        /// <param name="workers">Threads, over rows of G.</param>
        /// <param name="rows"><inheritdoc cref="Reference.Multiply" path="/param[@name='rows']"/></param>
        /// <param name="itemCount"><inheritdoc cref="Reference.Multiply" path="/param[@name='itemCount']"/></param>
        /// <param name="rowStarts"><inheritdoc cref="Reference.Multiply" path="/param[@name='rowStarts']"/></param>
        /// <param name="items"><inheritdoc cref="Reference.Multiply" path="/param[@name='items']"/></param>
        /// <param name="values"><inheritdoc cref="Reference.Multiply" path="/param[@name='values']"/></param>
        /// <param name="gram"><inheritdoc cref="Reference.Multiply" path="/param[@name='gram']"/></param>
        /// <param name="cancellation">Ends the work between two parts; G is then undefined.</param>
        /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
        public static void Multiply(Workers workers, int rows, int itemCount, ReadOnlySpan<int> rowStarts,
            ReadOnlySpan<int> items, ReadOnlySpan<float> values, Span<float> gram,
            CancellationToken cancellation = default)
        {
            Check(rows, itemCount, rowStarts, items, values.Length, gram.Length);
            var index = new ItemIndex();
            index.Build(rowStarts, items, itemCount);
            gram.Clear();
            fixed (int* starts = rowStarts, clicked = items)
            fixed (int* distinct = index.Items, itemStarts = index.Starts, users = index.Rows,
                positions = index.Positions)
            fixed (float* x = values, g = gram)
            {
                int slots = index.Items.Length;
                workers.Run(Parts(slots, RowsPerPart), new Lower(itemCount, starts, clicked, x, slots, distinct,
                    itemStarts, users, positions, g, cancellation));
                workers.Run(Parts(itemCount, MirrorRows), new Mirroring(itemCount, g));
            }
        }

        private static int Parts(int length, int part) => (length + part - 1) / part;

        /// <summary>A part is the rows, up to the diagonal, of some items that have clicks.</summary>
        private readonly struct Lower(int itemCount, int* rowStarts, int* items, float* values, int slots,
            int* distinct, int* itemStarts, int* users, int* positions, float* gram, CancellationToken cancellation)
            : IPartKernel
        {
            private readonly int* items = items;
            private readonly float* values = values;

            public void Invoke(int part)
            {
                cancellation.ThrowIfCancellationRequested();
                for (int slot = part * RowsPerPart; slot < Math.Min((part + 1) * RowsPerPart, slots); slot++)
                {
                    float* row = gram + (nint)distinct[slot] * itemCount;
                    int end = itemStarts[slot + 1];
                    for (int click = itemStarts[slot]; click < end; click++)
                    {
                        if (click + Ahead < end)
                            Fetch(rowStarts[users[click + Ahead]], positions[click + Ahead]);
                        Add(row, rowStarts[users[click]], positions[click]);
                    }
                }
            }

            // The CPU itself prefetches the rest of a long row.
            private void Fetch(int from, int last)
            {
                int count = Math.Min(last + 1 - from, FetchedClicks);
                Memory.Prefetch((float*)(items + from), count);
                Memory.Prefetch(values + from, count);
            }

            private void Add(float* row, int from, int last)
            {
                int* items = this.items;
                float* values = this.values;
                float value = values[last];
                for (int n = from; n <= last; n++)
                    row[items[n]] = MathF.FusedMultiplyAdd(value, values[n], row[items[n]]);
            }
        }

        /// <summary>A part is some rows, whose elements left of the diagonal are mirrored above it.</summary>
        private readonly struct Mirroring(int itemCount, float* gram) : IPartKernel
        {
            public void Invoke(int part)
            {
                nint n = itemCount;
                int first = part * MirrorRows, rows = Math.Min(MirrorRows, itemCount - first);
                float* source = gram + first * n, target = gram + first;
                for (int c = 0; c < first; c += MirrorColumns)
                    TransposedCopy.Run(source + c, n, Math.Min(MirrorColumns, first - c), rows, rows, target + c * n,
                        n);
                for (int i = first; i < first + rows; i++)
                    for (int j = first; j < i; j++)
                        gram[j * n + i] = gram[i * n + j];
            }
        }
    }
}
