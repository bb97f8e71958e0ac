using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Sample
{
    /// <summary>
    /// Forward: sixteen threads per row. Backward: one thread per element. The same bits as the CPU's.
    /// </summary>
    public static class Gpu
    {
        /// <summary>
        /// z [B, Z] = mean + eps exp(logvar / 2); logDensity [B] = -1/2 sum(eps^2 + logvar). z may be eps.
        /// </summary>
        public static void Forward(ArrayView<float> mean, ArrayView<float> logvar, ArrayView<float> eps,
            ArrayView<float> z, ArrayView<float> logDensity, int rows, int latent)
        {
            int row = Grid.GlobalIndex.X / Reduce.Lanes, lane = Group.IdxX & (Reduce.Lanes - 1);
            int end = row < rows ? latent : 0;
            long start = (long)row * latent;
            float sum = 0;
            for (int i = lane; i < end; i += Reduce.Lanes)
            {
                float noise = eps[start + i], log = logvar[start + i];
                z[start + i] = Ptx.Fma(noise, SimdMath.Exp(new GpuFloat(log * 0.5f)).V, mean[start + i]);
                sum += Ptx.Fma(noise, noise, log);
            }
            sum = Reduce.LaneSum(sum);
            if (row < rows && lane == 0)
                logDensity[row] = -0.5f * sum;
        }

        /// <summary>
        /// dMean = dZ; dLogvar = dZ eps exp(logvar / 2) / 2 - weight / 2, weight [B]. dMean may be dZ.
        /// </summary>
        public static void Backward(ArrayView<float> logvar, ArrayView<float> eps, ArrayView<float> dZ,
            ArrayView<float> weight, ArrayView<float> dMean, ArrayView<float> dLogvar, int rows, int latent)
        {
            long at = Threads.Global;
            if (at >= (long)rows * latent)
                return;
            float d = dZ[at], deviation = SimdMath.Exp(new GpuFloat(logvar[at] * 0.5f)).V;
            dMean[at] = d;
            dLogvar[at] = 0.5f * Ptx.Fma(d * eps[at], deviation, -weight[at / latent]);
        }
    }
}
