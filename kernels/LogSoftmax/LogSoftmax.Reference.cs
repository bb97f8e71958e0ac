using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The multinomial likelihood of a user's clicks under the softmax of the logits, and the gradient of the logits: the
/// output layer of Mult-VAE and Mult-DAE. With N = sum of x and lse = log sum exp(f), the loss -sum x * log softmax(f)
/// is N * lse - sum x * f and its gradient N * softmax(f) - x, so neither log-softmax nor targets are ever made dense.
/// Source: Liang, Krishnan, Hoffman, Jebara, "Variational autoencoders for collaborative filtering", 2018, section 2.1,
/// equation 2.
/// </summary>
public static partial class LogSoftmax
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>
        /// loss[b] = N_b * lse_b - sum_i x[b, i] * f[b, i]; df[b, i] = scale * (N_b * softmax(f_b)[i] - x[b, i]).
        /// </summary>
        /// <param name="rows">B.</param>
        /// <param name="columns">I.</param>
        /// <param name="logits">In: F; out: dF; B x I.</param>
        /// <param name="rowStarts">Where each row's clicks begin, and the end of the last; B + 1.</param>
        /// <param name="items">Item of each click, without repeats in a row; N.</param>
        /// <param name="counts">Count of each click, 0 or more; N.</param>
        /// <param name="scale">Factor of the gradient (1 / B where the loss is the mean over users); the losses are not
        /// scaled.</param>
        /// <param name="loss">Loss of each user, B, overwritten; 0 for a user without clicks, whose gradient is 0
        /// too.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape, or an item is not in 0 …
        /// I - 1.</exception>
        public static void MultinomialLoss(int rows, int columns, Span<double> logits, ReadOnlySpan<int> rowStarts,
            ReadOnlySpan<int> items, ReadOnlySpan<double> counts, double scale, Span<double> loss)
        {
            Shape.Loss(rows, columns, logits.Length, rowStarts, items, counts.Length, loss.Length);
            for (int b = 0; b < rows; b++)
            {
                Span<double> f = logits.Slice(b * columns, columns);
                double max = double.NegativeInfinity, sum = 0, clicks = 0, dot = 0;
                foreach (double logit in f)
                    max = Math.Max(max, logit);
                foreach (double logit in f)
                    sum += Math.Exp(logit - max);
                for (int n = rowStarts[b]; n < rowStarts[b + 1]; n++)
                {
                    clicks += counts[n];
                    dot += counts[n] * f[items[n]];
                }
                loss[b] = clicks == 0 ? 0 : clicks * (max + Math.Log(sum)) - dot;
                for (int i = 0; i < columns; i++)
                    f[i] = scale * clicks * Math.Exp(f[i] - max) / sum;
                for (int n = rowStarts[b]; n < rowStarts[b + 1]; n++)
                    f[items[n]] -= scale * counts[n];
            }
        }
    }
}
