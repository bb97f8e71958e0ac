using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// Swish, y = x * s(x), with s the sigmoid: the activation of RecVAE's encoder. Its derivative takes the input, which
/// must be kept. Source: Ramachandran, Zoph, Le 2017 (with beta = 1); Shenbin et al. 2020, section 3.2.
/// </summary>
public static partial class Swish
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>y = x * s(x).</summary>
        /// <param name="x">Any length.</param>
        /// <param name="y">The same length, overwritten; may be x itself.</param>
        /// <exception cref="ArgumentException">The lengths differ.</exception>
        public static void Forward(ReadOnlySpan<double> x, Span<double> y)
        {
            Shape.Dense(nameof(y), y.Length, 1, x.Length);
            for (int i = 0; i < x.Length; i++)
                y[i] = x[i] / (1 + Math.Exp(-x[i]));
        }

        /// <summary>dx = dy * s(x) * (1 + x * (1 - s(x))).</summary>
        /// <param name="x">What <see cref="Forward"/> was given.</param>
        /// <param name="dY">Gradient of y.</param>
        /// <param name="dX">Gradient of x, overwritten; may be dY itself.</param>
        /// <exception cref="ArgumentException">The lengths differ.</exception>
        public static void Backward(ReadOnlySpan<double> x, ReadOnlySpan<double> dY, Span<double> dX)
        {
            Shape.Dense(nameof(dY), dY.Length, 1, x.Length);
            Shape.Dense(nameof(dX), dX.Length, 1, x.Length);
            for (int i = 0; i < x.Length; i++)
            {
                double s = 1 / (1 + Math.Exp(-x[i]));
                dX[i] = dY[i] * s * (1 + x[i] * (1 - s));
            }
        }
    }
}
