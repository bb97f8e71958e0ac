using ILGPU;
using ILGPU.Algorithms;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class LayerNorm
{
    /// <summary>
    /// Forward and BackwardRows: sixteen threads per row, the same bits as the CPU's. BackwardColumns: a
    /// block sums 32 columns, in a tree.
    /// </summary>
    public static class Gpu
    {
        /// <summary>
        /// y [rows, columns] = weight (x - mean) inverse + bias; statistics [rows, 2] = mean and inverse,
        /// 1 / sqrt(variance + epsilon), of each row. y may be x.
        /// </summary>
        public static void Forward(ArrayView<float> x, ArrayView<float> weight, ArrayView<float> bias,
            ArrayView<float> y, ArrayView<float> statistics, float epsilon, int rows, int columns)
        {
            int row = Grid.GlobalIndex.X / Reduce.Lanes, lane = Group.IdxX & (Reduce.Lanes - 1);
            int end = row < rows ? columns : 0;
            long start = (long)row * columns;
            float sum = 0;
            for (int i = lane; i < end; i += Reduce.Lanes)
                sum += x[start + i];
            float mean = Reduce.LaneSum(sum) / columns;
            sum = 0;
            for (int i = lane; i < end; i += Reduce.Lanes)
                sum += (x[start + i] - mean) * (x[start + i] - mean);
            float inverse = 1 / XMath.Sqrt(Reduce.LaneSum(sum) / columns + epsilon);
            for (int i = lane; i < end; i += Reduce.Lanes)
                y[start + i] = Ptx.Fma((x[start + i] - mean) * inverse, weight[i], bias[i]);
            if (row < rows && lane == 0)
            {
                statistics[2L * row] = mean;
                statistics[2L * row + 1] = inverse;
            }
        }

        /// <summary>
        /// dX = (dn - avg(dn) - n avg(dn n)) inverse, n = (x - mean) inverse and dn = dY weight, with averages over the
        /// row. dX may be dY, once BackwardColumns has read it.
        /// </summary>
        public static void BackwardRows(ArrayView<float> x, ArrayView<float> weight, ArrayView<float> statistics,
            ArrayView<float> dY, ArrayView<float> dX, int rows, int columns)
        {
            int row = Grid.GlobalIndex.X / Reduce.Lanes, lane = Group.IdxX & (Reduce.Lanes - 1);
            int end = row < rows ? columns : 0;
            long start = (long)row * columns;
            float mean = 0, inverse = 0, sum = 0, sumByN = 0;
            if (row < rows)
            {
                mean = statistics[2L * row];
                inverse = statistics[2L * row + 1];
            }
            for (int i = lane; i < end; i += Reduce.Lanes)
            {
                float dn = dY[start + i] * weight[i];
                sum += dn;
                sumByN += dn * ((x[start + i] - mean) * inverse);
            }
            float average = Reduce.LaneSum(sum) / columns, averageByN = Reduce.LaneSum(sumByN) / columns;
            for (int i = lane; i < end; i += Reduce.Lanes)
                dX[start + i] = (dY[start + i] * weight[i] - average
                    - (x[start + i] - mean) * inverse * averageByN) * inverse;
        }

        /// <summary>
        /// dWeight [columns] = column sums of dY n, dBias [columns] those of dY. Block (32, Y), Y
        /// a power of two up to 32.
        /// </summary>
        [Block(Reduce.Columns * Reduce.MostColumnLanes)]
        public static void BackwardColumns(ArrayView<float> x, ArrayView<float> statistics, ArrayView<float> dY,
            ArrayView<float> dWeight, ArrayView<float> dBias, int rows, int columns)
        {
            int lane = Group.IdxY, column = Grid.IdxX * Reduce.Columns + Group.IdxX;
            float weightSum = 0, biasSum = 0;
            if (column < columns)
                for (int row = lane; row < rows; row += Group.DimY)
                {
                    long at = (long)row * columns + column;
                    weightSum = Ptx.Fma(dY[at], (x[at] - statistics[2L * row]) * statistics[2L * row + 1], weightSum);
                    biasSum += dY[at];
                }
            weightSum = Reduce.ColumnSum(lane, weightSum);
            biasSum = Reduce.ColumnSum(lane, biasSum);
            if (lane == 0 && column < columns)
            {
                dWeight[column] = weightSum;
                dBias[column] = biasSum;
            }
        }
    }
}
