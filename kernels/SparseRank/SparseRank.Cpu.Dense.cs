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
        private const int UsersPerPart = 16;
        // Users whose scores of a strip are held at once: 0.5 or 1 MB.
        private const int UsersPerGroup = 2048;

        [ThreadStatic]
        private static AlignedBuffer? blockScratch, sharedKeys;

        /// <inheritdoc cref="Reference.Dense"/>
        /// <remarks>
        /// The rows of W that users clicked are copied, some strips of columns at a time, so that what all users read
        /// of a strip lies together. As many of these rows as half the second-level cache holds are added to the scores
        /// of all users of a group, then the next: a click takes its row from there.
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
            int blockRows = Math.Max(1, CacheSizes.Second / 2 / (strip * sizeof(float)));
            int[] bounds = Bounds(rowStarts, places, rows.Length, blockRows);
            fixed (int* pRows = rows, pPlaces = places, barredStarts = excludedStarts,
                barredItems = excludedItems, pBest = best, pBounds = bounds)
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
                            new(pPlaces, x, pBounds, bounds.Length / users), block, rows.Length, strip, column, columns,
                            barred, k, capacity, pStates, keys));
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
            places = new int[clicked.Length];
            for (int n = 0; n < clicked.Length; n++)
                rows[places[n] = place[clicked[n]] - 1] = clicked[n];
            return rows;
        }

        // Where the clicks of each user lie on the rows of each block: from its bound to the next one.
        private static int[] Bounds(ReadOnlySpan<int> rowStarts, int[] places, int rows, int blockRows)
        {
            int blocks = (rows + blockRows - 1) / blockRows;
            var bounds = new int[(rowStarts.Length - 1) * (blocks + 1)];
            for (int user = 0, n = 0; user < rowStarts.Length - 1; user++)
            {
                int click = rowStarts[user];
                for (int block = 0; block <= blocks; block++)
                {
                    while (click < rowStarts[user + 1] && places[click] < block * blockRows)
                        click++;
                    bounds[n++] = click;
                }
            }
            return bounds;
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

        /// <summary>The clicks of users, cut into those of each block of rows.</summary>
        private readonly struct Clicks(int* places, float* values, int* bounds, int boundsPerUser)
        {
            public int Blocks => boundsPerUser - 1;

            public MatrixRows Of(int user, int block, float* rows, int strip)
            {
                int* bound = bounds + (long)user * boundsPerUser + block;
                return new(bound[1] - bound[0], places + bound[0], values + bound[0], rows, strip);
            }
        }

        /// <summary>Ranks some columns for users from … to - 1 of those whose states are given.</summary>
        private readonly struct DenseKernel(Clicks clicks, float* block, int rows, int strip, int first, int columns,
            TopK.Cpu.Barred barred, int k, int capacity, TopK.Cpu.State* states, ulong* keys) : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                float* scores = AlignedBuffer.Reserve(ref scratch, Math.Min(UsersPerGroup, to - from) * strip);
                for (int column = 0; column < columns; column += strip)
                    for (int group = from; group < to; group += UsersPerGroup)
                        Rank<V>(group, Math.Min(group + UsersPerGroup, to), column, scores);
            }

            private void Rank<V>(int from, int to, int column, float* scores) where V : unmanaged, ISimd<V>
            {
                int count = Math.Min(strip, columns - column);
                new Span<float>(scores, (to - from) * strip).Clear();
                for (int part = 0; part < clicks.Blocks; part++)
                    for (int n = from; n < to; n++)
                        RowSum.Add<V, MatrixRows>(clicks.Of(states[n].User, part, block + (long)column * rows, strip),
                            count, scores + (n - from) * strip);
                for (int n = from; n < to; n++)
                    TopK.Cpu.Scan<V>(scores + (n - from) * strip, first + column, count, k, keys + (long)n * capacity,
                        capacity, barred, ref states[n]);
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
