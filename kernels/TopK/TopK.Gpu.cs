using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class TopK
{
    /// <summary>
    /// Ranks scores that come in blocks of items: after each block, the k best keys so far. A key, the same as on the
    /// CPU, is score and item as one number that rises with the rank; 0 is none. All keys differ, so the k best are
    /// one set and, sorted, one list.
    /// </summary>
    public static class Gpu
    {
        // Bits and values of a digit of a key, and bits of a key, which is searched digit by digit from the top.
        private const int DigitBits = 8, Digits = 1 << DigitBits, KeyBits = 64;

        // Bits of the NaN that stands for an excluded score; the NaN that GPUs produce is 0x7FFFFFFF.
        private const uint Excluded = 0xFFFFFFFF, Infinity = 0x7F800000, Sign = 0x80000000;

        /// <summary>
        /// Marks the users' own items, ascending for each user, in the scores [B, width] of the items
        /// first … first + width - 1. One block per user.
        /// </summary>
        public static void Exclude(ArrayView<float> scores, ArrayView<int> rowStarts, ArrayView<int> items, int first,
            int width)
        {
            int row = Grid.IdxX, end = rowStarts[row + 1];
            int own = RowLossGpu.LowerBound(items, rowStarts[row], end, first);
            for (int n = own + Group.IdxX; n < end; n += Group.DimX)
                if (items[n] < first + width)
                    scores[(long)row * width + (items[n] - first)] = Interop.IntAsFloat(Excluded);
        }

        /// <summary>
        /// Marks the items that nobody may get in the scores [B, width] of the items first … first + width - 1. One row
        /// of blocks per user, one thread per item.
        /// </summary>
        public static void Mask(ArrayView<float> scores, ArrayView<byte> forbidden, int first, int width)
        {
            int i = Grid.IdxY * Group.DimX + Group.IdxX;
            if (i < width && forbidden[first + i] != 0)
                scores[(long)Grid.IdxX * width + i] = Interop.IntAsFloat(Excluded);
        }

        /// <summary>
        /// keys [B, k], best first: the k best of the keys (unless it is the first block) and of the scores [B, width]
        /// of the items from first on. One block of 256 per user; k up to 1024.
        /// </summary>
        public static void Merge(ArrayView<float> scores, ArrayView<ulong> keys, int first, int width, int k,
            int isFirst)
        {
            var kept = SharedMemory.Allocate<ulong>(TopKLaunch.MostKept);
            var histogram = SharedMemory.Allocate<int>(Digits);
            var found = SharedMemory.Allocate<int>(1);
            int row = Grid.IdxX, thread = Group.IdxX;
            ArrayView<float> rowScores = scores.SubView((long)row * width, width);
            ArrayView<ulong> rowKeys = keys.SubView((long)row * k, k);
            int candidates = isFirst != 0 ? width : width + k;

            // The digits of the k-th best key. Better keys are greater by some digit; of those that are
            // equal so far, `wanted` are among the best too.
            ulong prefix = 0;
            int wanted = k;
            for (int shift = KeyBits - DigitBits; shift >= 0; shift -= DigitBits)
            {
                histogram[thread] = 0;
                Group.Barrier();
                for (int i = thread; i < candidates; i += Reduce.BlockSize)
                {
                    ulong key = Candidate(rowScores, rowKeys, first, width, i);
                    if (key != 0 && (shift == KeyBits - DigitBits || (key ^ prefix) >> (shift + DigitBits) == 0))
                        Atomic.Add(ref histogram[(int)(key >> shift) & (Digits - 1)], 1);
                }
                Group.Barrier();
                int digit = Digits - 1, above = 0;
                while (digit > 0 && above + histogram[digit] < wanted)
                    above += histogram[digit--];
                prefix |= (ulong)digit << shift;
                wanted -= above;
                // All keys that begin like this are among the best.
                if (histogram[digit] == wanted)
                    break;
                Group.Barrier();
            }

            if (thread == 0)
                found[0] = 0;
            for (int i = thread; i < TopKLaunch.MostKept; i += Reduce.BlockSize)
                kept[i] = 0;
            Group.Barrier();
            for (int i = thread; i < candidates; i += Reduce.BlockSize)
            {
                ulong key = Candidate(rowScores, rowKeys, first, width, i);
                if (key != 0 && key >= prefix)
                    kept[Atomic.Add(ref found[0], 1)] = key;
            }
            Group.Barrier();
            SortDescending(kept, k);
            for (int i = thread; i < k; i += Reduce.BlockSize)
                rowKeys[i] = kept[i];
        }

        private static ulong Candidate(ArrayView<float> scores, ArrayView<ulong> keys, int first, int width, int i) =>
            i < width ? Key(scores[i], first + i) : keys[i - width];

        /// <summary>
        /// The score's bits, changed so that they rise with the score and are 0 for NaN, above the item's complement;
        /// 0 where the score is excluded.
        /// </summary>
        private static ulong Key(float score, int item)
        {
            if (Interop.FloatAsInt(score) == Excluded)
                return 0;
            uint bits = Interop.FloatAsInt(score);
            // -0 ranks as 0.
            bits = bits == Sign ? 0 : bits;
            uint rising = (bits & ~Sign) > Infinity ? 0 : (bits & Sign) != 0 ? ~bits : bits | Sign;
            return (ulong)rising << 32 | ~(uint)item;
        }

        /// <summary>
        /// Batcher's bitonic sort, by the block, of the smallest power of two of keys that holds count.
        /// </summary>
        private static void SortDescending(ArrayView<ulong> keys, int count)
        {
            int length = 1;
            while (length < count)
                length *= 2;
            for (int run = 2; run <= length; run *= 2)
                for (int distance = run / 2; distance > 0; distance /= 2)
                {
                    for (int pair = Group.IdxX; pair < length / 2; pair += Reduce.BlockSize)
                    {
                        int i = 2 * pair - (pair & (distance - 1));
                        ulong a = keys[i], b = keys[i + distance];
                        if ((a < b) == ((i & run) == 0))
                        {
                            keys[i] = b;
                            keys[i + distance] = a;
                        }
                    }
                    Group.Barrier();
                }
        }
    }
}
