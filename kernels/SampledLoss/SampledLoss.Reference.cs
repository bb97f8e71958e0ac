using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// A loss of some of each user's items alone, such as the clicks and a few negatives drawn for each: what the others
/// would be is never computed. Called after <see cref="SampledGemm"/>, which gives the logits without their bias; the
/// gradients that it leaves go on to <see cref="SparseGemm"/> and <see cref="Bias"/>. The multinomial likelihood needs
/// all items and is refused.
/// Source: Wu, DuBois, Zheng, Ester, "Collaborative denoising auto-encoders for top-N recommender systems", 2016,
/// section 3.3.
/// </summary>
public static partial class SampledLoss
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>
        /// For each sample n, of item i in row b: f_n = logits_n + bias_i. Logistic: losses[b] += softplus(f_n) - x_n
        /// f_n, df_n = scale (s(f_n) - x_n). Gaussian, with o = a(f_n): losses[b] += c/2 (o - x_n)^2, df_n = scale c
        /// (o - x_n) a'(f_n), c being c1 where x_n &gt; 0, else c0.
        /// </summary>
        /// <param name="rowStarts">Where the samples of each row begin, and their number N: B + 1.</param>
        /// <param name="items">Item of each sample, N.</param>
        /// <param name="counts">x, N: 0 at a negative.</param>
        /// <param name="bias">A number for each item, I.</param>
        /// <param name="loss">Likelihood, scale, weights and output.</param>
        /// <param name="logits">In: without their bias; out: df; N.</param>
        /// <param name="losses">B, overwritten; not scaled.</param>
        /// <exception cref="ArgumentException">A length does not match its shape, or an item has no bias.</exception>
        /// <exception cref="ArgumentOutOfRangeException">The likelihood is not logistic or Gaussian.</exception>
        public static void Loss(ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items, ReadOnlySpan<double> counts,
            ReadOnlySpan<double> bias, OutputLoss loss, Span<double> logits, Span<double> losses)
        {
            Check(rowStarts, items, counts.Length, bias.Length, logits.Length, losses.Length);
            for (int b = 0; b < losses.Length; b++)
            {
                losses[b] = 0;
                for (int n = rowStarts[b]; n < rowStarts[b + 1]; n++)
                {
                    double f = logits[n] + bias[items[n]], x = counts[n];
                    switch (loss.Likelihood)
                    {
                        case Likelihood.Logistic:
                            losses[b] += LogisticLoss.Reference.Softplus(f) - x * f;
                            logits[n] = loss.Scale * (Activate.Reference.Value(Activation.Sigmoid, f) - x);
                            break;
                        case Likelihood.Gaussian:
                            double o = Activate.Reference.Value(loss.Output, f), c = x > 0 ? loss.C1 : loss.C0;
                            losses[b] += c / 2 * (o - x) * (o - x);
                            logits[n] = loss.Scale * c * (o - x) * Activate.Reference.Slope(loss.Output, o);
                            break;
                        default: throw Unknown(loss);
                    }
                }
            }
        }
    }

    internal static ArgumentOutOfRangeException Unknown(OutputLoss loss) =>
        new(nameof(loss), loss.Likelihood, "expected Logistic or Gaussian");

    internal static ArgumentOutOfRangeException UnknownOutput(Activation output) =>
        new(nameof(output), output, "expected Identity, Tanh, Sigmoid or Selu");

    private static void Check(ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items, int counts, int bias, int logits,
        int losses)
    {
        Shape.Csr(losses, bias, rowStarts, items, counts);
        Shape.Dense(nameof(logits), logits, items.Length, 1);
    }
}
