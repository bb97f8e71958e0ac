using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The gated linear unit, y = a * s(g), with s the sigmoid: a = xW + b are the values, g = xV + c the gates, both from
/// layers of their own. It stands where tanh does in the gated models. Source: Dauphin et al. 2017, equation 1; Kim and
/// Suh 2019, section 3.3.
/// </summary>
public static partial class Gate
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>y = a * s(g).</summary>
        /// <param name="a">Values, any length.</param>
        /// <param name="g">Gates, the same length.</param>
        /// <param name="y">The same length, overwritten; may be a or g itself.</param>
        /// <exception cref="ArgumentException">The lengths differ.</exception>
        public static void Forward(ReadOnlySpan<double> a, ReadOnlySpan<double> g, Span<double> y)
        {
            CheckLengths(a.Length, g.Length, y.Length, y.Length);
            for (int i = 0; i < a.Length; i++)
                y[i] = a[i] * Sigmoid(g[i]);
        }

        /// <summary>da = dy * s(g); dg = dy * a * s(g) * (1 - s(g)).</summary>
        /// <param name="a">Values, any length.</param>
        /// <param name="g">Gates, the same length.</param>
        /// <param name="dY">Gradient of y.</param>
        /// <param name="dA">Gradient of a, overwritten; may be dY itself.</param>
        /// <param name="dG">Gradient of g, overwritten; apart from dA.</param>
        /// <exception cref="ArgumentException">The lengths differ.</exception>
        public static void Backward(ReadOnlySpan<double> a, ReadOnlySpan<double> g, ReadOnlySpan<double> dY,
            Span<double> dA, Span<double> dG)
        {
            CheckLengths(a.Length, g.Length, dY.Length, dA.Length);
            Shape.Dense(nameof(dG), dG.Length, 1, a.Length);
            for (int i = 0; i < a.Length; i++)
            {
                double s = Sigmoid(g[i]), d = dY[i];
                dA[i] = d * s;
                dG[i] = d * a[i] * s * (1 - s);
            }
        }

        private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
    }

    private static void CheckLengths(int a, int g, int y, int output)
    {
        Shape.Dense(nameof(g), g, 1, a);
        Shape.Dense(nameof(y), y, 1, a);
        Shape.Dense(nameof(output), output, 1, a);
    }
}
