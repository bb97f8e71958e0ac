using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Bias
{
    /// <summary>
    /// Add and SparseAdd: one thread per element. Gradient and Update: a block sums 32 columns. SparseGradient: one
    /// thread per item.
    /// </summary>
    public static class Gpu
    {
        /// <summary>
        /// y [rows, columns] += bias [columns], in place. Grid (rows, ceil(columns / 128)), block 128.
        /// </summary>
        public static void Add(ArrayView<float> bias, ArrayView<float> y, int columns)
        {
            int column = Grid.IdxY * Group.DimX + Group.IdxX;
            if (column < columns)
                y[(long)Grid.IdxX * columns + column] += bias[column];
        }

        /// <summary>values [N] += bias [I] of the item of each. One thread per value.</summary>
        public static void SparseAdd(ArrayView<int> items, ArrayView<float> values, ArrayView<float> bias, long count)
        {
            long n = Threads.Global;
            if (n < count)
                values[n] += bias[items[n]];
        }

        /// <summary>
        /// dBias [columns] = column sums of dY [rows, columns]: row r goes to lane r % Y, and the lanes are added in a
        /// tree. Block (32, Y), Y a power of two up to 32.
        /// </summary>
        [Block(Reduce.Columns * Reduce.MostColumnLanes)]
        public static void Gradient(ArrayView<float> dY, ArrayView<float> dBias, int rows, int columns)
        {
            int column = Grid.IdxX * Reduce.Columns + Group.IdxX;
            float sum = ColumnSum(dY, rows, columns, column);
            if (Group.IdxY == 0 && column < columns)
                dBias[column] = sum;
        }

        /// <summary>
        /// Adam's update of bias [columns] by its gradient, the column sums of dY [rows, columns].
        /// Block as for Gradient.
        /// </summary>
        [Block(Reduce.Columns * Reduce.MostColumnLanes)]
        public static void Update(ArrayView<float> dY, ArrayView<float> bias, ArrayView<float> m, ArrayView<float> v,
            int rows, int columns, AdamConstants step)
        {
            int column = Grid.IdxX * Reduce.Columns + Group.IdxX;
            float sum = ColumnSum(dY, rows, columns, column);
            if (Group.IdxY == 0 && column < columns)
                step.Update(column, sum, bias, m, v);
        }

        /// <summary>
        /// dBias [I] = the sum of the values [N] of each item, by the batch's index of items. One thread per item.
        /// </summary>
        public static void SparseGradient(ArrayView<int> itemStarts, ArrayView<int> clicks, ArrayView<float> values,
            ArrayView<float> dBias, long items)
        {
            long item = Threads.Global;
            if (item >= items)
                return;
            float sum = 0;
            for (int n = itemStarts[item]; n < itemStarts[item + 1]; n++)
                sum += values[clicks[n]];
            dBias[item] = sum;
        }

        private static float ColumnSum(ArrayView<float> dY, int rows, int columns, int column)
        {
            int lane = Group.IdxY;
            float sum = 0;
            if (column < columns)
                for (int row = lane; row < rows; row += Group.DimY)
                    sum += dY[(long)row * columns + column];
            return Reduce.ColumnSum(lane, sum);
        }
    }
}
