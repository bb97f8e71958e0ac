using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class CompositeLogDensity
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Elements worth a part of their own: some 5 us of work.
        private const int ElementsPerPart = 4_096;

        // log(share) - logvar / 2 of each density, and 1 / variance of the wide one.
        internal static readonly float StandardLog = (float)Math.Log(StandardShare), OldLog = (float)Math.Log(OldShare);
        internal static readonly float WideLog = (float)(Math.Log(WideShare) - WideLogvar / 2),
            WidePrecision = (float)Math.Exp(-WideLogvar);

        /// <inheritdoc cref="Reference.Forward"/>
        /// <param name="workers">Threads, over rows.</param>
        /// <param name="logDensity">B, overwritten; apart from all.</param>
        public static void Forward(Workers workers, int rows, int latent, ReadOnlySpan<float> z,
            ReadOnlySpan<float> oldMean, ReadOnlySpan<float> oldLogvar, Span<float> logDensity)
        {
            CheckShapes(rows, latent, z.Length, oldMean.Length, oldLogvar.Length, logDensity.Length);
            fixed (float* pZ = z, pMean = oldMean, pLogvar = oldLogvar, pLogDensity = logDensity)
                VectorWidth.Run(workers, rows, ElementsPerPart / Math.Max(latent, 1),
                    new ForwardRows(latent, pZ, pMean, pLogvar, pLogDensity));
        }

        /// <inheritdoc cref="Reference.Backward"/>
        /// <param name="workers">Threads, over rows.</param>
        public static void Backward(Workers workers, int rows, int latent, ReadOnlySpan<float> z,
            ReadOnlySpan<float> oldMean, ReadOnlySpan<float> oldLogvar, ReadOnlySpan<float> weight, Span<float> dZ)
        {
            CheckShapes(rows, latent, z.Length, oldMean.Length, oldLogvar.Length, weight.Length);
            Shape.Dense(nameof(dZ), dZ.Length, rows, latent);
            fixed (float* pZ = z, pMean = oldMean, pLogvar = oldLogvar, pWeight = weight, pdZ = dZ)
                VectorWidth.Run(workers, rows, ElementsPerPart / Math.Max(latent, 1),
                    new BackwardRows(latent, pZ, pMean, pLogvar, pWeight, pdZ));
        }

        private readonly struct ForwardRows(int latent, float* z, float* oldMean, float* oldLogvar, float* logDensity)
            : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int b = from; b < to; b++)
                {
                    long at = (long)b * latent;
                    logDensity[b] = LaneReduction.Sum<V, LogTerm>(latent, new(z + at, oldMean + at, oldLogvar + at));
                }
            }
        }

        private readonly struct LogTerm(float* z, float* oldMean, float* oldLogvar) : ILaneTerm
        {
            public V At<V>(int i) where V : unmanaged, ISimd<V>
            {
                Parts<V> p = new(V.Load(z + i), V.Load(oldMean + i), V.Load(oldLogvar + i));
                return p.Max + SimdMath.Log(p.Sum);
            }
        }

        private readonly struct BackwardRows(int latent, float* z, float* oldMean, float* oldLogvar, float* weight,
            float* dZ) : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int b = from; b < to; b++)
                {
                    long at = (long)b * latent;
                    new VectorWidth.Elementwise<BackwardRow>(new(z + at, oldMean + at, oldLogvar + at, weight[b],
                        dZ + at)).Invoke<V>(0, latent);
                }
            }
        }

        private readonly struct BackwardRow(float* z, float* oldMean, float* oldLogvar, float weight, float* dZ)
            : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V value = V.Load(z + i);
                Parts<V> p = new(value, V.Load(oldMean + i), V.Load(oldLogvar + i));
                // -d log p / dz: each density's own (z - mean) / variance, weighted by its part.
                V slope = V.FusedMultiplyAdd(p.Old, p.OldSlope,
                    value * V.FusedMultiplyAdd(p.Wide, V.Broadcast(WidePrecision), p.Standard)) / p.Sum;
                V.Store(V.FusedMultiplyAdd(V.Broadcast(weight), slope, V.Load(dZ + i)), dZ + i);
            }
        }

        /// <summary>The three shares of the density at z, each divided by e^Max, the largest of them.</summary>
        private readonly struct Parts<V> where V : unmanaged, ISimd<V>
        {
            public readonly V Max, Standard, Old, Wide, OldSlope;

            public Parts(V z, V oldMean, V oldLogvar)
            {
                V minusHalf = V.Broadcast(-0.5f), square = z * z, difference = z - oldMean;
                OldSlope = difference * SimdMath.Exp(V.Broadcast(0) - oldLogvar);
                V standard = V.FusedMultiplyAdd(minusHalf, square, V.Broadcast(StandardLog));
                V old = V.FusedMultiplyAdd(minusHalf, V.FusedMultiplyAdd(difference, OldSlope, oldLogvar),
                    V.Broadcast(OldLog));
                V wide = V.FusedMultiplyAdd(minusHalf * V.Broadcast(WidePrecision), square, V.Broadcast(WideLog));
                Max = V.Max(standard, V.Max(old, wide));
                (Standard, Old, Wide) =
                    (SimdMath.Exp(standard - Max), SimdMath.Exp(old - Max), SimdMath.Exp(wide - Max));
            }

            public V Sum => Standard + Old + Wide;
        }
    }
}
