using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The Cholesky factor of a symmetric positive definite matrix, A = L L^T, and from it the inverse, P = L^-T L^-1, both
/// in place of A: EASE solves the ridge regressions of all items with it. It solves for no right-hand side and does not
/// pivot.
/// </summary>
public static partial class Cholesky
{
    /// <summary>The largest n whose matrix one span can hold: n^2 elements, at most 2^31 - 1.</summary>
    public const int LargestSize = 46_340;

    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>
        /// L, lower triangular, of A = L L^T: l[j, j] = sqrt(a[j, j] - sum over k &lt; j of l[j, k]^2), l[i, j] =
        /// (a[i, j] - sum over k &lt; j of l[i, k] l[j, k]) / l[j, j].
        /// </summary>
        /// <param name="n">Rows and columns of A, at most <see cref="LargestSize"/>.</param>
        /// <param name="a">
        /// A, n x n: its lower half is read and becomes L. What stands above the diagonal is neither read nor written.
        /// </param>
        /// <exception cref="ArgumentException">The length is not n x n.</exception>
        /// <exception cref="ArgumentOutOfRangeException">n is negative or above <see cref="LargestSize"/>.</exception>
        /// <exception cref="ArithmeticException">
        /// A is not positive definite: a pivot, which is what stands under a square root, is not above 0. The message
        /// names it.
        /// </exception>
        public static void Factor(int n, Span<double> a)
        {
            Check(n, a.Length);
            for (int j = 0; j < n; j++)
            {
                double pivot = a[j * n + j];
                for (int k = 0; k < j; k++)
                    pivot -= a[j * n + k] * a[j * n + k];
                double root = a[j * n + j] = Root(j, n, pivot);
                for (int i = j + 1; i < n; i++)
                {
                    double sum = a[i * n + j];
                    for (int k = 0; k < j; k++)
                        sum -= a[i * n + k] * a[j * n + k];
                    a[i * n + j] = sum / root;
                }
            }
        }

        /// <summary>
        /// P = (L L^T)^-1 = W^T W for W = L^-1: w[i, i] = 1 / l[i, i], w[i, j] = -w[i, i] sum over j &lt;= k &lt; i of
        /// l[i, k] w[k, j].
        /// </summary>
        /// <param name="n">Rows and columns of L, at most <see cref="LargestSize"/>.</param>
        /// <param name="a">L, n x n, of which only the lower half is read; becomes P, both halves.</param>
        /// <exception cref="ArgumentException">The length is not n x n.</exception>
        /// <exception cref="ArgumentOutOfRangeException">n is negative or above <see cref="LargestSize"/>.</exception>
        public static void Inverse(int n, Span<double> a)
        {
            Check(n, a.Length);
            var w = new double[a.Length];
            for (int i = 0; i < n; i++)
            {
                w[i * n + i] = 1 / a[i * n + i];
                for (int j = 0; j < i; j++)
                {
                    double sum = 0;
                    for (int k = j; k < i; k++)
                        sum += a[i * n + k] * w[k * n + j];
                    w[i * n + j] = -w[i * n + i] * sum;
                }
            }
            for (int i = 0; i < n; i++)
                for (int j = 0; j <= i; j++)
                {
                    double sum = 0;
                    for (int k = i; k < n; k++)
                        sum += w[k * n + i] * w[k * n + j];
                    a[i * n + j] = a[j * n + i] = sum;
                }
        }
    }

    private static void Check(int n, int length)
    {
        if ((uint)n > LargestSize)
            throw new ArgumentOutOfRangeException(nameof(n), n,
                $"expected 0 … {LargestSize}, the largest matrix that one span can hold");
        Shape.Dense("a", length, n, n);
    }

    // The root of pivot j; NaN is not above 0 either.
    private static double Root(int j, int n, double pivot) => pivot > 0 && double.IsFinite(pivot) ? Math.Sqrt(pivot)
        : throw new ArithmeticException($"pivot {j} of {n} is {pivot}, expected a finite number above 0: "
            + "the matrix is not positive definite");
}
