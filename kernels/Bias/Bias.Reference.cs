namespace VaeCf.Kernels;

/// <summary>
/// A bias added to every row, Y += 1 b^T, and its gradient, the column sums of dY. Called after the product of every
/// layer and in its backward step; the gradient passes through to the product's output unchanged.
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
        public static void Add(int rows, int columns, Span<double> y, ReadOnlySpan<double> bias)
        {
            for (int b = 0; b < rows; b++)
                for (int h = 0; h < columns; h++)
                    y[b * columns + h] += bias[h];
        }

        /// <summary>dbias[h] = sum over b of dy[b, h].</summary>
        /// <param name="rows">B.</param>
        /// <param name="columns">H.</param>
        /// <param name="dY">Gradient of Y, B x H.</param>
        /// <param name="dBias">Gradient of the bias, H, overwritten; apart from dY.</param>
        public static void Gradient(int rows, int columns, ReadOnlySpan<double> dY, Span<double> dBias)
        {
            dBias.Clear();
            for (int b = 0; b < rows; b++)
                for (int h = 0; h < columns; h++)
                    dBias[h] += dY[b * columns + h];
        }
    }
}
