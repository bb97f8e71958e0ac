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
        public static void Forward(ReadOnlySpan<double> x, Span<double> y)
        {
            for (int i = 0; i < x.Length; i++)
                y[i] = Math.Tanh(x[i]);
        }

        /// <summary>dx = dy * (1 - y^2).</summary>
        /// <param name="y">What <see cref="Forward"/> gave.</param>
        /// <param name="dY">Gradient of y.</param>
        /// <param name="dX">Gradient of x, overwritten; may be dY itself.</param>
        public static void Backward(ReadOnlySpan<double> y, ReadOnlySpan<double> dY, Span<double> dX)
        {
            for (int i = 0; i < y.Length; i++)
                dX[i] = dY[i] * (1 - y[i] * y[i]);
        }
    }
}
