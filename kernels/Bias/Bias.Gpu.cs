using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Bias
{
    /// <summary>Add and AddTanh: one thread per element. Gradient and Update: a block of 32 x 8 threads sums 32 columns.</summary>
    public static class Gpu
    {
        // Columns of a block, and threads that share a column.
        private const int Columns = 32, Lanes = 8;

        /// <summary>y [rows, columns] += bias [columns], in place.</summary>
        public static void Add(ArrayView<float> bias, ArrayView<float> y, int rows, int columns)
        {
            long i = Threads.Global;
            if (i < (long)rows * columns)
                y[i] += bias[(int)(i % columns)];
        }

        /// <summary>y [rows, columns] = tanh(y + bias [columns]), in place.</summary>
        public static void AddTanh(ArrayView<float> bias, ArrayView<float> y, int rows, int columns)
        {
            long i = Threads.Global;
            if (i < (long)rows * columns)
                y[i] = SimdMath.Tanh(new GpuFloat(y[i] + bias[(int)(i % columns)])).V;
        }

        /// <summary>dBias [columns] = column sums of dY [rows, columns]: row r goes to lane r % 8, the lanes are added in a tree. Block (32, 8).</summary>
        public static void Gradient(ArrayView<float> dY, ArrayView<float> dBias, int rows, int columns)
        {
            int column = Grid.IdxX * Columns + Group.IdxX;
            float sum = ColumnSum(dY, rows, columns, column);
            if (Group.IdxY == 0 && column < columns)
                dBias[column] = sum;
        }

        /// <summary>Adam's update of bias [columns] by its gradient, the column sums of dY [rows, columns]. Block (32, 8).</summary>
        public static void Update(ArrayView<float> dY, ArrayView<float> bias, ArrayView<float> m, ArrayView<float> v, int rows, int columns, AdamConstants step)
        {
            int column = Grid.IdxX * Columns + Group.IdxX;
            float sum = ColumnSum(dY, rows, columns, column);
            if (Group.IdxY == 0 && column < columns)
                step.Update(column, sum, bias, m, v);
        }

        private static float ColumnSum(ArrayView<float> dY, int rows, int columns, int column)
        {
            var lanes = SharedMemory.Allocate<float>(Columns * Lanes);
            int lane = Group.IdxY, at = lane * Columns + Group.IdxX;
            float sum = 0;
            if (column < columns)
                for (int row = lane; row < rows; row += Lanes)
                    sum += dY[(long)row * columns + column];
            lanes[at] = sum;
            Group.Barrier();
            for (int half = Lanes / 2; half > 0; half /= 2)
            {
                if (lane < half)
                    lanes[at] += lanes[at + half * Columns];
                Group.Barrier();
            }
            return lanes[Group.IdxX];
        }
    }
}
