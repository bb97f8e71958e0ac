using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The clicks of some users, gathered on the GPU from the clicks of all: rows of a compressed matrix, and
/// their index by item. Called at the start of every step on the GPU; on the CPU the host cuts out the batch,
/// and <c>ItemIndex</c> indexes it.
/// </summary>
public static class Batch
{
    /// <summary>
    /// All atomics are on integers, so the order in which they arrive changes no result: what they place in any
    /// order is put in order afterwards.
    /// </summary>
    public static class Gpu
    {
        private const int WarpSize = 32, ScanThreads = BatchLaunch.ScanThreads;

        // The most clicks of an item for which a thread finds its click's place by looking at all of them; and bits of
        // a word.
        private const int Few = 64, WordBits = 32;

        /// <summary>
        /// rowStarts [B + 1]: where each user's clicks begin in the batch, and the end of the last. One block of 1024.
        /// </summary>
        [Block(ScanThreads)]
        public static void RowStarts(ArrayView<int> users, ArrayView<long> allStarts, ArrayView<int> rowStarts,
            int rows)
        {
            int carry = 0;
            for (int start = 0; start < rows; start += ScanThreads)
            {
                int row = start + Group.IdxX;
                int count = row < rows ? (int)(allStarts[users[row] + 1] - allStarts[users[row]]) : 0;
                int end = carry + Scan(count, out int total);
                if (row < rows)
                    rowStarts[row + 1] = end;
                carry += total;
            }
            if (Group.IdxX == 0)
                rowStarts[0] = 0;
        }

        /// <summary>Item and row of each click of the batch; each counts 1. One block per row.</summary>
        public static void Copy(ArrayView<int> users, ArrayView<long> allStarts, ArrayView<int> allItems,
            ArrayView<int> rowStarts, ArrayView<int> items, ArrayView<int> rows, ArrayView<float> counts)
        {
            int row = Grid.IdxX, start = rowStarts[row], end = rowStarts[row + 1];
            long source = allStarts[users[row]] - start;
            for (int n = start + Group.IdxX; n < end; n += Group.DimX)
            {
                items[n] = allItems[source + n];
                rows[n] = row;
                counts[n] = 1;
            }
        }

        /// <summary>What each click counts, where the matrix stores it. One block per row.</summary>
        public static void CopyCounts(ArrayView<int> users, ArrayView<long> allStarts, ArrayView<float> allValues,
            ArrayView<int> rowStarts, ArrayView<float> counts)
        {
            int row = Grid.IdxX, start = rowStarts[row], end = rowStarts[row + 1];
            long source = allStarts[users[row]] - start;
            for (int n = start + Group.IdxX; n < end; n += Group.DimX)
                counts[n] = allValues[source + n];
        }

        /// <summary>totals [B] = scale times the sum of each user's counts. Sixteen threads per row.</summary>
        public static void Totals(ArrayView<int> rowStarts, ArrayView<float> counts, ArrayView<float> totals,
            float scale, int rows)
        {
            int row = Grid.GlobalIndex.X / Reduce.Lanes, lane = Group.IdxX & (Reduce.Lanes - 1);
            int start = row < rows ? rowStarts[row] : 0, end = row < rows ? rowStarts[row + 1] : 0;
            float sum = 0;
            for (int n = start + lane; n < end; n += Reduce.Lanes)
                sum += counts[n];
            sum = Reduce.LaneSum(sum);
            if (row < rows && lane == 0)
                totals[row] = scale * sum;
        }

        /// <summary>values [count] = value: a weight that is the same for every user.</summary>
        public static void Fill(ArrayView<float> values, float value, long count)
        {
            long i = Threads.Global;
            if (i < count)
                values[i] = value;
        }

        /// <summary>
        /// Counts the clicks of each item in itemStarts [I + 1], which is zero before. One thread per click.
        /// </summary>
        public static void CountItems(ArrayView<int> items, ArrayView<int> itemStarts, int clicks)
        {
            int n = Grid.GlobalIndex.X;
            if (n < clicks)
                Atomic.Add(ref itemStarts[items[n]], 1);
        }

        /// <summary>
        /// Turns the counts in itemStarts [I + 1] into where each item's clicks begin, and the end of the last;
        /// cursor [I] gets the same. One block of 1024.
        /// </summary>
        [Block(ScanThreads)]
        public static void ItemStarts(ArrayView<int> itemStarts, ArrayView<int> cursor, int itemCount)
        {
            int carry = 0;
            for (int start = 0; start < itemCount; start += ScanThreads)
            {
                int item = start + Group.IdxX;
                int count = item < itemCount ? itemStarts[item] : 0;
                int first = carry + Scan(count, out int total) - count;
                if (item < itemCount)
                {
                    itemStarts[item] = first;
                    cursor[item] = first;
                }
                carry += total;
            }
            if (Group.IdxX == 0)
                itemStarts[itemCount] = carry;
        }

        /// <summary>
        /// unordered [N]: the clicks of each item from itemStarts on, in any order; cursor moves on.
        /// One thread per click.
        /// </summary>
        public static void Place(ArrayView<int> items, ArrayView<int> cursor, ArrayView<int> unordered, int clicks)
        {
            int n = Grid.GlobalIndex.X;
            if (n < clicks)
                unordered[Atomic.Add(ref cursor[items[n]], 1)] = n;
        }

        /// <summary>
        /// ordered [N] and itemRows [N]: the clicks of each item that has few, and their rows, ascending. One thread
        /// per click, whose place is the number of its item's clicks that come before it.
        /// </summary>
        public static void Order(ArrayView<int> items, ArrayView<int> rows, ArrayView<int> itemStarts,
            ArrayView<int> unordered, ArrayView<int> ordered, ArrayView<int> itemRows, int clicks)
        {
            int n = Grid.GlobalIndex.X;
            if (n >= clicks)
                return;
            int start = itemStarts[items[n]], end = itemStarts[items[n] + 1], place = start;
            if (end - start > Few)
                return;
            for (int i = start; i < end; i++)
                place += unordered[i] < n ? 1 : 0;
            ordered[place] = n;
            itemRows[place] = rows[n];
        }

        /// <summary>
        /// Order for the items with more clicks: their rows as bits, 32,768 at a time; a click's place is the number of
        /// bits that come before its own. Blocks of 1024, which take the items in turn.
        /// </summary>
        [Block(ScanThreads)]
        public static void OrderMany(ArrayView<int> rows, ArrayView<int> itemStarts, ArrayView<int> unordered,
            ArrayView<int> ordered, ArrayView<int> itemRows, int itemCount, int rowCount)
        {
            var bits = SharedMemory.Allocate<uint>(ScanThreads);
            var before = SharedMemory.Allocate<int>(ScanThreads);
            int thread = Group.IdxX;
            for (int item = Grid.IdxX; item < itemCount; item += Grid.DimX)
            {
                int start = itemStarts[item], end = itemStarts[item + 1], next = start;
                if (end - start <= Few)
                    continue;
                for (int first = 0; first < rowCount; first += ScanThreads * WordBits)
                {
                    bits[thread] = 0;
                    Group.Barrier();
                    for (int i = start + thread; i < end; i += ScanThreads)
                    {
                        int row = rows[unordered[i]] - first;
                        if (row >= 0 && row < ScanThreads * WordBits)
                            Atomic.Or(ref bits[row / WordBits], 1u << (row % WordBits));
                    }
                    Group.Barrier();
                    int count = IntrinsicMath.PopCount(bits[thread]);
                    before[thread] = next + Scan(count, out int total) - count;
                    Group.Barrier();
                    for (int i = start + thread; i < end; i += ScanThreads)
                    {
                        int n = unordered[i], row = rows[n] - first;
                        if (row < 0 || row >= ScanThreads * WordBits)
                            continue;
                        int place = before[row / WordBits]
                            + IntrinsicMath.PopCount(bits[row / WordBits] & ((1u << (row % WordBits)) - 1));
                        ordered[place] = n;
                        itemRows[place] = first + row;
                    }
                    next += total;
                    Group.Barrier();
                }
            }
        }

        /// <summary>The sum of the values of the block's threads up to and including this one, and of all.</summary>
        private static int Scan(int value, out int total)
        {
            var sums = SharedMemory.Allocate<int>(WarpSize);
            int lane = Group.IdxX & (WarpSize - 1), warp = Group.IdxX / WarpSize;
            int sum = WarpScan(value, lane);
            Group.Barrier();
            if (lane == WarpSize - 1)
                sums[warp] = sum;
            Group.Barrier();
            int ends = WarpScan(sums[lane], lane), before = Warp.Shuffle(ends, (warp - 1) & (WarpSize - 1));
            total = Warp.Shuffle(ends, WarpSize - 1);
            return warp == 0 ? sum : before + sum;
        }

        private static int WarpScan(int value, int lane)
        {
            for (int distance = 1; distance < WarpSize; distance *= 2)
            {
                int before = Warp.ShuffleUp(value, distance);
                value += lane >= distance ? before : 0;
            }
            return value;
        }
    }
}
