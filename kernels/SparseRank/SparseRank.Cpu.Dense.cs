using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class SparseRank
{
    public static unsafe partial class Cpu
    {
        // Floats of W that are copied at a time: 8 MB, in the third-level cache.
        private const int BlockLength = 1 << 21;
        // Candidates of all users that are ranked at once: 16 MB.
        private const int MostKeys = 1 << 21;
        // Rows of W that are copied by one thread, and how many rows ahead it prefetches.
        private const int RowsPerPart = 64, RowsAhead = 8;
        private const int UsersPerPart = 16, ClicksAhead = 4;

        [ThreadStatic]
        private static AlignedBuffer? blockScratch, sharedKeys;

        /// <inheritdoc cref="Reference.Dense"/>
        /// <remarks>
        /// The rows of W that users clicked are copied, some strips of columns at a time, so that what all users read
        /// of a strip lies together and the rows that most of them clicked stay in the second-level cache.
        /// </remarks>
        /// <param name="workers">Threads, over rows and then over users.</param>
        /// <exception cref="ArgumentException">
        /// The length of a span does not match its shape, the row starts do not rise, or a user's items do not ascend.
        /// </exception>
        public static void Dense(Workers workers, int users, int items, ReadOnlySpan<int> rowStarts,
            ReadOnlySpan<int> clicked, ReadOnlySpan<float> values, ReadOnlySpan<float> weights,
            ReadOnlySpan<int> excludedStarts, ReadOnlySpan<int> excludedItems, ReadOnlySpan<byte> forbidden, int k,
            Span<int> best, Span<float> ranked)
        {
            Shape.Dense(nameof(weights), weights.Length, items, items);
            Check(users, items, rowStarts, clicked, values, excludedStarts, excludedItems, forbidden, k, best, ranked);
            if (best.IsEmpty)
                return;
            int[] rows = Distinct(items, clicked, out int[] places);
            // As wide as one pass over a user's clicks makes it, at least 64 for narrow vectors.
            int strip = Math.Max(VectorWidth.Bits, 256) / 4;
            int strips = Math.Clamp(BlockLength / strip / Math.Max(1, rows.Length), 1, (items + strip - 1) / strip);
            int capacity = TopK.Cpu.Capacity(k, items), most = Math.Clamp(MostKeys / capacity, 1, users);
            float* block = AlignedBuffer.Reserve(ref blockScratch, (long)rows.Length * strip * strips);
            var keys = (ulong*)AlignedBuffer.Reserve(ref sharedKeys, 2L * capacity * most);
            var states = new TopK.Cpu.State[most];
            fixed (int* starts = rowStarts, pRows = rows, pPlaces = places, barredStarts = excludedStarts,
                barredItems = excludedItems, pBest = best)
            fixed (float* x = values, w = weights, pRanked = ranked)
            fixed (byte* mask = forbidden)
            fixed (TopK.Cpu.State* pStates = states)
            {
                TopK.Cpu.Barred barred = new(barredStarts, barredItems, mask);
                for (int first = 0; first < users; first += most)
                {
                    int count = Math.Min(most, users - first);
                    for (int user = 0; user < count; user++)
                        states[user] = new(first + user, barred);
                    for (int column = 0; column < items; column += strips * strip)
                    {
                        int columns = Math.Min(strips * strip, items - column);
                        workers.RunRanges(rows.Length, RowsPerPart,
                            new Copy(rows.Length, pRows, w + column, items, columns, strip, block));
                        VectorWidth.Run(workers, count, UsersPerPart, new DenseKernel(
                            new(rows.Length, starts, pPlaces, x, block, strip), column, columns, barred, k, capacity,
                            pStates, keys));
                    }
                    workers.RunRanges(count, UsersPerPart,
                        new ListKernel(k, capacity, pStates, keys, first, pBest, pRanked));
                }
            }
        }

        // The items that anyone clicked, ascending, and the place of each click's item among them.
        private static int[] Distinct(int items, ReadOnlySpan<int> clicked, out int[] places)
        {
            var place = new int[items];
            foreach (int item in clicked)
                place[item] = 1;
            int count = 0;
            for (int item = 0; item < items; item++)
                if (place[item] != 0)
                    place[item] = ++count;
            var rows = new int[count];
            places = new int[clicked.Length + ClicksAhead];
            for (int n = 0; n < clicked.Length; n++)
                rows[places[n] = place[clicked[n]] - 1] = clicked[n];
            return rows;
        }

        /// <summary>
        /// Copies columns of some rows of W, strip by strip: the strips of a row are as far apart as all rows have
        /// floats in one.
        /// </summary>
        private readonly struct Copy(int count, int* rows, float* weights, int stride, int columns, int strip,
            float* block) : IRangeKernel
        {
            public void Invoke(int from, int to)
            {
                for (int n = from; n < to; n++)
                {
                    if (n + RowsAhead < to)
                        Memory.Prefetch(weights + (long)rows[n + RowsAhead] * stride, Math.Min(columns, strip));
                    float* row = weights + (long)rows[n] * stride;
                    for (int c = 0; c < columns; c += strip)
                    {
                        int length = Math.Min(strip, columns - c);
                        new Span<float>(row + c, length).CopyTo(
                            new(block + (long)c * count + (long)n * strip, length));
                    }
                }
            }
        }

        /// <summary>The clicks of users, by the places of their items' rows in a block of strips.</summary>
        private readonly struct Clicks(int rows, int* rowStarts, int* places, float* values, float* block, int strip)
        {
            public int Strip => strip;

            public ClicksOfUser Of(int user, int column)
            {
                int click = rowStarts[user];
                return new(rowStarts[user + 1] - click, places + click, values + click, block + (long)column * rows,
                    strip);
            }
        }

        private readonly struct ClicksOfUser(int count, int* places, float* values, float* block, int strip) : IRowTerms
        {
            public int Count => count;
            public float* Row(int k)
            {
                Memory.Prefetch(block + (long)places[k + ClicksAhead] * strip, strip);
                return block + (long)places[k] * strip;
            }

            public float Weight(int k) => values[k];
        }

        /// <summary>Ranks some columns for users from … to - 1 of those whose states are given.</summary>
        private readonly struct DenseKernel(Clicks clicks, int first, int columns, TopK.Cpu.Barred barred, int k,
            int capacity, TopK.Cpu.State* states, ulong* keys) : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                int strip = clicks.Strip;
                float* scores = AlignedBuffer.Reserve(ref scratch, strip);
                for (int column = 0; column < columns; column += strip)
                {
                    int count = Math.Min(strip, columns - column);
                    for (int n = from; n < to; n++)
                    {
                        RowSum.Sum<V, ClicksOfUser>(clicks.Of(states[n].User, column), count, scores);
                        TopK.Cpu.Scan<V>(scores, first + column, count, k, keys + (long)n * capacity, capacity,
                            barred, ref states[n]);
                    }
                }
            }
        }

        /// <summary>The lists of users from … to - 1 of those whose states are given, the first of all given.</summary>
        private readonly struct ListKernel(int k, int capacity, TopK.Cpu.State* states, ulong* keys, int first,
            int* best, float* ranked) : IRangeKernel
        {
            public void Invoke(int from, int to)
            {
                for (int n = from; n < to; n++)
                {
                    long at = (long)(first + n) * k;
                    TopK.Cpu.List(new(keys + (long)n * capacity, states[n].Count), k, best + at,
                        ranked == null ? null : ranked + at);
                }
            }
        }
    }
}
