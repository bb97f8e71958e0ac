using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// One tensor multiplied by another, element by element, y *= x: weights of single numbers. Called by the RBM, whose
/// gradients may be weighted by item.
/// </summary>
public static partial class Multiply
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>y *= x.</summary>
        /// <param name="x">Any length.</param>
        /// <param name="y">The same length, changed in place; may be x itself.</param>
        /// <exception cref="ArgumentException">The lengths differ.</exception>
        public static void Forward(ReadOnlySpan<double> x, Span<double> y)
        {
            Shape.Dense(nameof(y), y.Length, 1, x.Length);
            for (int i = 0; i < x.Length; i++)
                y[i] *= x[i];
        }
    }
}
