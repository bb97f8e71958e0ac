using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Bias
{
    /// <summary>Add and AddTanh: one thread per element. Gradient: a block of 32 x 8 threads sums 32 columns.</summary>
    public static class Gpu
    {
        // Columns of a block of Gradient, and threads that share a column.
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
                y[i] = SimdMath.Tanh(new GpuSimd(y[i] + bias[(int)(i % columns)])).V;
        }

        /// <summary>dBias [columns] = column sums of dY [rows, columns]: row r goes to lane r % 8, the lanes are added in a tree. Block (32, 8).</summary>
        public static void Gradient(ArrayView<float> dY, ArrayView<float> dBias, int rows, int columns)
        {
            var lanes = SharedMemory.Allocate<float>(Columns * Lanes);
            int column = Grid.IdxX * Columns + Group.IdxX, lane = Group.IdxY;
            float sum = 0;
            if (column < columns)
                for (int row = lane; row < rows; row += Lanes)
                    sum += dY[(long)row * columns + column];
            lanes[lane * Columns + Group.IdxX] = sum;
            Group.Barrier();
            for (int half = Lanes / 2; half > 0; half /= 2)
            {
                if (lane < half)
                    lanes[lane * Columns + Group.IdxX] += lanes[(lane + half) * Columns + Group.IdxX];
                Group.Barrier();
            }
            if (lane == 0 && column < columns)
                dBias[column] = lanes[Group.IdxX];
        }
    }
}
