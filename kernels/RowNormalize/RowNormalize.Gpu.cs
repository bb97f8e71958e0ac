using ILGPU;
using ILGPU.Algorithms;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class RowNormalize
{
    /// <summary>Sixteen threads a row; the same bits as the CPU's.</summary>
    public static class Gpu
    {
        /// <summary>y_r = x_r / ||x_r|| for rows of clicks [rowStarts[r], rowStarts[r + 1]); a row that is empty or all zero stays as it is. y may be x.</summary>
        public static void Forward(ArrayView<int> rowStarts, ArrayView<float> x, ArrayView<float> y, int rows)
        {
            int row = Grid.GlobalIndex.X / Reduce.Lanes, lane = Group.IdxX & (Reduce.Lanes - 1);
            int start = row < rows ? rowStarts[row] + lane : 0, end = row < rows ? rowStarts[row + 1] : 0;
            float sum = 0;
            for (int n = start; n < end; n += Reduce.Lanes)
                sum += x[n] * x[n];
            sum = Reduce.LaneSum(sum);
            float norm = sum == 0 ? 1 : XMath.Sqrt(sum);
            for (int n = start; n < end; n += Reduce.Lanes)
                y[n] = x[n] / norm;
        }
    }
}
