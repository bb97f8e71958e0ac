using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The logistic likelihood of a user's clicks, every item a coin of its own, and the gradient of the logits. With s the
/// sigmoid, the loss -sum (x * log s(f) + (1 - x) * log(1 - s(f))) is sum softplus(f) - sum x * f and its gradient
/// s(f) - x; the targets stay sparse. Items can be left out of the loss, such as those that the input of a network
/// held.
/// Source: Liang, Krishnan, Hoffman, Jebara, "Variational autoencoders for collaborative filtering", 2018, section 2.1,
/// equation 4.
/// </summary>
public static partial class LogisticLoss
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>
        /// loss[b] = sum_i softplus(f[b, i]) - sum_i x[b, i] * f[b, i]; df[b, i] = scale * (s(f[b, i]) - x[b, i]).
        /// </summary>
        /// <param name="rows">B.</param>
        /// <param name="columns">I.</param>
        /// <param name="logits">In: F; out: dF; B x I.</param>
        /// <param name="rowStarts">Where each row's clicks begin, and the end of the last; B + 1.</param>
        /// <param name="items">Item of each click, without repeats in a row; N.</param>
        /// <param name="counts">
        /// Count of each click, 0 or more; below 0: the item is left out, of the loss and with a gradient of 0; N.
        /// </param>
        /// <param name="scale">Factor of the gradient (1 / B where the loss is the mean over users); the losses are not
        /// scaled.</param>
        /// <param name="loss">Loss of each user, B, overwritten.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape, or an item is not in 0 …
        /// I - 1.</exception>
        public static void Loss(int rows, int columns, Span<double> logits, ReadOnlySpan<int> rowStarts,
            ReadOnlySpan<int> items, ReadOnlySpan<double> counts, double scale, Span<double> loss)
        {
            Shape.Loss(rows, columns, logits.Length, rowStarts, items, counts.Length, loss.Length);
            for (int b = 0; b < rows; b++)
            {
                Span<double> f = logits.Slice(b * columns, columns);
                double dot = 0, sum = 0;
                for (int n = rowStarts[b]; n < rowStarts[b + 1]; n++)
                    dot += counts[n] < 0 ? Softplus(f[items[n]]) : counts[n] * f[items[n]];
                for (int i = 0; i < columns; i++)
                {
                    double e = Math.Exp(-Math.Abs(f[i]));
                    sum += Softplus(f[i]);
                    f[i] = scale * (f[i] < 0 ? e : 1) / (1 + e);
                }
                loss[b] = sum - dot;
                for (int n = rowStarts[b]; n < rowStarts[b + 1]; n++)
                    f[items[n]] = counts[n] < 0 ? 0 : f[items[n]] - scale * counts[n];
            }
        }

        internal static double Softplus(double f) => Math.Max(f, 0) + Math.Log(1 + Math.Exp(-Math.Abs(f)));
    }
}
