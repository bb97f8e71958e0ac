using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Reparameterize
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Elements worth a part of their own: some 5 us of work.
        private const int ElementsPerPart = 8_192;

        /// <inheritdoc cref="Reference.Forward"/>
        /// <param name="workers">Threads, over rows.</param>
        /// <param name="z">The sample, B x Z, overwritten; eps itself or apart from all.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        public static void Forward(Workers workers, int rows, int latent, ReadOnlySpan<float> head,
            ReadOnlySpan<float> eps, Span<float> z, Span<float> kl, Sampling sampling = Sampling.HalfLogvar)
        {
            float power = PowerOf(sampling);
            CheckShapes(rows, latent, head, eps);
            Shape.Dense(nameof(z), z.Length, rows, latent);
            Shape.Dense(nameof(kl), kl.Length, rows, 1);
            fixed (float* pHead = head, pEps = eps, pZ = z, pKl = kl)
                VectorWidth.Run(workers, rows, RowsPerPart(latent),
                    new ForwardRows(latent, pHead, pEps, pZ, pKl, power));
        }

        /// <inheritdoc cref="Reference.Backward"/>
        /// <param name="workers">Threads, over rows.</param>
        /// <param name="dHead">[dmu | dlogvar], B x 2Z, overwritten; head itself or apart from all.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        public static void Backward(Workers workers, int rows, int latent, ReadOnlySpan<float> head,
            ReadOnlySpan<float> eps, ReadOnlySpan<float> dZ, float klScale, Span<float> dHead,
            ReadOnlySpan<float> klWeights = default, Sampling sampling = Sampling.HalfLogvar)
        {
            float power = PowerOf(sampling);
            CheckShapes(rows, latent, head, eps);
            Shape.Dense(nameof(dZ), dZ.Length, rows, latent);
            Shape.Dense(nameof(dHead), dHead.Length, rows, 2 * latent);
            if (!klWeights.IsEmpty)
                Shape.Dense(nameof(klWeights), klWeights.Length, rows, 1);
            fixed (float* pHead = head, pEps = eps, pdZ = dZ, pdHead = dHead, pWeights = klWeights)
                VectorWidth.Run(workers, rows, RowsPerPart(latent),
                    new BackwardRows(latent, pHead, pEps, pdZ, klScale, pWeights, power, pdHead));
        }

        private static void CheckShapes(int rows, int latent, ReadOnlySpan<float> head, ReadOnlySpan<float> eps)
        {
            Shape.Dense(nameof(eps), eps.Length, rows, latent);
            Shape.Dense(nameof(head), head.Length, rows, 2 * latent);
        }

        private static int RowsPerPart(int latent) => ElementsPerPart / Math.Max(latent, 1);

        private readonly struct ForwardRows(int latent, float* head, float* eps, float* z, float* kl, float power)
            : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int b = from; b < to; b++)
                {
                    long at = (long)b * latent;
                    float* mu = head + 2 * at;
                    kl[b] = -0.5f * LaneReduction.Sum<V, ForwardTerm>(latent,
                        new(mu, mu + latent, eps + at, z + at, power));
                }
            }
        }

        /// <summary>1 + logvar - mu^2 - exp(logvar); writes z on the way.</summary>
        private readonly struct ForwardTerm(float* mu, float* logvar, float* eps, float* z, float power) : ILaneTerm
        {
            public V At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V mean = V.Load(mu + i), log = V.Load(logvar + i);
                V deviation = SimdMath.Exp(log * V.Broadcast(power));
                V.Store(V.FusedMultiplyAdd(V.Load(eps + i), deviation, mean), z + i);
                V variance = power == 1 ? deviation : deviation * deviation;
                return V.Broadcast(1) - variance + log - mean * mean;
            }
        }

        private readonly struct BackwardRows(int latent, float* head, float* eps, float* dZ, float klScale,
            float* klWeights, float power, float* dHead) : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int b = from; b < to; b++)
                {
                    long at = (long)b * latent;
                    float scale = klWeights == null ? klScale : klScale * klWeights[b];
                    new VectorWidth.Elementwise<BackwardRow>(new(latent, head + 2 * at, eps + at, dZ + at, scale,
                        power, dHead + 2 * at)).Invoke<V>(0, latent);
                }
            }
        }

        private readonly struct BackwardRow(int latent, float* mu, float* eps, float* dZ, float klScale, float power,
            float* dMu) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V d = V.Load(dZ + i), scale = V.Broadcast(klScale);
                V deviation = SimdMath.Exp(V.Load(mu + latent + i) * V.Broadcast(power));
                V klSlope = scale * (power == 1 ? deviation - V.Broadcast(1)
                    : V.FusedMultiplyAdd(deviation, deviation, V.Broadcast(-1)));
                V.Store(V.FusedMultiplyAdd(scale, V.Load(mu + i), d), dMu + i);
                V noise = V.Broadcast(2 * power) * d * V.Load(eps + i);
                V.Store(V.FusedMultiplyAdd(noise, deviation, klSlope) * V.Broadcast(0.5f), dMu + latent + i);
            }
        }
    }
}
