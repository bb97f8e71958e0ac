using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class RProp
{
    /// <summary>One thread per element; the same bits as the CPU's.</summary>
    public static class Gpu
    {
        /// <summary>One step, as on the CPU.</summary>
        public static void Step(ArrayView<float> gradient, ArrayView<float> weights, ArrayView<float> stepSize,
            ArrayView<float> lastGradient, long count, float decay, float initial, float increase, float decrease,
            float least, float largest)
        {
            long i = Threads.Global;
            if (i >= count)
                return;
            float g = Ptx.Fma(decay, weights[i], gradient[i]), agreement = Sign(g) * Sign(lastGradient[i]);
            float size = stepSize[i];
            size = (Ptx.Less(0, size) != 0 ? size : initial) * BySign(agreement, increase, decrease, 1);
            size = Ptx.Less(size, least) != 0 ? least : size;
            size = Ptx.Less(largest, size) != 0 ? largest : size;
            g = Ptx.Less(agreement, 0) != 0 ? 0 : g;
            stepSize[i] = size;
            lastGradient[i] = g;
            weights[i] -= Sign(g) * size;
        }

        // 0 and NaN give themselves.
        private static float Sign(float x) => BySign(x, 1, -1, x);

        private static float BySign(float x, float ifAbove, float ifBelow, float otherwise) =>
            Ptx.Less(0, x) != 0 ? ifAbove : Ptx.Less(x, 0) != 0 ? ifBelow : otherwise;
    }
}
