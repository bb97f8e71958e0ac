using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// A bias added to every row, Y += 1 b^T, and its gradient, the column sums of dY. Called after the product of every
/// linear layer (where tanh follows, <see cref="Tanh"/> adds it) and in the backward step of all; the gradient passes
/// through to the product's output unchanged.
/// </summary>
public static partial class Bias
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>y[b, h] += bias[h].</summary>
        /// <param name="rows">B.</param>
        /// <param name="columns">H.</param>
        /// <param name="y">Y, B x H, changed in place; apart from the bias.</param>
        /// <param name="bias">H.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        public static void Add(int rows, int columns, Span<double> y, ReadOnlySpan<double> bias)
        {
            Shape.Dense(nameof(y), y.Length, rows, columns);
            Shape.Dense(nameof(bias), bias.Length, 1, columns);
            for (int b = 0; b < rows; b++)
                for (int h = 0; h < columns; h++)
                    y[b * columns + h] += bias[h];
        }

        /// <summary>The same to a sparse y: y_n += bias of the item of value n.</summary>
        /// <param name="items">Item of each value, N.</param>
        /// <param name="values">y where there is a value, N, changed in place; apart from the bias.</param>
        /// <param name="bias">I.</param>
        /// <exception cref="ArgumentException">The lengths differ, or an item is not in 0 … I - 1.</exception>
        public static void SparseAdd(ReadOnlySpan<int> items, Span<double> values, ReadOnlySpan<double> bias)
        {
            Shape.Csr(1, bias.Length, [0, items.Length], items, values.Length);
            for (int n = 0; n < items.Length; n++)
                values[n] += bias[items[n]];
        }

        /// <summary>dbias[h] = sum over b of dy[b, h].</summary>
        /// <param name="rows">B.</param>
        /// <param name="columns">H.</param>
        /// <param name="dY">Gradient of Y, B x H.</param>
        /// <param name="dBias">Gradient of the bias, H, overwritten; apart from dY.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        public static void Gradient(int rows, int columns, ReadOnlySpan<double> dY, Span<double> dBias)
        {
            Shape.Dense(nameof(dY), dY.Length, rows, columns);
            Shape.Dense(nameof(dBias), dBias.Length, 1, columns);
            dBias.Clear();
            for (int b = 0; b < rows; b++)
                for (int h = 0; h < columns; h++)
                    dBias[h] += dY[b * columns + h];
        }

        /// <summary>
        /// The same of a sparse dY: dbias[i] = the sum of the values of item i, 0 for an item without any.
        /// </summary>
        /// <param name="items">Item of each value, N.</param>
        /// <param name="values">dY where it is not 0, N.</param>
        /// <param name="dBias">Gradient of the bias, I, overwritten; apart from the values.</param>
        /// <exception cref="ArgumentException">The lengths differ, or an item is not in 0 … I - 1.</exception>
        public static void SparseGradient(ReadOnlySpan<int> items, ReadOnlySpan<double> values, Span<double> dBias)
        {
            Shape.Csr(1, dBias.Length, [0, items.Length], items, values.Length);
            dBias.Clear();
            for (int n = 0; n < items.Length; n++)
                dBias[items[n]] += values[n];
        }
    }
}
