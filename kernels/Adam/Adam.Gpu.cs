using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Adam
{
    /// <summary>One thread per element; the same bits as the CPU's.</summary>
    public static class Gpu
    {
        /// <summary>
        /// One step: g' = scale g + decay w; m and v follow g' and g'^2; w += rate m / (sqrt(correction2 v) + epsilon).
        /// </summary>
        public static void Step(ArrayView<float> gradient, ArrayView<float> weights, ArrayView<float> m,
            ArrayView<float> v, long count, AdamConstants step)
        {
            long i = Threads.Global;
            if (i < count)
                step.Update(i, gradient[i], weights, m, v);
        }
    }
}
