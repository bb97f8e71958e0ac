using ILGPU;
using ILGPU.Algorithms;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class AdaGrad
{
    /// <summary>One thread per element; the same bits as the CPU's.</summary>
    public static class Gpu
    {
        /// <summary>One step: g' = g + decay w; s += g'^2; w += rate g' / sqrt(beta + s), rate = -lr.</summary>
        public static void Step(ArrayView<float> gradient, ArrayView<float> weights, ArrayView<float> sumOfSquares,
            long count, float decay, float beta, float rate)
        {
            long i = Threads.Global;
            if (i >= count)
                return;
            float g = Ptx.Fma(decay, weights[i], gradient[i]), s = Ptx.Fma(g, g, sumOfSquares[i]);
            sumOfSquares[i] = s;
            weights[i] += rate * g / XMath.Sqrt(beta + s);
        }
    }
}
