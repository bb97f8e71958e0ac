using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Reparameterize
{
    /// <summary>
    /// Forward: sixteen threads per row. The others: one thread per element. The same bits as the CPU's.
    /// </summary>
    public static class Gpu
    {
        /// <summary>
        /// z [B, Z] = mu + eps exp(logvar / 2) for head [B, 2Z] = [mu | logvar]; kl [B] = -1/2
        /// sum(1 + logvar - mu^2 - exp(logvar)). z may be eps. With power 1, exp(logvar) is the deviation.
        /// </summary>
        public static void Forward(ArrayView<float> head, ArrayView<float> eps, ArrayView<float> z, ArrayView<float> kl,
            int rows, int latent, float power)
        {
            int row = Grid.GlobalIndex.X / Reduce.Lanes, lane = Group.IdxX & (Reduce.Lanes - 1);
            float sum = 0;
            if (row < rows)
                for (int i = lane; i < latent; i += Reduce.Lanes)
                {
                    long at = (long)row * latent + i, atMu = at + (long)row * latent;
                    float mean = head[atMu], log = head[atMu + latent];
                    float deviation = SimdMath.Exp(new GpuFloat(log * power)).V;
                    z[at] = Ptx.Fma(eps[at], deviation, mean);
                    float variance = power == 1 ? deviation : deviation * deviation;
                    sum += 1 - variance + log - mean * mean;
                }
            sum = Reduce.LaneSum(sum);
            if (row < rows && lane == 0)
                kl[row] = -0.5f * sum;
        }

        /// <summary>
        /// dHead [B, 2Z]: dmu = dz + klScale mu; dlogvar = dz eps exp(logvar / 2) / 2 + klScale
        /// (exp(logvar) - 1) / 2. dHead may be head.
        /// </summary>
        public static void Backward(ArrayView<float> head, ArrayView<float> eps, ArrayView<float> dZ,
            ArrayView<float> dHead, float klScale, int rows, int latent)
        {
            long at = Threads.Global;
            if (at < (long)rows * latent)
                Backward(head, eps, dZ, dHead, at, klScale, latent, 0.5f);
        }

        /// <summary>
        /// The same with klScale klWeights [B] in place of klScale, and exp(power logvar) as the deviation.
        /// </summary>
        public static void BackwardWeighted(ArrayView<float> head, ArrayView<float> eps, ArrayView<float> dZ,
            ArrayView<float> klWeights, ArrayView<float> dHead, float klScale, int rows, int latent, float power)
        {
            long at = Threads.Global;
            if (at < (long)rows * latent)
                Backward(head, eps, dZ, dHead, at, klScale * klWeights[at / latent], latent, power);
        }

        private static void Backward(ArrayView<float> head, ArrayView<float> eps, ArrayView<float> dZ,
            ArrayView<float> dHead, long at, float klScale, int latent, float power)
        {
            long atMu = at + at / latent * latent;
            float mean = head[atMu], d = dZ[at];
            float deviation = SimdMath.Exp(new GpuFloat(head[atMu + latent] * power)).V;
            float klSlope = klScale * (power == 1 ? deviation - 1 : Ptx.Fma(deviation, deviation, -1));
            dHead[atMu] = Ptx.Fma(klScale, mean, d);
            dHead[atMu + latent] = Ptx.Fma(2 * power * d * eps[at], deviation, klSlope) * 0.5f;
        }

        /// <summary>z [B, Z] = mu, the left half of head [B, 2Z].</summary>
        public static void Mean(ArrayView<float> head, ArrayView<float> z, int rows, int latent)
        {
            long at = Threads.Global;
            if (at < (long)rows * latent)
                z[at] = head[at + at / latent * latent];
        }
    }
}
