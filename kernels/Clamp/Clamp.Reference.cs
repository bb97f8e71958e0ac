using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// Every element cut to [low, high]: the logvar of the flexible-prior models ("hardtanh", to [-12, 4]) and their
/// pseudo-inputs (to [0, 1]). At a bound and beyond it the gradient is 0, as in the authors' code. Source: Kim and Suh
/// 2019; Tomczak and Welling 2018.
/// </summary>
public static partial class Clamp
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>y = min(max(x, low), high).</summary>
        /// <param name="x">Any length.</param>
        /// <param name="low">Least value.</param>
        /// <param name="high">Greatest value, at least <paramref name="low"/>.</param>
        /// <param name="y">The same length, overwritten; may be x itself.</param>
        /// <exception cref="ArgumentException">The lengths differ.</exception>
        public static void Forward(ReadOnlySpan<double> x, double low, double high, Span<double> y)
        {
            Shape.Dense(nameof(y), y.Length, 1, x.Length);
            for (int i = 0; i < x.Length; i++)
                y[i] = Math.Clamp(x[i], low, high);
        }

        /// <summary>dx = dy where low &lt; x &lt; high, else 0.</summary>
        /// <param name="x">What <see cref="Forward"/> was given, or what it gave.</param>
        /// <param name="low">Least value.</param>
        /// <param name="high">Greatest value.</param>
        /// <param name="dY">In: the gradient of y; out: that of x. The same length.</param>
        /// <exception cref="ArgumentException">The lengths differ.</exception>
        public static void Backward(ReadOnlySpan<double> x, double low, double high, Span<double> dY)
        {
            Shape.Dense(nameof(dY), dY.Length, 1, x.Length);
            for (int i = 0; i < x.Length; i++)
                if (x[i] <= low || x[i] >= high)
                    dY[i] = 0;
        }
    }
}
