using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gate
{
    /// <summary>One thread per element; the same bits as the CPU's.</summary>
    public static class Gpu
    {
        /// <summary>y = a s(g). y may be a or g.</summary>
        public static void Forward(ArrayView<float> a, ArrayView<float> g, ArrayView<float> y, long count)
        {
            long i = Threads.Global;
            if (i < count)
                y[i] = a[i] * SimdMath.Sigmoid(new GpuFloat(g[i])).V;
        }

        /// <summary>dA = dY s(g); dG = dY a s(g) (1 - s(g)). dA may be dY.</summary>
        public static void Backward(ArrayView<float> a, ArrayView<float> g, ArrayView<float> dY, ArrayView<float> dA,
            ArrayView<float> dG, long count)
        {
            long i = Threads.Global;
            if (i >= count)
                return;
            float s = SimdMath.Sigmoid(new GpuFloat(g[i])).V, opened = dY[i] * s;
            dG[i] = opened * a[i] * (1 - s);
            dA[i] = opened;
        }
    }
}
