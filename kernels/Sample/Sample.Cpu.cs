using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Sample
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Elements worth a part of their own: some 5 us of work.
        private const int ElementsPerPart = 8_192;

        /// <inheritdoc cref="Reference.Forward"/>
        /// <param name="workers">Threads, over rows.</param>
        /// <param name="z">B x Z, overwritten; mean itself or apart from all.</param>
        public static void Forward(Workers workers, int rows, int latent, ReadOnlySpan<float> mean,
            ReadOnlySpan<float> logvar, ReadOnlySpan<float> eps, Span<float> z, Span<float> logDensity)
        {
            CheckShapes(rows, latent, mean.Length, logvar.Length, eps.Length, z.Length, logDensity.Length);
            fixed (float* pMean = mean, pLogvar = logvar, pEps = eps, pZ = z, pLogDensity = logDensity)
                VectorWidth.Run(workers, rows, ElementsPerPart / Math.Max(latent, 1),
                    new ForwardRows(latent, pMean, pLogvar, pEps, pZ, pLogDensity));
        }

        /// <inheritdoc cref="Reference.Backward"/>
        /// <param name="workers">Threads, over rows.</param>
        /// <param name="dMean">Gradient of the mean, B x Z, overwritten; dZ itself or apart from all.</param>
        /// <param name="dLogvar">Gradient of logvar, B x Z, overwritten; apart from all.</param>
        public static void Backward(Workers workers, int rows, int latent, ReadOnlySpan<float> logvar,
            ReadOnlySpan<float> eps, ReadOnlySpan<float> dZ, ReadOnlySpan<float> weight, Span<float> dMean,
            Span<float> dLogvar)
        {
            CheckShapes(rows, latent, dMean.Length, logvar.Length, eps.Length, dZ.Length, weight.Length);
            Shape.Dense(nameof(dLogvar), dLogvar.Length, rows, latent);
            fixed (float* pLogvar = logvar, pEps = eps, pdZ = dZ, pWeight = weight, pdMean = dMean, pdLogvar = dLogvar)
                VectorWidth.Run(workers, rows, ElementsPerPart / Math.Max(latent, 1),
                    new BackwardRows(latent, pLogvar, pEps, pdZ, pWeight, pdMean, pdLogvar));
        }

        private readonly struct ForwardRows(int latent, float* mean, float* logvar, float* eps, float* z,
            float* logDensity) : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int b = from; b < to; b++)
                {
                    long at = (long)b * latent;
                    logDensity[b] = -0.5f * LaneReduction.Sum<V, ForwardTerm>(latent,
                        new(mean + at, logvar + at, eps + at, z + at));
                }
            }
        }

        /// <summary>eps^2 + logvar; writes z on the way.</summary>
        private readonly struct ForwardTerm(float* mean, float* logvar, float* eps, float* z) : ILaneTerm
        {
            public V At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V noise = V.Load(eps + i), log = V.Load(logvar + i);
                V.Store(V.FusedMultiplyAdd(noise, SimdMath.Exp(log * V.Broadcast(0.5f)), V.Load(mean + i)), z + i);
                return V.FusedMultiplyAdd(noise, noise, log);
            }
        }

        private readonly struct BackwardRows(int latent, float* logvar, float* eps, float* dZ, float* weight,
            float* dMean, float* dLogvar) : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int b = from; b < to; b++)
                {
                    long at = (long)b * latent;
                    new VectorWidth.Elementwise<BackwardRow>(new(logvar + at, eps + at, dZ + at, weight[b], dMean + at,
                        dLogvar + at)).Invoke<V>(0, latent);
                }
            }
        }

        private readonly struct BackwardRow(float* logvar, float* eps, float* dZ, float weight, float* dMean,
            float* dLogvar) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V d = V.Load(dZ + i), half = V.Broadcast(0.5f);
                V deviation = SimdMath.Exp(V.Load(logvar + i) * half);
                V.Store(d, dMean + i);
                V.Store(half * V.FusedMultiplyAdd(d * V.Load(eps + i), deviation, V.Broadcast(-weight)), dLogvar + i);
            }
        }
    }
}
