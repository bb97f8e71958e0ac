using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The product of two matrices element by element, y = a * b, and its gradients: how generalised matrix factorisation
/// brings a user's vector and an item's together. Source: He et al. 2017, "Neural collaborative filtering", equation 8.
/// </summary>
public static partial class Hadamard
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>y = a * b.</summary>
        /// <param name="a">Any length.</param>
        /// <param name="b">The same length.</param>
        /// <param name="y">The same length, overwritten; may be a or b itself.</param>
        /// <exception cref="ArgumentException">The lengths differ.</exception>
        public static void Forward(ReadOnlySpan<double> a, ReadOnlySpan<double> b, Span<double> y)
        {
            CheckLengths(a.Length, b.Length, y.Length, y.Length);
            for (int i = 0; i < a.Length; i++)
                y[i] = a[i] * b[i];
        }

        /// <summary>da = dy * b; db = dy * a.</summary>
        /// <param name="a">Any length.</param>
        /// <param name="b">The same length.</param>
        /// <param name="dY">Gradient of y.</param>
        /// <param name="dA">Gradient of a, overwritten; may be dY itself.</param>
        /// <param name="dB">Gradient of b, overwritten; apart from dA.</param>
        /// <exception cref="ArgumentException">The lengths differ.</exception>
        public static void Backward(ReadOnlySpan<double> a, ReadOnlySpan<double> b, ReadOnlySpan<double> dY,
            Span<double> dA, Span<double> dB)
        {
            CheckLengths(a.Length, b.Length, dY.Length, dA.Length);
            Shape.Dense(nameof(dB), dB.Length, 1, a.Length);
            for (int i = 0; i < a.Length; i++)
            {
                double d = dY[i];
                dB[i] = d * a[i];
                dA[i] = d * b[i];
            }
        }
    }

    private static void CheckLengths(int a, int b, int y, int output)
    {
        Shape.Dense(nameof(b), b, 1, a);
        Shape.Dense(nameof(y), y, 1, a);
        Shape.Dense(nameof(output), output, 1, a);
    }
}
