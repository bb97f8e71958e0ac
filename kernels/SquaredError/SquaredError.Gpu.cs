using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class SquaredError
{
    /// <summary>Sixteen threads per row, on the CPU's lanes: the same bits.</summary>
    public static class Gpu
    {
        /// <summary>
        /// loss [B] = sum (p + bias - x)^2 over each row's ratings, whose p becomes 2 (p + bias - x).
        /// </summary>
        public static void Loss(ArrayView<int> rowStarts, ArrayView<int> items, ArrayView<float> ratings,
            ArrayView<float> bias, ArrayView<float> predictions, ArrayView<float> loss, int rows)
        {
            int row = Grid.GlobalIndex.X / Reduce.Lanes, lane = Group.IdxX & (Reduce.Lanes - 1);
            int start = row < rows ? rowStarts[row] : 0, end = row < rows ? rowStarts[row + 1] : 0;
            float sum = 0;
            for (int n = start + lane; n < end; n += Reduce.Lanes)
            {
                float error = predictions[n] + bias[items[n]] - ratings[n];
                predictions[n] = error + error;
                sum += error * error;
            }
            sum = Reduce.LaneSum(sum);
            if (row < rows && lane == 0)
                loss[row] = sum;
        }

        /// <summary>
        /// dY [B, H] = factor (y - target), and loss [B] = sum (y - target)^2 over each row; dY may be either of them.
        /// </summary>
        public static void Dense(ArrayView<float> y, ArrayView<float> target, ArrayView<float> dY,
            ArrayView<float> loss, float factor, int rows, int columns)
        {
            int row = Grid.GlobalIndex.X / Reduce.Lanes, lane = Group.IdxX & (Reduce.Lanes - 1);
            long at = row < rows ? (long)row * columns : 0;
            float sum = 0;
            for (int h = lane; h < (row < rows ? columns : 0); h += Reduce.Lanes)
            {
                float error = y[at + h] - target[at + h];
                dY[at + h] = factor * error;
                sum += error * error;
            }
            sum = Reduce.LaneSum(sum);
            if (row < rows && lane == 0)
                loss[row] = sum;
        }
    }
}
