using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Hadamard
{
    /// <summary>One thread per element; the same bits as the CPU's.</summary>
    public static class Gpu
    {
        /// <summary>y = a b. y may be a or b.</summary>
        public static void Forward(ArrayView<float> a, ArrayView<float> b, ArrayView<float> y, long count)
        {
            long i = Threads.Global;
            if (i < count)
                y[i] = a[i] * b[i];
        }

        /// <summary>dA = dY b; dB = dY a. dA may be dY.</summary>
        public static void Backward(ArrayView<float> a, ArrayView<float> b, ArrayView<float> dY, ArrayView<float> dA,
            ArrayView<float> dB, long count)
        {
            long i = Threads.Global;
            if (i >= count)
                return;
            float gradient = dY[i];
            dB[i] = gradient * a[i];
            dA[i] = gradient * b[i];
        }
    }
}
