using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class MixtureLogDensity
{
    /// <summary>
    /// Float, vectors and threads. Differences z - mean are formed in registers and never stored. Expanding their
    /// squares into matrix products would be faster and lose the digits of a narrow component. Same bits for every
    /// vector width and number of threads.
    /// </summary>
    public static unsafe class Cpu
    {
        // Elements worth a part of their own: some 5 us of work.
        private const int ElementsPerPart = 8_192;

        // Rows that share what is loaded: four rows hide the latency of the multiply-add. Where fewer are left, the
        // last row is repeated.
        private const int TileRows = 4;

        // Below it a share is 0. Weights and differences may each contribute another 1e-8 before products leave the
        // normal numbers.
        private const float SmallestShare = 1e-20f;

        [ThreadStatic]
        private static AlignedBuffer? scratch;

        /// <inheritdoc cref="Reference.Forward"/>
        /// <param name="workers">Threads, over components and over rows.</param>
        /// <param name="responsibilities">B x C, overwritten; apart from all.</param>
        /// <param name="logDensity">B, overwritten; apart from all.</param>
        public static void Forward(Workers workers, int rows, int components, int latent, ReadOnlySpan<float> z,
            ReadOnlySpan<float> mean, ReadOnlySpan<float> logvar, Span<float> responsibilities, Span<float> logDensity)
        {
            CheckShapes(rows, components, latent, z.Length, mean.Length, logvar.Length, responsibilities.Length,
                logDensity.Length);
            float* panels = AlignedBuffer.Reserve(ref scratch, 2L * components * latent);
            fixed (float* pZ = z, pMean = mean, pLogvar = logvar, pResponsibilities = responsibilities,
                pLogDensity = logDensity)
            {
                VectorWidth.RunColumns(workers, components,
                    new Exponents(rows, components, latent, pZ, pMean, pLogvar, panels, pResponsibilities));
                VectorWidth.Run(workers, rows, ElementsPerPart / components,
                    new Softmax(components, pResponsibilities, pLogDensity));
            }
        }

        /// <inheritdoc cref="Reference.Backward"/>
        /// <remarks>The sums run in ascending c and b.</remarks>
        /// <param name="workers">Threads, over the latent dimensions.</param>
        public static void Backward(Workers workers, int rows, int components, int latent, ReadOnlySpan<float> z,
            ReadOnlySpan<float> mean, ReadOnlySpan<float> logvar, ReadOnlySpan<float> responsibilities,
            ReadOnlySpan<float> weight, Span<float> dZ, Span<float> dMean, Span<float> dLogvar)
        {
            CheckShapes(rows, components, latent, z.Length, mean.Length, logvar.Length, responsibilities.Length,
                weight.Length);
            CheckShapes(rows, components, latent, dZ.Length, dMean.Length, dLogvar.Length, responsibilities.Length,
                weight.Length);
            float* precision = AlignedBuffer.Reserve(ref scratch, (long)components * latent);
            fixed (float* pZ = z, pMean = mean, pLogvar = logvar, pResponsibilities = responsibilities,
                pWeight = weight, pdZ = dZ, pdMean = dMean, pdLogvar = dLogvar)
            {
                VectorWidth.RunElementwise(workers, components * latent, ElementsPerPart,
                    new Precisions(pLogvar, precision));
                VectorWidth.RunColumns(workers, latent,
                    new BackwardRows(rows, components, latent, pZ, pMean, precision, pResponsibilities, pWeight, pdZ));
                VectorWidth.RunColumns(workers, latent,
                    new BackwardComponents(rows, components, latent, pZ, pMean, precision, pResponsibilities, pWeight,
                        pdMean, pdLogvar));
            }
        }

        /// <summary>e of the components from c on, one to a lane, for every row.</summary>
        private readonly struct Exponents(int rows, int components, int latent, float* z, float* mean, float* logvar,
            float* panels, float* e) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int c) where V : unmanaged, ISimd<V>
            {
                // The components' means and precisions, transposed: [Z, lanes] each.
                float* means = panels + 2L * c * latent, precisions = means + latent * V.Count;
                for (int lane = 0; lane < V.Count; lane++)
                    for (int i = 0; i < latent; i++)
                    {
                        means[i * V.Count + lane] = mean[(long)(c + lane) * latent + i];
                        precisions[i * V.Count + lane] = logvar[(long)(c + lane) * latent + i];
                    }
                V logvarSum = V.Broadcast(0), minusHalf = V.Broadcast(-0.5f);
                for (float* p = precisions; p < precisions + latent * V.Count; p += V.Count)
                {
                    V log = V.Load(p);
                    logvarSum += log;
                    V.Store(SimdMath.Exp(V.Broadcast(0) - log), p);
                }
                for (int b = 0; b < rows; b += TileRows)
                {
                    int b1 = Math.Min(b + 1, rows - 1), b2 = Math.Min(b + 2, rows - 1), b3 = Math.Min(b + 3, rows - 1);
                    float* z0 = z + (long)b * latent, z1 = z + (long)b1 * latent, z2 = z + (long)b2 * latent,
                        z3 = z + (long)b3 * latent;
                    V s0 = logvarSum, s1 = s0, s2 = s0, s3 = s0;
                    for (int i = 0; i < latent; i++)
                    {
                        V m = V.Load(means + i * V.Count), p = V.Load(precisions + i * V.Count);
                        V d0 = V.Broadcast(z0[i]) - m, d1 = V.Broadcast(z1[i]) - m, d2 = V.Broadcast(z2[i]) - m,
                            d3 = V.Broadcast(z3[i]) - m;
                        s0 = V.FusedMultiplyAdd(d0 * d0, p, s0);
                        s1 = V.FusedMultiplyAdd(d1 * d1, p, s1);
                        s2 = V.FusedMultiplyAdd(d2 * d2, p, s2);
                        s3 = V.FusedMultiplyAdd(d3 * d3, p, s3);
                    }
                    V.Store(minusHalf * s0, e + (long)b * components + c);
                    V.Store(minusHalf * s1, e + (long)b1 * components + c);
                    V.Store(minusHalf * s2, e + (long)b2 * components + c);
                    V.Store(minusHalf * s3, e + (long)b3 * components + c);
                }
            }
        }

        /// <summary>Rows from … to - 1 of e become responsibilities.</summary>
        private readonly struct Softmax(int components, float* e, float* logDensity) : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int b = from; b < to; b++)
                {
                    float* row = e + (long)b * components;
                    (float max, double sum) = RowSoftmax.Exponentials<V>(row, components);
                    new VectorWidth.Elementwise<Shares>(new(row, (float)(1 / sum))).Invoke<V>(0, components);
                    logDensity[b] = (float)(max + Math.Log(sum / components));
                }
            }
        }

        /// <summary>
        /// Exponentials over their sum. Shares too small to change any sum become 0: their products would be subnormal,
        /// which is slow.
        /// </summary>
        private readonly struct Shares(float* row, float factor) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V share = V.Load(row + i) * V.Broadcast(factor);
                V.Store(V.SelectLess(share, V.Broadcast(SmallestShare), V.Broadcast(0), share), row + i);
            }
        }

        private readonly struct Precisions(float* logvar, float* precision) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V> =>
                V.Store(SimdMath.Exp(V.Broadcast(0) - V.Load(logvar + i)), precision + i);
        }

        /// <summary>dZ of the dimensions from i on: four rows at a time sum over the components.</summary>
        private readonly struct BackwardRows(int rows, int components, int latent, float* z, float* mean,
            float* precision, float* responsibilities, float* weight, float* dZ) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                for (int b = 0; b < rows; b += TileRows)
                {
                    int b1 = Math.Min(b + 1, rows - 1), b2 = Math.Min(b + 2, rows - 1), b3 = Math.Min(b + 3, rows - 1);
                    float* r0 = responsibilities + (long)b * components, r1 = responsibilities + (long)b1 * components;
                    float* r2 = responsibilities + (long)b2 * components, r3 = responsibilities + (long)b3 * components;
                    V z0 = V.Load(z + (long)b * latent + i), z1 = V.Load(z + (long)b1 * latent + i),
                        z2 = V.Load(z + (long)b2 * latent + i), z3 = V.Load(z + (long)b3 * latent + i);
                    V s0 = V.Broadcast(0), s1 = s0, s2 = s0, s3 = s0;
                    float* means = mean + i, precisions = precision + i;
                    for (int c = 0; c < components; c++, means += latent, precisions += latent)
                    {
                        V m = V.Load(means), p = V.Load(precisions);
                        s0 = V.FusedMultiplyAdd(V.Broadcast(r0[c]), (z0 - m) * p, s0);
                        s1 = V.FusedMultiplyAdd(V.Broadcast(r1[c]), (z1 - m) * p, s1);
                        s2 = V.FusedMultiplyAdd(V.Broadcast(r2[c]), (z2 - m) * p, s2);
                        s3 = V.FusedMultiplyAdd(V.Broadcast(r3[c]), (z3 - m) * p, s3);
                    }
                    Add(b, i, s0);
                    if (b + 1 < rows)
                        Add(b1, i, s1);
                    if (b + 2 < rows)
                        Add(b2, i, s2);
                    if (b + 3 < rows)
                        Add(b3, i, s3);
                }
            }

            private void Add<V>(int b, int i, V sum) where V : unmanaged, ISimd<V>
            {
                float* target = dZ + (long)b * latent + i;
                V.Store(V.FusedMultiplyAdd(V.Broadcast(weight[b]), sum, V.Load(target)), target);
            }
        }

        /// <summary>
        /// dMean and dLogvar of the dimensions from i on: four components at a time sum over the rows.
        /// </summary>
        private readonly struct BackwardComponents(int rows, int components, int latent, float* z, float* mean,
            float* precision, float* responsibilities, float* weight, float* dMean, float* dLogvar) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                for (int c = 0; c < components; c += TileRows)
                {
                    int c1 = Math.Min(c + 1, components - 1), c2 = Math.Min(c + 2, components - 1),
                        c3 = Math.Min(c + 3, components - 1);
                    V m0 = V.Load(mean + (long)c * latent + i), m1 = V.Load(mean + (long)c1 * latent + i),
                        m2 = V.Load(mean + (long)c2 * latent + i), m3 = V.Load(mean + (long)c3 * latent + i);
                    V zero = V.Broadcast(0);
                    Moments<V> s0 = new(zero), s1 = s0, s2 = s0, s3 = s0;
                    for (int b = 0; b < rows; b++)
                    {
                        V value = V.Load(z + (long)b * latent + i);
                        float* r = responsibilities + (long)b * components;
                        s0.Add(r[c] * weight[b], value - m0);
                        s1.Add(r[c1] * weight[b], value - m1);
                        s2.Add(r[c2] * weight[b], value - m2);
                        s3.Add(r[c3] * weight[b], value - m3);
                    }
                    Write(c, i, s0);
                    Write(c1, i, s1);
                    Write(c2, i, s2);
                    Write(c3, i, s3);
                }
            }

            private void Write<V>(int c, int i, Moments<V> s) where V : unmanaged, ISimd<V>
            {
                long at = (long)c * latent + i;
                V p = V.Load(precision + at);
                V.Store(V.Broadcast(0) - p * s.First, dMean + at);
                V.Store(V.Broadcast(0.5f) * (s.Zeroth - p * s.Second), dLogvar + at);
            }
        }

        /// <summary>Sums over the rows of w, w d and w d^2, w = weight times responsibility and d = z - mean.</summary>
        private struct Moments<V>(V zero) where V : unmanaged, ISimd<V>
        {
            public V Zeroth = zero, First = zero, Second = zero;

            public void Add(float share, V difference)
            {
                V w = V.Broadcast(share), product = w * difference;
                Zeroth += w;
                First += product;
                Second = V.FusedMultiplyAdd(product, difference, Second);
            }
        }
    }
}
