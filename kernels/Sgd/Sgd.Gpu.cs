using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Sgd
{
    /// <summary>One thread per element; the same bits as the CPU's.</summary>
    public static class Gpu
    {
        /// <summary>One step: g' = g + decay w; v = momentum v + g'; w += rate v, rate = -lr.</summary>
        public static void Step(ArrayView<float> gradient, ArrayView<float> weights, ArrayView<float> velocity,
            long count, float decay, float momentum, float rate)
        {
            long i = Threads.Global;
            if (i >= count)
                return;
            float v = Ptx.Fma(momentum, velocity[i], Ptx.Fma(decay, weights[i], gradient[i]));
            velocity[i] = v;
            weights[i] = Ptx.Fma(rate, v, weights[i]);
        }
    }
}
