using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The ridge regressions of alternating least squares, one for each row of sparse weights: with y_n the row of Y of a
/// click's item, (diag(d + ridge_u) + sum over the clicks of u of w_n y_n y_n^T) x_u = sum over them of t_n y_n. What
/// all rows share, d, is a diagonal: a full matrix becomes one in the basis of its eigenvectors (<see
/// cref="SymmetricEigen"/>).
/// </summary>
public static partial class NormalEquations
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>Solves the system of every row; a row without clicks gets zeros.</summary>
        /// <param name="rows">B.</param>
        /// <param name="itemCount">I.</param>
        /// <param name="factors">K, the width of Y and X.</param>
        /// <param name="rowStarts">Where each row's clicks begin, and the end of the last; B + 1.</param>
        /// <param name="items">Item of each click; N.</param>
        /// <param name="weights">w of each click, above 0; N.</param>
        /// <param name="targets">t of each click; N.</param>
        /// <param name="diagonal">d; K.</param>
        /// <param name="ridge">What each row adds to d; B. The sums must be above 0.</param>
        /// <param name="y">Y, I x K.</param>
        /// <param name="x">X, B x K, overwritten; apart from Y.</param>
        /// <exception cref="ArgumentException">
        /// A span does not have the length its shape says, or an item is not in 0 … I - 1.
        /// </exception>
        /// <exception cref="ArithmeticException">
        /// The matrix of a row is not positive definite, or not finite; the message names the row.
        /// </exception>
        public static void Solve(int rows, int itemCount, int factors, ReadOnlySpan<int> rowStarts,
            ReadOnlySpan<int> items, ReadOnlySpan<double> weights, ReadOnlySpan<double> targets,
            ReadOnlySpan<double> diagonal, ReadOnlySpan<double> ridge, ReadOnlySpan<double> y, Span<double> x)
        {
            Check(rows, itemCount, factors, rowStarts, items, weights, targets.Length, diagonal, ridge, y.Length,
                x.Length);
            x.Clear();
            for (int u = 0; u < rows; u++)
            {
                Span<double> xu = x.Slice(u * factors, factors);
                var a = new double[factors * factors];
                for (int k = 0; k < factors; k++)
                    a[k * factors + k] = diagonal[k] + ridge[u];
                for (int n = rowStarts[u]; n < rowStarts[u + 1]; n++)
                {
                    ReadOnlySpan<double> yn = y.Slice(items[n] * factors, factors);
                    for (int k = 0; k < factors; k++)
                    {
                        xu[k] += targets[n] * yn[k];
                        for (int l = 0; l < factors; l++)
                            a[k * factors + l] += weights[n] * yn[k] * yn[l];
                    }
                }
                try
                {
                    Cholesky.Reference.Factor(factors, a);
                }
                catch (ArithmeticException e)
                {
                    throw new ArithmeticException($"row {u}: {e.Message}", e);
                }
                Substitute(factors, a, xu);
            }
        }

        // x = L^-T L^-1 x.
        private static void Substitute(int n, double[] l, Span<double> x)
        {
            for (int i = 0; i < n; i++)
            {
                for (int k = 0; k < i; k++)
                    x[i] -= l[i * n + k] * x[k];
                x[i] /= l[i * n + i];
            }
            for (int i = n - 1; i >= 0; i--)
            {
                for (int k = i + 1; k < n; k++)
                    x[i] -= l[k * n + i] * x[k];
                x[i] /= l[i * n + i];
            }
        }
    }

    private static void Check<T>(int rows, int itemCount, int factors, ReadOnlySpan<int> rowStarts,
        ReadOnlySpan<int> items, ReadOnlySpan<T> weights, int targetCount, ReadOnlySpan<T> diagonal,
        ReadOnlySpan<T> ridge, int yLength, int xLength) where T : struct, System.Numerics.IFloatingPointIeee754<T>
    {
        Shape.Csr(rows, itemCount, rowStarts, items, weights.Length);
        Shape.Dense("targets", targetCount, items.Length, 1);
        Shape.Dense("diagonal", diagonal.Length, 1, factors);
        Shape.Dense("ridge", ridge.Length, rows, 1);
        Shape.Dense("y", yLength, itemCount, factors);
        Shape.Dense("x", xLength, rows, factors);
        foreach (T weight in weights)
            if (!(weight > T.Zero))
                throw new ArgumentOutOfRangeException(nameof(weights), weight, "expected a weight above 0");
        T least = T.PositiveInfinity;
        foreach (T value in diagonal)
            least = T.Min(least, value);
        for (int row = 0; row < rows; row++)
            if (factors > 0 && !(least + ridge[row] > T.Zero))
                throw new ArithmeticException($"row {row}: its ridge {ridge[row]} and the least of the diagonal, "
                    + $"{least}, make no number above 0: the matrix may not be positive definite");
    }
}
