using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The squared error of predicted ratings at the ratings alone, and its gradient. Called by AutoRec, whose predictions
/// are products at the ratings (<see cref="SampledGemm"/>) plus a bias. What was not rated has no error. Between dense
/// matrices it is DeepRec's, whose outputs are fed to it again, and then are ratings of all items.
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

        /// <summary>
        /// The same between two dense matrices: loss[b] = sum over h of (y[b, h] - t[b, h])^2; dy = 2 scale (y - t).
        /// </summary>
        /// <param name="rows">B.</param>
        /// <param name="columns">H.</param>
        /// <param name="y">Y, B x H.</param>
        /// <param name="target">T, B x H, a constant.</param>
        /// <param name="scale">Factor of the gradient; the losses are not scaled.</param>
        /// <param name="dY">B x H, overwritten; may be Y or T.</param>
        /// <param name="loss">B, overwritten.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        public static void Dense(int rows, int columns, ReadOnlySpan<double> y, ReadOnlySpan<double> target,
            double scale, Span<double> dY, Span<double> loss)
        {
            Check(rows, columns, y.Length, target.Length, dY.Length, loss.Length);
            for (int b = 0; b < rows; b++)
            {
                loss[b] = 0;
                for (int i = b * columns; i < (b + 1) * columns; i++)
                {
                    double error = y[i] - target[i];
                    loss[b] += error * error;
                    dY[i] = 2 * scale * error;
                }
            }
        }
    }

    private static void Check(int rows, int columns, int y, int target, int dY, int loss)
    {
        Shape.Dense(nameof(y), y, rows, columns);
        Shape.Dense(nameof(target), target, rows, columns);
        Shape.Dense(nameof(dY), dY, rows, columns);
        Shape.Dense(nameof(loss), loss, rows, 1);
    }

    private static void Check(int rows, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items, int ratings,
        int columns, int predictions)
    {
        Shape.Csr(rows, columns, rowStarts, items, ratings);
        Shape.Dense(nameof(predictions), predictions, ratings, 1);
    }
}
