using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class OutputLayer
{
    public static unsafe partial class Cpu
    {
        /// <inheritdoc cref="Reference.Loss"/>
        /// <param name="workers">Threads, over users.</param>
        public static void Loss(Workers workers, int users, int items, Span<float> logits, ReadOnlySpan<int> rowStarts,
            ReadOnlySpan<int> clicked, ReadOnlySpan<float> counts, OutputLoss loss, Span<float> losses)
        {
            float scale = (float)loss.Scale, c1 = (float)loss.C1, c0 = (float)loss.C0;
            switch (loss.Likelihood)
            {
                case Likelihood.Multinomial:
                    LogSoftmax.Cpu.MultinomialLoss(
                        workers, users, items, logits, rowStarts, clicked, counts, scale, losses);
                    break;
                case Likelihood.Logistic:
                    LogisticLoss.Cpu.Loss(workers, users, items, logits, rowStarts, clicked, counts, scale, losses);
                    break;
                case Likelihood.Gaussian:
                    GaussianLoss.Cpu.Loss(
                        workers, users, items, logits, rowStarts, clicked, counts, c1, c0, loss.Output, scale, losses);
                    break;
                default: throw loss.Unknown();
            }
        }

        /// <summary>A loss of logits that come block by block, a vector of users at a time.</summary>
        private interface ILoss
        {
            /// <summary>Whether the gradient needs the normaliser, over all of a user's logits.</summary>
            static abstract bool IsNormalized { get; }

            /// <summary>The weight of a sum of terms in the loss.</summary>
            double TermWeight { get; }

            /// <summary>
            /// The gradient of V.Count users' logits where nothing was clicked; adds their terms of the loss.
            /// </summary>
            V Gradient<V>(V logit, int user, float* terms) where V : unmanaged, ISimd<V>;

            /// <summary>The gradient where there was a click, given what it would be without one.</summary>
            float AtClick(float gradient, float logit, float count);

            /// <summary>What a click adds to the loss.</summary>
            double ClickLoss(float logit, float count);
        }

        /// <summary>
        /// df = scale (N exp(f - max) / sum - x), with max [B] and factor [B] = scale N / sum; loss = N (max + log sum)
        /// - sum x f.
        /// </summary>
        private readonly struct Multinomial(float scale, float* max, float* factor) : ILoss
        {
            public static bool IsNormalized => true;
            public double TermWeight => 0;

            public V Gradient<V>(V logit, int user, float* terms) where V : unmanaged, ISimd<V> =>
                V.Load(factor + user) * SimdMath.ExpOfNonPositive(logit - V.Load(max + user));

            public float AtClick(float gradient, float logit, float count) => gradient - scale * count;
            public double ClickLoss(float logit, float count) => -(double)count * logit;
        }

        /// <summary>
        /// df = scale (s(f) - x); loss = sum softplus(f) - sum x f. An item whose count is below 0 is left out.
        /// </summary>
        private readonly struct Logistic(float scale) : ILoss
        {
            public static bool IsNormalized => false;
            public double TermWeight => 1;

            public V Gradient<V>(V logit, int user, float* terms) where V : unmanaged, ISimd<V>
            {
                V.Store(V.Load(terms + user) + SimdMath.Softplus(logit), terms + user);
                return V.Broadcast(scale) * SimdMath.Sigmoid(logit);
            }

            public float AtClick(float gradient, float logit, float count) =>
                count < 0 ? 0 : gradient - scale * count;

            public double ClickLoss(float logit, float count) =>
                count < 0 ? -LogisticLoss.Cpu.Softplus(logit) : -(double)count * logit;
        }

        /// <summary>
        /// df = scale c (o - x) a'(f), o = a(f); loss = sum c/2 (o - x)^2; c is c1 on clicks, else c0.
        /// </summary>
        private readonly struct Gaussian<TUnit>(float scale, float c1, float c0) : ILoss where TUnit : struct, IUnit
        {
            public static bool IsNormalized => false;
            public double TermWeight => c0 / 2.0;

            public V Gradient<V>(V logit, int user, float* terms) where V : unmanaged, ISimd<V>
            {
                V o = TUnit.Value(logit);
                V.Store(V.FusedMultiplyAdd(o, o, V.Load(terms + user)), terms + user);
                return V.Broadcast(scale * c0) * o * TUnit.Slope(o);
            }

            public float AtClick(float gradient, float logit, float count)
            {
                Simd1 o = TUnit.Value(Simd1.Broadcast(logit));
                return scale * (count > 0 ? c1 : c0) * (o.Value - count) * TUnit.Slope(o).Value;
            }

            public double ClickLoss(float logit, float count)
            {
                double o = TUnit.Value(Simd1.Broadcast(logit)).Value;
                return (count > 0 ? c1 : c0) / 2.0 * (o - count) * (o - count) - c0 / 2.0 * o * o;
            }
        }
    }
}
