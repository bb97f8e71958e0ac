namespace VaeCf.Kernels;

public static partial class TopK
{
    /// <summary>
    /// Float, vectors and threads. Candidates are keys, numbers that rise with the rank, so that ranking is comparing
    /// integers: a ranking gathers the keys of what passes its bound, the k-th best score so far, and from time to time
    /// keeps only the best.
    /// </summary>
    public static unsafe partial class Cpu
    {
        /// <summary>
        /// Score and index as one number that rises with the rank: above, the score's bits, made to rise with the score
        /// and 0 for NaN; below, the index's complement.
        /// </summary>
        internal static ulong Key(float score, int index)
        {
            // Adding 0 makes -0 into 0.
            int bits = BitConverter.SingleToInt32Bits(score + 0f);
            uint rising = float.IsNaN(score) ? 0 : (uint)(bits ^ ((bits >> 31) | int.MinValue));
            return (ulong)rising << 32 | ~(uint)index;
        }

        internal static int Index(ulong key) => (int)~(uint)key;

        internal static float Score(ulong key)
        {
            int rising = (int)(key >> 32);
            return rising == 0
                ? float.NaN
                : BitConverter.Int32BitsToSingle(rising < 0 ? rising ^ int.MinValue : ~rising);
        }

        /// <summary>
        /// Puts the k greatest of some keys, all different, first, the least of those at k - 1 (quickselect).
        /// </summary>
        /// <param name="keys">More than k of them.</param>
        /// <param name="k">At least 1.</param>
        internal static void Select(Span<ulong> keys, int k)
        {
            int start = 0, end = keys.Length;
            while (true)
            {
                // The median of three goes last and divides the others: greater ones to the front, without a branch.
                int middle = start + (end - start) / 2, last = end - 1;
                if (keys[start] < keys[middle])
                    (keys[start], keys[middle]) = (keys[middle], keys[start]);
                if (keys[last] < keys[middle])
                    (keys[last], keys[middle]) = (keys[middle], keys[last]);
                if (keys[start] < keys[last])
                    (keys[start], keys[last]) = (keys[last], keys[start]);
                ulong pivot = keys[last];
                int greater = start;
                for (int i = start; i < last; i++)
                {
                    ulong key = keys[i];
                    keys[i] = keys[greater];
                    keys[greater] = key;
                    greater += key > pivot ? 1 : 0;
                }
                (keys[greater], keys[last]) = (keys[last], keys[greater]);
                if (greater == k - 1)
                    return;
                if (greater < k - 1)
                    start = greater + 1;
                else
                    end = greater;
            }
        }
    }
}
