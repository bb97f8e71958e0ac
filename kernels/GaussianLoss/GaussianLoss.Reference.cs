using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The Gaussian likelihood of a user's clicks, a weighted squared error that trusts clicks (weight c1) more than their
/// absence (weight c0), and the gradient of the logits; the targets stay sparse. What is compared with the clicks may
/// be the tanh or the sigmoid of the logits, as in CDAE (Wu et al. 2016).
/// Source: Liang, Krishnan, Hoffman, Jebara, "Variational autoencoders for collaborative filtering", 2018, section 2.1,
/// equation 3.
/// </summary>
public static partial class GaussianLoss
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>
        /// loss[b] = sum_i c/2 * (x[b, i] - o)^2, o = a(f[b, i]); df[b, i] = scale * c * (o - x[b, i]) * a'(f[b, i]); c
        /// is c1 where x &gt; 0, else c0.
        /// </summary>
        /// <param name="rows">B.</param>
        /// <param name="columns">I.</param>
        /// <param name="logits">In: F; out: dF; B x I.</param>
        /// <param name="rowStarts">Where each row's clicks begin, and the end of the last; B + 1.</param>
        /// <param name="items">Item of each click, without repeats in a row; N.</param>
        /// <param name="counts">Count of each click, 0 or more; N.</param>
        /// <param name="c1">Weight of what was clicked.</param>
        /// <param name="c0">Weight of what was not.</param>
        /// <param name="output">a: the identity, tanh or the sigmoid.</param>
        /// <param name="scale">Factor of the gradient (1 / B where the loss is the mean over users); the losses are not
        /// scaled.</param>
        /// <param name="loss">Loss of each user, B, overwritten.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape, or an item is not in 0 …
        /// I - 1.</exception>
        /// <exception cref="ArgumentOutOfRangeException">a is none of the three.</exception>
        public static void Loss(int rows, int columns, Span<double> logits, ReadOnlySpan<int> rowStarts,
            ReadOnlySpan<int> items, ReadOnlySpan<double> counts, double c1, double c0, Activation output,
            double scale, Span<double> loss)
        {
            if (output is not (Activation.Identity or Activation.Tanh or Activation.Sigmoid))
                throw UnknownOutput(output);
            Shape.Loss(rows, columns, logits.Length, rowStarts, items, counts.Length, loss.Length);
            for (int b = 0; b < rows; b++)
            {
                double[] x = new double[columns];
                for (int n = rowStarts[b]; n < rowStarts[b + 1]; n++)
                    x[items[n]] = counts[n];
                loss[b] = 0;
                for (int i = 0; i < columns; i++)
                {
                    double c = x[i] > 0 ? c1 : c0;
                    ref double f = ref logits[b * columns + i];
                    double o = Activate.Reference.Value(output, f), difference = o - x[i];
                    loss[b] += c / 2 * difference * difference;
                    f = scale * c * difference * Activate.Reference.Slope(output, o);
                }
            }
        }
    }

    internal static ArgumentOutOfRangeException UnknownOutput(Activation output) =>
        new(nameof(output), output, "expected Identity, Tanh or Sigmoid");
}
