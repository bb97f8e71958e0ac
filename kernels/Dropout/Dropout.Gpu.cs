using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Dropout
{
    /// <summary>
    /// One thread for four elements of a dense mask, which is the reference's, or for one element where a mask is
    /// applied, or for one click. Clicks that are normalised are dropped on the way.
    /// </summary>
    public static class Gpu
    {
        /// <summary>
        /// mask [rows, columns] = 1 where a word of the stream is below the threshold, keep * 2^32 rounded up, else 0:
        /// for (row, column) the word column / Q of the block (row, column % Q), Q = columns / 4 rounded up. One thread
        /// per block of words: grid (rows, ceil(Q / 128)), block 128.
        /// </summary>
        public static void DenseMask(ArrayView<float> mask, ulong seed, ulong step, ulong threshold, uint purpose,
            int columns)
        {
            int quarter = (columns + (PhiloxLaunch.Words - 1)) / PhiloxLaunch.Words;
            int column = Grid.IdxY * Group.DimX + Group.IdxX;
            if (column >= quarter)
                return;
            long start = (long)Grid.IdxX * columns;
            (uint w0, uint w1, uint w2, uint w3) =
                new RandomStream(seed, (RandomPurpose)purpose, step).Block((uint)Grid.IdxX, (uint)column);
            mask[start + column] = w0 < threshold ? 1f : 0f;
            if ((column += quarter) < columns)
                mask[start + column] = w1 < threshold ? 1f : 0f;
            if ((column += quarter) < columns)
                mask[start + column] = w2 < threshold ? 1f : 0f;
            if ((column += quarter) < columns)
                mask[start + column] = w3 < threshold ? 1f : 0f;
        }

        /// <summary>
        /// y [N] = x * mask / keep of the clicks: the mask is 1 where the first word of the stream's block
        /// (users[rows[n]], items[n]) is below the threshold, keep * 2^32 rounded up, else 0. One thread per click.
        /// </summary>
        public static void Clicks(ArrayView<float> x, ArrayView<float> y, ArrayView<int> users, ArrayView<int> rows,
            ArrayView<int> items, ulong seed, ulong step, ulong threshold, uint purpose, float keep, long count)
        {
            long n = Threads.Global;
            if (n >= count)
                return;
            uint word = new RandomStream(seed, (RandomPurpose)purpose, step)
                .Block((uint)users[rows[n]], (uint)items[n]).X0;
            y[n] = x[n] * (word < threshold ? 1f : 0f) / keep;
        }

        /// <summary>values [N] = values * mask / keep, in place.</summary>
        public static void Apply(ArrayView<float> values, ArrayView<float> mask, float keep, long count)
        {
            long n = Threads.Global;
            if (n < count)
                values[n] = values[n] * mask[n] / keep;
        }
    }
}
