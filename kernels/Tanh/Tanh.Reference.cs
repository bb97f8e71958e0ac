using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The hyperbolic tangent of every element, the activation of the hidden layers, and its derivative from the output
/// alone: y = tanh(x), dy/dx = 1 - y^2, so the input need not be kept.
/// </summary>
public static partial class Tanh
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>y = tanh(x).</summary>
        /// <param name="x">Any length.</param>
        /// <param name="y">The same length, overwritten; may be x itself.</param>
        /// <exception cref="ArgumentException">The lengths differ.</exception>
        public static void Forward(ReadOnlySpan<double> x, Span<double> y)
        {
            Shape.Dense(nameof(y), y.Length, 1, x.Length);
            for (int i = 0; i < x.Length; i++)
                y[i] = Math.Tanh(x[i]);
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
