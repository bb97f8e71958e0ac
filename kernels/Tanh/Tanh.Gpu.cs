using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Tanh
{
    /// <summary>One thread per element.</summary>
    public static class Gpu
    {
        /// <summary>
        /// y [rows, columns] = tanh(y + bias [columns]), in place. Grid (rows, ceil(columns / 128)), block 128.
        /// </summary>
        public static void Forward(ArrayView<float> bias, ArrayView<float> y, int columns)
        {
            int column = Grid.IdxY * Group.DimX + Group.IdxX;
            long i = (long)Grid.IdxX * columns + column;
            if (column < columns)
                y[i] = SimdMath.Tanh(new GpuFloat(y[i] + bias[column])).V;
        }

        /// <summary>dY = dY (1 - y^2), in place.</summary>
        public static void Backward(ArrayView<float> y, ArrayView<float> dY, long count)
        {
            long i = Threads.Global;
            if (i < count)
                dY[i] = dY[i] * (1 - y[i] * y[i]);
        }
    }
}
