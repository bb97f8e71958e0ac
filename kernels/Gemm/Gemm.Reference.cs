namespace VaeCf.Kernels;

/// <summary>Which operand of a product is used transposed.</summary>
public enum Transpose
{
    /// <summary>C = A B, with A [M, K] and B [K, N].</summary>
    None,
    /// <summary>C = A^T B, with A [K, M] and B [K, N].</summary>
    A,
    /// <summary>C = A B^T, with A [M, K] and B [N, K].</summary>
    B,
}

/// <summary>
/// General matrix product C = op(A) op(B), the arithmetic of every dense layer: forward (<see cref="Transpose.None"/>,
/// or <see cref="Transpose.B"/> where the weights lie [out, in]), gradient of the input (the other of the two) and
/// gradient of the weights (<see cref="Transpose.A"/>). It overwrites C or adds to it; it does not scale, add a bias or
/// take strides.
/// </summary>
public static partial class Gemm
{
    /// <summary>Plain double precision: the specification.</summary>
    public static class Reference
    {
        /// <summary>C = op(A) op(B).</summary>
        /// <param name="transpose">Which operand is transposed.</param>
        /// <param name="m">Rows of C.</param>
        /// <param name="n">Columns of C.</param>
        /// <param name="k">Length of the sums.</param>
        /// <param name="a">M x K values, [M, K] or, transposed, [K, M].</param>
        /// <param name="b">K x N values, [K, N] or, transposed, [N, K].</param>
        /// <param name="c">M x N values, overwritten; overlaps neither a nor b.</param>
        /// <exception cref="ArgumentException">A length is not the product of its sizes.</exception>
        public static void Multiply(Transpose transpose, int m, int n, int k, ReadOnlySpan<double> a,
            ReadOnlySpan<double> b, Span<double> c)
        {
            Check(m, n, k, a.Length, b.Length, c.Length);
            c.Clear();
            MultiplyAdd(transpose, m, n, k, a, b, c);
        }

        /// <summary>C += op(A) op(B); arguments as for <see cref="Multiply"/>.</summary>
        /// <param name="transpose">Which operand is transposed.</param>
        /// <param name="m">Rows of C.</param>
        /// <param name="n">Columns of C.</param>
        /// <param name="k">Length of the sums.</param>
        /// <param name="a">M x K values, [M, K] or, transposed, [K, M].</param>
        /// <param name="b">K x N values, [K, N] or, transposed, [N, K].</param>
        /// <param name="c">M x N values, added to; overlaps neither a nor b.</param>
        /// <exception cref="ArgumentException">A length is not the product of its sizes.</exception>
        public static void MultiplyAdd(Transpose transpose, int m, int n, int k, ReadOnlySpan<double> a,
            ReadOnlySpan<double> b, Span<double> c)
        {
            Check(m, n, k, a.Length, b.Length, c.Length);
            // The terms of a sum come in their order either way, and the inner loop goes along a row of B.
            for (int i = 0; i < m; i++)
            {
                Span<double> sums = c.Slice(i * n, n);
                if (transpose == Transpose.B)
                    for (int j = 0; j < n; j++)
                        for (int p = 0; p < k; p++)
                            sums[j] += a[i * k + p] * b[j * k + p];
                else
                    for (int p = 0; p < k; p++)
                    {
                        double x = transpose == Transpose.A ? a[p * m + i] : a[i * k + p];
                        ReadOnlySpan<double> row = b.Slice(p * n, n);
                        for (int j = 0; j < n; j++)
                            sums[j] += x * row[j];
                    }
            }
        }
    }

    private static void Check(int m, int n, int k, int a, int b, int c)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(m);
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        ArgumentOutOfRangeException.ThrowIfNegative(k);
        if (a != (long)m * k || b != (long)k * n || c != (long)m * n)
            throw new ArgumentException(
                $"lengths {a}, {b}, {c} of A, B, C; expected {(long)m * k}, {(long)k * n}, {(long)m * n} "
                + $"for M {m}, N {n}, K {k}");
    }
}
