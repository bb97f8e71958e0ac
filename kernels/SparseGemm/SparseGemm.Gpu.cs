using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class SparseGemm
{
    /// <summary>
    /// One thread per column of a row; each sum is one chain of fused multiply-adds, with the same bits as the CPU's.
    /// </summary>
    public static class Gpu
    {
        /// <summary>y [B, H] = x w, for sparse x and w [I, H]. Grid (B, ceil(H / 128)), block 128.</summary>
        public static void Gather(ArrayView<int> rowStarts, ArrayView<int> items, ArrayView<float> values,
            ArrayView<float> w, ArrayView<float> y, int columns)
        {
            int row = Grid.IdxX, column = Grid.IdxY * Group.DimX + Group.IdxX;
            if (column >= columns)
                return;
            int n = rowStarts[row], end = rowStarts[row + 1];
            float sum = 0;
            // Four rows of W are requested before the first is used.
            for (; n + 4 <= end; n += 4)
            {
                float w0 = w[(long)items[n] * columns + column], w1 = w[(long)items[n + 1] * columns + column];
                float w2 = w[(long)items[n + 2] * columns + column], w3 = w[(long)items[n + 3] * columns + column];
                sum = Ptx.Fma(values[n], w0, sum);
                sum = Ptx.Fma(values[n + 1], w1, sum);
                sum = Ptx.Fma(values[n + 2], w2, sum);
                sum = Ptx.Fma(values[n + 3], w3, sum);
            }
            for (; n < end; n++)
                sum = Ptx.Fma(values[n], w[(long)items[n] * columns + column], sum);
            y[(long)row * columns + column] = sum;
        }

        /// <summary>
        /// dW [I, H] = x^T dY [B, H], by the batch's index of items; 0 where an item has no click.
        /// Grid (I, ceil(H / 128)), block 128.
        /// </summary>
        public static void Scatter(ArrayView<int> itemStarts, ArrayView<int> clicks, ArrayView<int> itemRows,
            ArrayView<float> values, ArrayView<float> dY, ArrayView<float> dW, int columns)
        {
            int column = Grid.IdxY * Group.DimX + Group.IdxX;
            if (column < columns)
                dW[(long)Grid.IdxX * columns + column] =
                    Gradient(itemStarts, clicks, itemRows, values, dY, columns, column);
        }

        /// <summary>Scatter, then Adam's update of w [I, H] by it. Grid (I, ceil(H / 128)), block 128.</summary>
        public static void Update(ArrayView<int> itemStarts, ArrayView<int> clicks, ArrayView<int> itemRows,
            ArrayView<float> values, ArrayView<float> dY, ArrayView<float> w, ArrayView<float> m, ArrayView<float> v,
            int columns, AdamConstants step)
        {
            int column = Grid.IdxY * Group.DimX + Group.IdxX;
            if (column < columns)
                step.Update((long)Grid.IdxX * columns + column,
                    Gradient(itemStarts, clicks, itemRows, values, dY, columns, column), w, m, v);
        }

        /// <summary>Update of the rows whose item has a click, the others being left. The same grid.</summary>
        public static void UpdateClicked(ArrayView<int> itemStarts, ArrayView<int> clicks, ArrayView<int> itemRows,
            ArrayView<float> values, ArrayView<float> dY, ArrayView<float> w, ArrayView<float> m, ArrayView<float> v,
            int columns, AdamConstants step)
        {
            int column = Grid.IdxY * Group.DimX + Group.IdxX;
            if (column < columns && itemStarts[Grid.IdxX] < itemStarts[Grid.IdxX + 1])
                step.Update((long)Grid.IdxX * columns + column,
                    Gradient(itemStarts, clicks, itemRows, values, dY, columns, column), w, m, v);
        }

        private static float Gradient(ArrayView<int> itemStarts, ArrayView<int> clicks, ArrayView<int> itemRows,
            ArrayView<float> values, ArrayView<float> dY, int columns, int column)
        {
            int i = itemStarts[Grid.IdxX], end = itemStarts[Grid.IdxX + 1];
            float sum = 0;
            for (; i + 4 <= end; i += 4)
            {
                float d0 = dY[(long)itemRows[i] * columns + column];
                float d1 = dY[(long)itemRows[i + 1] * columns + column];
                float d2 = dY[(long)itemRows[i + 2] * columns + column];
                float d3 = dY[(long)itemRows[i + 3] * columns + column];
                sum = Ptx.Fma(values[clicks[i]], d0, sum);
                sum = Ptx.Fma(values[clicks[i + 1]], d1, sum);
                sum = Ptx.Fma(values[clicks[i + 2]], d2, sum);
                sum = Ptx.Fma(values[clicks[i + 3]], d3, sum);
            }
            for (; i < end; i++)
                sum = Ptx.Fma(values[clicks[i]], dY[(long)itemRows[i] * columns + column], sum);
            return sum;
        }
    }
}
