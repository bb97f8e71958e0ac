using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Tanh
{
    /// <summary>One thread per element.</summary>
    public static class Gpu
    {
        /// <summary>y [rows, columns] = tanh(y + bias [columns]), in place.</summary>
        public static void Forward(ArrayView<float> bias, ArrayView<float> y, int rows, int columns)
        {
            long i = Threads.Global;
            if (i < (long)rows * columns)
                y[i] = SimdMath.Tanh(new GpuFloat(y[i] + bias[(int)(i % columns)])).V;
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
