using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Swish
{
    /// <summary>One thread per element; the same bits as the CPU's.</summary>
    public static class Gpu
    {
        /// <summary>y = x s(x). y may be x.</summary>
        public static void Forward(ArrayView<float> x, ArrayView<float> y, long count)
        {
            long i = Threads.Global;
            if (i < count)
                y[i] = x[i] * SimdMath.Sigmoid(new GpuFloat(x[i])).V;
        }

        /// <summary>dX = dY s(x) (1 + x (1 - s(x))). dX may be dY.</summary>
        public static void Backward(ArrayView<float> x, ArrayView<float> dY, ArrayView<float> dX, long count)
        {
            long i = Threads.Global;
            if (i >= count)
                return;
            float s = SimdMath.Sigmoid(new GpuFloat(x[i])).V;
            dX[i] = dY[i] * s * Ptx.Fma(x[i], 1 - s, 1);
        }
    }
}
