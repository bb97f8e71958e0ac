using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class SampledLoss
{
    /// <summary>
    /// Float, vectors and threads; each loss is a sum on 16 lanes. Same bits for every vector width and number of
    /// threads.
    /// </summary>
    public static unsafe class Cpu
    {
        // Rows of samples worth a part of their own: some 10 us of work at 400 samples each.
        private const int RowsPerPart = 8;

        /// <inheritdoc cref="Reference.Loss"/>
        /// <param name="workers">Threads, over rows.</param>
        public static void Loss(Workers workers, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items,
            ReadOnlySpan<float> counts, ReadOnlySpan<float> bias, OutputLoss loss, Span<float> logits,
            Span<float> losses)
        {
            Check(rowStarts, items, counts.Length, bias.Length, logits.Length, losses.Length);
            fixed (int* starts = rowStarts, sampled = items)
            fixed (float* x = counts, b = bias, f = logits, l = losses)
            {
                var samples = new Samples(starts, sampled, x, b, f, l);
                float scale = (float)loss.Scale, c1 = (float)loss.C1, c0 = (float)loss.C0;
                switch ((loss.Likelihood, loss.Output))
                {
                    case (Likelihood.Logistic, _):
                        Run(workers, losses.Length, samples, new Logistic(scale));
                        break;
                    case (Likelihood.Gaussian, Activation.Identity):
                        Run(workers, losses.Length, samples, new Gaussian<IdentityUnit>(scale, c1, c0));
                        break;
                    case (Likelihood.Gaussian, Activation.Tanh):
                        Run(workers, losses.Length, samples, new Gaussian<TanhUnit>(scale, c1, c0));
                        break;
                    case (Likelihood.Gaussian, Activation.Sigmoid):
                        Run(workers, losses.Length, samples, new Gaussian<SigmoidUnit>(scale, c1, c0));
                        break;
                    case (Likelihood.Gaussian, Activation.Selu):
                        Run(workers, losses.Length, samples, new Gaussian<SeluUnit>(scale, c1, c0));
                        break;
                    case (Likelihood.Gaussian, _): throw UnknownOutput(loss.Output);
                    default: throw Unknown(loss);
                }
            }
        }

        private static void Run<TLoss>(Workers workers, int rows, Samples samples, TLoss loss)
            where TLoss : struct, ISampleLoss =>
            VectorWidth.Run(workers, rows, RowsPerPart, new Rows<TLoss>(samples, loss));

        private readonly struct Samples(int* starts, int* items, float* counts, float* bias, float* logits,
            float* losses)
        {
            public readonly int* Starts = starts, Items = items;
            public readonly float* Counts = counts, Bias = bias, Logits = logits, Losses = losses;
        }

        /// <summary>The loss of V.Count samples, f and x, and its gradient.</summary>
        private interface ISampleLoss
        {
            V Loss<V>(V f, V x, out V gradient) where V : unmanaged, ISimd<V>;
        }

        private readonly struct Logistic(float scale) : ISampleLoss
        {
            public V Loss<V>(V f, V x, out V gradient) where V : unmanaged, ISimd<V>
            {
                gradient = V.Broadcast(scale) * (SimdMath.Sigmoid(f) - x);
                return SimdMath.Softplus(f) - x * f;
            }
        }

        private readonly struct Gaussian<TUnit>(float scale, float c1, float c0) : ISampleLoss
            where TUnit : struct, IUnit
        {
            public V Loss<V>(V f, V x, out V gradient) where V : unmanaged, ISimd<V>
            {
                V o = TUnit.Value(f), difference = o - x;
                V weighted = V.SelectLess(V.Broadcast(0), x, V.Broadcast(c1), V.Broadcast(c0)) * difference;
                gradient = V.Broadcast(scale) * weighted * TUnit.Slope(o);
                return V.Broadcast(0.5f) * weighted * difference;
            }
        }

        private readonly struct Rows<TLoss>(Samples samples, TLoss loss) : IVectorKernel
            where TLoss : struct, ISampleLoss
        {
            [MethodImpl(VectorWidth.Loop)]
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int row = from; row < to; row++)
                {
                    int start = samples.Starts[row], end = samples.Starts[row + 1];
                    for (int n = start; n < end; n++)
                        samples.Logits[n] += samples.Bias[samples.Items[n]];
                    samples.Losses[row] = LaneReduction.Sum<V, Terms<TLoss>>(end - start,
                        new(samples.Logits + start, samples.Counts + start, loss));
                }
            }
        }

        /// <summary>The loss of each sample; f is replaced by its gradient.</summary>
        private readonly struct Terms<TLoss>(float* logits, float* counts, TLoss loss) : ILaneTerm
            where TLoss : struct, ISampleLoss
        {
            public V At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V term = loss.Loss(V.Load(logits + i), V.Load(counts + i), out V gradient);
                V.Store(gradient, logits + i);
                return term;
            }
        }
    }
}
