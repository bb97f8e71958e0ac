using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The squared error of predicted ratings at the ratings alone, and its gradient. Called by AutoRec, whose predictions
/// are products at the ratings (<see cref="SampledGemm"/>) plus a bias. What was not rated has no error.
/// Source: Sedhain, Menon, Sanner, Xie, "AutoRec: autoencoders meet collaborative filtering", 2015, equation 2.
/// </summary>
public static partial class SquaredError
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>
        /// loss[b] = sum over the ratings n of row b of (p_n + bias_i - x_n)^2; p_n becomes 2 (p_n + bias_i - x_n).
        /// </summary>
        /// <param name="rowStarts">Where each row's ratings begin, and the end of the last; B + 1.</param>
        /// <param name="items">Item of each rating; N.</param>
        /// <param name="ratings">The ratings x; N.</param>
        /// <param name="bias">Bias of each item; I.</param>
        /// <param name="predictions">In: p, without the bias; out: its gradient; N.</param>
        /// <param name="loss">B, overwritten.</param>
        /// <exception cref="ArgumentException">
        /// The length of a span does not match its shape, or an item is not in 0 … I - 1.
        /// </exception>
        public static void Loss(ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items, ReadOnlySpan<double> ratings,
            ReadOnlySpan<double> bias, Span<double> predictions, Span<double> loss)
        {
            Check(loss.Length, rowStarts, items, ratings.Length, bias.Length, predictions.Length);
            for (int b = 0; b < loss.Length; b++)
            {
                loss[b] = 0;
                for (int n = rowStarts[b]; n < rowStarts[b + 1]; n++)
                {
                    double error = predictions[n] + bias[items[n]] - ratings[n];
                    loss[b] += error * error;
                    predictions[n] = 2 * error;
                }
            }
        }
    }

    private static void Check(int rows, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items, int ratings,
        int columns, int predictions)
    {
        Shape.Csr(rows, columns, rowStarts, items, ratings);
        Shape.Dense(nameof(predictions), predictions, ratings, 1);
    }
}
