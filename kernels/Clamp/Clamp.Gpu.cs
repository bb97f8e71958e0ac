using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Clamp
{
    /// <summary>One thread per element; the same bits as the CPU's.</summary>
    public static class Gpu
    {
        /// <summary>y = x clamped to [low, high]; NaN stays NaN. y may be x.</summary>
        public static void Forward(ArrayView<float> x, ArrayView<float> y, float low, float high, long count)
        {
            long i = Threads.Global;
            if (i >= count)
                return;
            float value = Ptx.Less(x[i], low) != 0 ? low : x[i];
            y[i] = Ptx.Less(high, value) != 0 ? high : value;
        }

        /// <summary>dY stays where low &lt; x &lt; high and becomes 0 elsewhere.</summary>
        public static void Backward(ArrayView<float> x, ArrayView<float> dY, float low, float high, long count)
        {
            long i = Threads.Global;
            if (i < count && (Ptx.Less(low, x[i]) & Ptx.Less(x[i], high)) == 0)
                dY[i] = 0;
        }
    }
}
