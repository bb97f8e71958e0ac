using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class MixtureLogDensity
{
    /// <summary>
    /// The forward pass is Exponents, then Softmax: sixteen threads per user and component, then one
    /// block per user, both of which add in trees. The backward pass, one thread per element, adds in the
    /// CPU's order and gives its bits.
    /// </summary>
    public static class Gpu
    {
        /// <summary>
        /// e [B, C] = -1/2 sum((z - mean)^2 / exp(logvar) + logvar) over Z, for z [B, Z], mean and logvar [C, Z].
        /// </summary>
        public static void Exponents(ArrayView<float> z, ArrayView<float> mean, ArrayView<float> logvar,
            ArrayView<float> e, int rows, int components, int latent)
        {
            long pair = Threads.Global / Reduce.Lanes;
            int lane = Group.IdxX & (Reduce.Lanes - 1);
            bool inside = pair < (long)rows * components;
            long atZ = pair / components * latent, atMean = pair % components * latent;
            float sum = 0;
            for (int i = lane; i < (inside ? latent : 0); i += Reduce.Lanes)
            {
                float difference = z[atZ + i] - mean[atMean + i], log = logvar[atMean + i];
                sum += Ptx.Fma(difference * difference, SimdMath.Exp(new GpuFloat(-log)).V, log);
            }
            sum = Reduce.LaneSum(sum);
            if (inside && lane == 0)
                e[pair] = -0.5f * sum;
        }

        /// <summary>
        /// logDensity [B] = log(1/C sum exp e); e [B, C] becomes the responsibilities, exp e / sum exp e.
        /// One block of 256 threads per row.
        /// </summary>
        public static void Softmax(ArrayView<float> e, ArrayView<float> logDensity, int components)
        {
            long row = (long)Grid.IdxX * components;
            float max = RowLossGpu.Max(e, row, components), sum = RowLossGpu.SumExp(e, row, components, max),
                factor = 1 / sum;
            for (int c = Group.IdxX; c < components; c += Reduce.BlockSize)
                e[row + c] = SimdMath.Exp(new GpuFloat(e[row + c] - max)).V * factor;
            if (Group.IdxX == 0)
                logDensity[Grid.IdxX] = max + SimdMath.Log(new GpuFloat(sum / components)).V;
        }

        /// <summary>
        /// dZ [B, Z] += weight [B] times the sum over the components of responsibility (z - mean) / exp(logvar).
        /// </summary>
        public static void BackwardRows(ArrayView<float> z, ArrayView<float> mean, ArrayView<float> logvar,
            ArrayView<float> responsibilities, ArrayView<float> weight, ArrayView<float> dZ, int rows, int components,
            int latent)
        {
            long at = Threads.Global;
            if (at >= (long)rows * latent)
                return;
            long row = at / latent, share = row * components, component = at % latent;
            float value = z[at], sum = 0;
            for (int c = 0; c < components; c++, component += latent)
                sum = Ptx.Fma(responsibilities[share + c],
                    (value - mean[component]) * SimdMath.Exp(new GpuFloat(-logvar[component])).V, sum);
            dZ[at] = Ptx.Fma(weight[row], sum, dZ[at]);
        }

        /// <summary>
        /// With w = weight responsibility and d = z - mean, sums over the rows: dMean [C, Z] = -sum w d / exp(logvar),
        /// dLogvar [C, Z] = 1/2 sum w (1 - d^2 / exp(logvar)).
        /// </summary>
        public static void BackwardComponents(ArrayView<float> z, ArrayView<float> mean, ArrayView<float> logvar,
            ArrayView<float> responsibilities, ArrayView<float> weight, ArrayView<float> dMean,
            ArrayView<float> dLogvar, int rows, int components, int latent)
        {
            long at = Threads.Global;
            if (at >= (long)components * latent)
                return;
            long share = at / latent, element = at % latent;
            float center = mean[at], precision = SimdMath.Exp(new GpuFloat(-logvar[at])).V;
            float zeroth = 0, first = 0, second = 0;
            for (int b = 0; b < rows; b++, share += components, element += latent)
            {
                float w = responsibilities[share] * weight[b], difference = z[element] - center,
                    product = w * difference;
                zeroth += w;
                first += product;
                second = Ptx.Fma(product, difference, second);
            }
            dMean[at] = -(precision * first);
            dLogvar[at] = 0.5f * (zeroth - precision * second);
        }
    }
}
