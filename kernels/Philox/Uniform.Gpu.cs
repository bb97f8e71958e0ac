using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Uniform
{
    /// <summary>Four columns per thread, from one block of words, or a click; the same bits as the CPU's.</summary>
    public static class Gpu
    {
        /// <summary>
        /// output [B, H] in [0, 1), from the word block (users[b], h / 4) of the stream. Grid (B, ceil(ceil(H / 4) /
        /// 128)), block 128.
        /// </summary>
        public static void Fill(ArrayView<int> users, ArrayView<float> output, ulong seed, ulong step, uint purpose,
            int columns)
        {
            int block = Grid.IdxY * Group.DimX + Group.IdxX, left = columns - 4 * block;
            if (left <= 0)
                return;
            long at = (long)Grid.IdxX * columns + 4 * block;
            (uint w0, uint w1, uint w2, uint w3) =
                new RandomStream(seed, (RandomPurpose)purpose, step).Block((uint)users[Grid.IdxX], (uint)block);
            output[at] = Of(w0);
            if (left > 1)
                output[at + 1] = Of(w1);
            if (left > 2)
                output[at + 2] = Of(w2);
            if (left > 3)
                output[at + 3] = Of(w3);
        }

        /// <summary>
        /// output [N] in [0, 1), from the first word of the block (users[rows[n]], items[n]). One thread per click.
        /// </summary>
        public static void AtClicks(ArrayView<int> users, ArrayView<int> rows, ArrayView<int> items,
            ArrayView<float> output, ulong seed, ulong step, uint purpose, long count)
        {
            long n = Threads.Global;
            if (n < count)
                output[n] = Of(new RandomStream(seed, (RandomPurpose)purpose, step)
                    .Block((uint)users[rows[n]], (uint)items[n]).X0);
        }

        private static float Of(uint word) => (int)(word >> 8) * (1 / 16777216f);
    }
}
