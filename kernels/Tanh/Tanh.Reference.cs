using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The activation of the hidden layers, the hyperbolic tangent of each row plus a bias, and its derivative from the
/// output alone: y = tanh(x + b), dy/dx = 1 - y^2, so the input need not be kept. The bias's gradient is
/// <see cref="Bias"/>'s.
/// </summary>
public static partial class Tanh
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>y[b, h] = tanh(y[b, h] + bias[h]).</summary>
        /// <param name="rows">B.</param>
        /// <param name="columns">H.</param>
        /// <param name="y">Y, B x H, changed in place; apart from the bias.</param>
        /// <param name="bias">H.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        public static void Forward(int rows, int columns, Span<double> y, ReadOnlySpan<double> bias)
        {
            Shape.Dense(nameof(y), y.Length, rows, columns);
            Shape.Dense(nameof(bias), bias.Length, 1, columns);
            for (int b = 0; b < rows; b++)
                for (int h = 0; h < columns; h++)
                    y[b * columns + h] = Math.Tanh(y[b * columns + h] + bias[h]);
        }

        /// <summary>dx = dy * (1 - y^2).</summary>
        /// <param name="y">What <see cref="Forward"/> gave.</param>
        /// <param name="dY">Gradient of y.</param>
        /// <param name="dX">Gradient of x, overwritten; may be dY itself.</param>
        /// <exception cref="ArgumentException">The lengths differ.</exception>
        public static void Backward(ReadOnlySpan<double> y, ReadOnlySpan<double> dY, Span<double> dX)
        {
            Shape.Dense(nameof(dY), dY.Length, 1, y.Length);
            Shape.Dense(nameof(dX), dX.Length, 1, y.Length);
            for (int i = 0; i < y.Length; i++)
                dX[i] = dY[i] * (1 - y[i] * y[i]);
        }
    }
}
