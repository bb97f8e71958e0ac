using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class NormalLogDensity
{
    /// <summary>
    /// Forward: sixteen threads per row. Backward: one thread per element. The same bits as the CPU's.
    /// </summary>
    public static class Gpu
    {
        /// <summary>
        /// logDensity [B] = -1/2 sum((z - mean)^2 / exp(logvar) + logvar); z, mean and logvar [B, Z].
        /// </summary>
        public static void Forward(ArrayView<float> z, ArrayView<float> mean, ArrayView<float> logvar,
            ArrayView<float> logDensity, int rows, int latent)
        {
            int row = Grid.GlobalIndex.X / Reduce.Lanes, lane = Group.IdxX & (Reduce.Lanes - 1);
            int end = row < rows ? latent : 0;
            long start = (long)row * latent;
            float sum = 0;
            for (int i = lane; i < end; i += Reduce.Lanes)
            {
                float difference = z[start + i] - mean[start + i], log = logvar[start + i];
                sum += Ptx.Fma(difference * difference, SimdMath.Exp(new GpuFloat(-log)).V, log);
            }
            sum = Reduce.LaneSum(sum);
            if (row < rows && lane == 0)
                logDensity[row] = -0.5f * sum;
        }

        /// <summary>
        /// With t = (z - mean) / exp(logvar) and weight [B]: dZ += weight t; dMean = -weight t;
        /// weight (1 - (z - mean) t) / 2.
        /// </summary>
        public static void Backward(ArrayView<float> z, ArrayView<float> mean, ArrayView<float> logvar,
            ArrayView<float> weight, ArrayView<float> dZ, ArrayView<float> dMean, ArrayView<float> dLogvar, int rows,
            int latent)
        {
            long at = Threads.Global;
            if (at >= (long)rows * latent)
                return;
            float difference = z[at] - mean[at], scale = weight[at / latent];
            float t = difference * SimdMath.Exp(new GpuFloat(-logvar[at])).V;
            dZ[at] = Ptx.Fma(scale, t, dZ[at]);
            dMean[at] = -(scale * t);
            dLogvar[at] = scale * 0.5f * (1 - difference * t);
        }
    }
}
