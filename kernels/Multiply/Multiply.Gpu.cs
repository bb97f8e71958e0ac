using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Multiply
{
    /// <summary>One thread per element; the same bits as the CPU's.</summary>
    public static class Gpu
    {
        /// <summary>y *= x, in place.</summary>
        public static void Forward(ArrayView<float> x, ArrayView<float> y, long count)
        {
            long i = Threads.Global;
            if (i < count)
                y[i] *= x[i];
        }
    }
}
