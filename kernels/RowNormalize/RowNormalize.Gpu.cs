using ILGPU;
using ILGPU.Algorithms;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class RowNormalize
{
    /// <summary>Sixteen threads per row; the same bits as the CPU's.</summary>
    public static class Gpu
    {
        /// <summary>
        /// y_r = x_r / ||x_r|| for rows of clicks [rowStarts[r], rowStarts[r + 1]); a row that is empty or all
        /// zero stays as it is. y may be x.
        /// </summary>
        public static void Forward(ArrayView<int> rowStarts, ArrayView<float> x, ArrayView<float> y, int rows)
        {
            (_, int start, int end) = Clicks(rowStarts, rows);
            float norm = Norm(x, start, end);
            for (int n = start; n < end; n += Reduce.Lanes)
                y[n] = x[n] / norm;
        }

        /// <summary>
        /// Forward, then dropout: y_r = x_r / ||x_r|| * mask / keep, where the mask is 1 if the first word of the
        /// stream's block (users[r], items[n]) is below the threshold, keep * 2^32 rounded up, else 0.
        /// </summary>
        public static void Dropout(ArrayView<int> rowStarts, ArrayView<float> x, ArrayView<float> y,
            ArrayView<int> users, ArrayView<int> items, ulong seed, ulong step, ulong threshold, uint purpose,
            float keep, int rows)
        {
            (int row, int start, int end) = Clicks(rowStarts, rows);
            float norm = Norm(x, start, end);
            var stream = new RandomStream(seed, (RandomPurpose)purpose, step);
            uint user = row < rows ? (uint)users[row] : 0;
            for (int n = start; n < end; n += Reduce.Lanes)
                y[n] = x[n] / norm * (stream.Block(user, (uint)items[n]).X0 < threshold ? 1f : 0f) / keep;
        }

        /// <summary>The thread's row, its first click there, and the end of the row.</summary>
        private static (int Row, int Start, int End) Clicks(ArrayView<int> rowStarts, int rows)
        {
            int row = Grid.GlobalIndex.X / Reduce.Lanes;
            return row < rows
                ? (row, rowStarts[row] + (Group.IdxX & (Reduce.Lanes - 1)), rowStarts[row + 1])
                : (row, 0, 0);
        }

        private static float Norm(ArrayView<float> x, int start, int end)
        {
            float sum = 0;
            for (int n = start; n < end; n += Reduce.Lanes)
                sum += x[n] * x[n];
            sum = Reduce.LaneSum(sum);
            return sum == 0 ? 1 : XMath.Sqrt(sum);
        }
    }
}
