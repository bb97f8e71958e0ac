using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class NormalLogDensity
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Elements worth a part of their own: some 5 us of work.
        private const int ElementsPerPart = 8_192;

        /// <inheritdoc cref="Reference.Forward"/>
        /// <param name="workers">Threads, over rows.</param>
        /// <param name="logDensity">B, overwritten; apart from all.</param>
        public static void Forward(Workers workers, int rows, int latent, ReadOnlySpan<float> z,
            ReadOnlySpan<float> mean, ReadOnlySpan<float> logvar, Span<float> logDensity)
        {
            CheckShapes(rows, latent, z.Length, mean.Length, logvar.Length, logDensity.Length);
            fixed (float* pZ = z, pMean = mean, pLogvar = logvar, pLogDensity = logDensity)
                VectorWidth.Run(workers, rows, ElementsPerPart / Math.Max(latent, 1),
                    new ForwardRows(latent, pZ, pMean, pLogvar, pLogDensity));
        }

        /// <inheritdoc cref="Reference.Backward"/>
        /// <param name="workers">Threads, over rows.</param>
        public static void Backward(Workers workers, int rows, int latent, ReadOnlySpan<float> z,
            ReadOnlySpan<float> mean, ReadOnlySpan<float> logvar, ReadOnlySpan<float> weight, Span<float> dZ,
            Span<float> dMean, Span<float> dLogvar)
        {
            CheckShapes(rows, latent, z.Length, mean.Length, logvar.Length, weight.Length);
            CheckShapes(rows, latent, dZ.Length, dMean.Length, dLogvar.Length, weight.Length);
            fixed (float* pZ = z, pMean = mean, pLogvar = logvar, pWeight = weight, pdZ = dZ, pdMean = dMean,
                pdLogvar = dLogvar)
                VectorWidth.Run(workers, rows, ElementsPerPart / Math.Max(latent, 1),
                    new BackwardRows(latent, pZ, pMean, pLogvar, pWeight, pdZ, pdMean, pdLogvar));
        }

        private readonly struct ForwardRows(int latent, float* z, float* mean, float* logvar, float* logDensity)
            : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int b = from; b < to; b++)
                {
                    long at = (long)b * latent;
                    logDensity[b] = -0.5f * LaneReduction.Sum<V, ForwardTerm>(latent,
                        new(z + at, mean + at, logvar + at));
                }
            }
        }

        /// <summary>(z - mean)^2 / exp(logvar) + logvar.</summary>
        private readonly struct ForwardTerm(float* z, float* mean, float* logvar) : ILaneTerm
        {
            public V At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V difference = V.Load(z + i) - V.Load(mean + i), log = V.Load(logvar + i);
                return V.FusedMultiplyAdd(difference * difference, SimdMath.Exp(V.Broadcast(0) - log), log);
            }
        }

        private readonly struct BackwardRows(int latent, float* z, float* mean, float* logvar, float* weight, float* dZ,
            float* dMean, float* dLogvar) : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int b = from; b < to; b++)
                {
                    long at = (long)b * latent;
                    new VectorWidth.Elementwise<BackwardRow>(new(z + at, mean + at, logvar + at, weight[b], dZ + at,
                        dMean + at, dLogvar + at)).Invoke<V>(0, latent);
                }
            }
        }

        private readonly struct BackwardRow(float* z, float* mean, float* logvar, float weight, float* dZ, float* dMean,
            float* dLogvar) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V difference = V.Load(z + i) - V.Load(mean + i), zero = V.Broadcast(0), scale = V.Broadcast(weight);
                V t = difference * SimdMath.Exp(zero - V.Load(logvar + i));
                V.Store(V.FusedMultiplyAdd(scale, t, V.Load(dZ + i)), dZ + i);
                V.Store(zero - scale * t, dMean + i);
                V.Store(scale * V.Broadcast(0.5f) * (V.Broadcast(1) - difference * t), dLogvar + i);
            }
        }
    }
}
