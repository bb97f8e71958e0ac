using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The product of a sparse batch and a dense matrix, Y = X W, and the gradient of its weights, dW = X^T dY: the first
/// layer of an encoder and its backward step. The clicks stay sparse (compressed rows). It does not give dX, which the
/// input layer has no use for, and it adds no bias.
/// </summary>
public static partial class SparseGemm
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>Y = X W: y[b, h] = sum over the clicks (b, i) of x[b, i] * w[i, h].</summary>
        /// <param name="rows">B.</param>
        /// <param name="columns">H.</param>
        /// <param name="rowStarts">Where each row's clicks begin, and the end of the last; B + 1.</param>
        /// <param name="items">Item of each click; N.</param>
        /// <param name="values">Value of each click; N.</param>
        /// <param name="weights">W, I x H.</param>
        /// <param name="output">Y, B x H, overwritten; apart from W.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape, or W has no row for an
        /// item.</exception>
        public static void Gather(int rows, int columns, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items,
            ReadOnlySpan<double> values, ReadOnlySpan<double> weights, Span<double> output)
        {
            Shape.Csr(rows, Shape.Rows(nameof(weights), weights.Length, columns), rowStarts, items, values.Length);
            Shape.Dense(nameof(output), output.Length, rows, columns);
            output.Clear();
            for (int b = 0; b < rows; b++)
                for (int n = rowStarts[b]; n < rowStarts[b + 1]; n++)
                    for (int h = 0; h < columns; h++)
                        output[b * columns + h] += values[n] * weights[items[n] * columns + h];
        }

        /// <summary>
        /// dW = X^T dY: dw[i, h] = sum over the clicks (b, i) of x[b, i] * dy[b, h]; zero for items without a click.
        /// </summary>
        /// <param name="rows">B.</param>
        /// <param name="columns">H.</param>
        /// <param name="rowStarts">Where each row's clicks begin, and the end of the last; B + 1.</param>
        /// <param name="items">Item of each click; N.</param>
        /// <param name="values">Value of each click; N.</param>
        /// <param name="dY">Gradient of Y, B x H.</param>
        /// <param name="dWeights">Gradient of W, I x H, overwritten; apart from dY.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape, or W has no row for an
        /// item.</exception>
        public static void Scatter(int rows, int columns, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items,
            ReadOnlySpan<double> values, ReadOnlySpan<double> dY, Span<double> dWeights)
        {
            Shape.Csr(rows, Shape.Rows(nameof(dWeights), dWeights.Length, columns), rowStarts, items, values.Length);
            Shape.Dense(nameof(dY), dY.Length, rows, columns);
            dWeights.Clear();
            for (int b = 0; b < rows; b++)
                for (int n = rowStarts[b]; n < rowStarts[b + 1]; n++)
                    for (int h = 0; h < columns; h++)
                        dWeights[items[n] * columns + h] += values[n] * dY[b * columns + h];
        }

        /// <summary>
        /// <see cref="Scatter"/>, then Adam's step on the rows of W whose item has a click; the other rows and their
        /// moments stay as they are, which is "lazy" Adam.
        /// </summary>
        /// <param name="rows">B.</param>
        /// <param name="columns">H.</param>
        /// <param name="rowStarts">Where each row's clicks begin, and the end of the last; B + 1.</param>
        /// <param name="items">Item of each click; N.</param>
        /// <param name="values">Value of each click; N.</param>
        /// <param name="dY">Gradient of Y, B x H.</param>
        /// <param name="weights">W, I x H; the rows of the batch's items are updated. Apart from dY.</param>
        /// <param name="step">Adam's settings.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape, or W has no row for an
        /// item.</exception>
        /// <exception cref="ArgumentOutOfRangeException">A setting is outside its range.</exception>
        public static void UpdateClicked(int rows, int columns, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items,
            ReadOnlySpan<double> values, ReadOnlySpan<double> dY, AdamTensor<double> weights, AdamStep step)
        {
            var dWeights = new double[weights.Values.Length];
            Scatter(rows, columns, rowStarts, items, values, dY, dWeights);
            foreach (int item in items.ToArray().Distinct())
            {
                Range row = (item * columns)..((item + 1) * columns);
                Adam.Reference.Step(dWeights.AsSpan(row), weights.Values[row], weights.M[row], weights.V[row], step);
            }
        }
    }
}
