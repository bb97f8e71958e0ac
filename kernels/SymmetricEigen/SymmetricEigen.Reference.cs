using System.Numerics;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The eigenvalues and eigenvectors of a symmetric matrix, A = Q diag(values) Q^T: in the basis Q, A is a diagonal, and
/// A + c I one for any c.
/// </summary>
public static partial class SymmetricEigen
{
    /// <summary>The specification, in double: Jacobi's rotations, until nothing is left beside the diagonal.</summary>
    public static class Reference
    {
        /// <summary>A = Q diag(values) Q^T, Q orthogonal.</summary>
        /// <param name="n">Rows and columns of A.</param>
        /// <param name="a">A, n x n, symmetric.</param>
        /// <param name="vectors">Q, n x n, overwritten: an eigenvector a column, of length 1, of either sign.</param>
        /// <param name="values">The eigenvalues, ascending, overwritten; n.</param>
        /// <exception cref="ArgumentException">The lengths are not n x n, n x n and n.</exception>
        /// <exception cref="ArithmeticException">A holds a number that is not finite.</exception>
        public static void Solve(int n, ReadOnlySpan<double> a, Span<double> vectors, Span<double> values)
        {
            Check(n, a, vectors.Length, values.Length);
            double[] m = a.ToArray(), q = Identity(n);
            double rounding = 1e-15 * Math.Sqrt(m.Sum(x => x * x));
            while (Math.Sqrt(Enumerable.Range(0, m.Length).Where(i => i / n != i % n).Sum(i => m[i] * m[i])) > rounding)
                for (int i = 0; i < n; i++)
                    for (int j = i + 1; j < n; j++)
                        if (m[i * n + j] != 0)
                            Rotate(n, m, q, i, j);
            Write(n, [.. Enumerable.Range(0, n).Select(i => m[i * n + i])], q, vectors, values);
        }

        // Turns rows and columns i and j of m so that m_ij becomes 0, and the same rows of Q^T.
        private static void Rotate(int n, double[] m, double[] q, int i, int j)
        {
            double theta = (m[j * n + j] - m[i * n + i]) / (2 * m[i * n + j]),
                t = (theta < 0 ? -1 : 1) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1)),
                c = 1 / Math.Sqrt(t * t + 1), s = t * c;
            for (int k = 0; k < n; k++)
                Turn(ref m[k * n + i], ref m[k * n + j]);
            for (int k = 0; k < n; k++)
            {
                Turn(ref m[i * n + k], ref m[j * n + k]);
                Turn(ref q[i * n + k], ref q[j * n + k]);
            }

            void Turn(ref double x, ref double y) => (x, y) = (c * x - s * y, s * x + c * y);
        }
    }

    private static void Check<T>(int n, ReadOnlySpan<T> a, int vectorsLength, int valuesLength)
        where T : struct, INumberBase<T>
    {
        Shape.Dense("a", a.Length, n, n);
        Shape.Dense("vectors", vectorsLength, n, n);
        Shape.Dense("values", valuesLength, 1, n);
        foreach (T value in a)
            if (!T.IsFinite(value))
                throw new ArithmeticException($"found {value} in a matrix of {n} x {n}, expected finite numbers");
    }

    private static double[] Identity(int n)
    {
        var identity = new double[n * n];
        for (int i = 0; i < n; i++)
            identity[i * n + i] = 1;
        return identity;
    }

    // The eigenvalues in order, and the rows of Q^T as columns in the same order.
    private static void Write<T>(int n, double[] found, double[] rows, Span<T> vectors, Span<T> values)
        where T : struct, INumberBase<T>
    {
        int[] order = [.. Enumerable.Range(0, n)];
        Array.Sort(found, order);
        for (int i = 0; i < n; i++)
        {
            values[i] = T.CreateTruncating(found[i]);
            for (int k = 0; k < n; k++)
                vectors[k * n + i] = T.CreateTruncating(rows[order[i] * n + k]);
        }
    }
}
