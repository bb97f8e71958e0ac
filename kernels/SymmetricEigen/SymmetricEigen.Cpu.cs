using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class SymmetricEigen
{
    /// <summary>
    /// From and to single precision, in double between: Householder's reflections make A tridiagonal, and implicitly
    /// shifted QL sweeps make that a diagonal. Of its some 9 n^3 multiply-adds nearly all are on whole rows,
    /// elementwise; it is one thread's work, small beside what the basis saves.
    /// </summary>
    public static class Cpu
    {
        // Far more than any matrix takes for one eigenvalue.
        private const int MostSweeps = 100;

        /// <inheritdoc cref="Reference.Solve"/>
        /// <param name="n"><inheritdoc cref="Reference.Solve" path="/param[@name='n']"/></param>
        /// <param name="a"><inheritdoc cref="Reference.Solve" path="/param[@name='a']"/></param>
        /// <param name="vectors"><inheritdoc cref="Reference.Solve" path="/param[@name='vectors']"/></param>
        /// <param name="values"><inheritdoc cref="Reference.Solve" path="/param[@name='values']"/></param>
        /// <param name="cancellation">Ends the work between two rows; the outputs are then undefined.</param>
        /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
        public static void Solve(int n, ReadOnlySpan<float> a, Span<float> vectors, Span<float> values,
            CancellationToken cancellation = default)
        {
            Check(n, a, vectors.Length, values.Length);
            var m = new double[a.Length];
            for (int i = 0; i < m.Length; i++)
                m[i] = a[i];
            double[] diagonal = new double[n], beside = new double[n];
            double[] q = Tridiagonal(n, m, diagonal, beside, cancellation);
            Diagonalize(n, diagonal, beside, q, cancellation);
            Write(n, diagonal, q, vectors, values);
        }

        // A = Q T Q^T, T with a diagonal and beside[i] between i and i + 1. Gives Q^T; A is then undefined.
        private static double[] Tridiagonal(int n, double[] a, double[] diagonal, double[] beside,
            CancellationToken cancellation)
        {
            // Reflection k is I - v v^T 2 / v^T v on what lies behind k; v stays where row k of A was.
            var factors = new double[n];
            double[] product = new double[n], q = Identity(n);
            for (int k = 0; k < n - 2; k++)
            {
                cancellation.ThrowIfCancellationRequested();
                int length = n - k - 1;
                Span<double> v = a.AsSpan(k * n + k + 1, length), p = product.AsSpan(0, length);
                double rest = 0;
                foreach (double x in v[1..])
                    rest += x * x;
                diagonal[k] = a[k * n + k];
                beside[k] = v[0];
                if (rest == 0)
                    continue;
                beside[k] = v[0] > 0 ? -Math.Sqrt(v[0] * v[0] + rest) : Math.Sqrt(v[0] * v[0] + rest);
                v[0] -= beside[k];
                double factor = factors[k] = 2 / (v[0] * v[0] + rest);
                // A - v w^T - w v^T for p = factor A v, w = p - v (factor / 2 v^T p).
                p.Clear();
                double dot = 0;
                for (int i = 0; i < length; i++)
                    DoubleRow.AddTimes(factor * v[i], Row(i), p);
                for (int i = 0; i < length; i++)
                    dot += v[i] * p[i];
                DoubleRow.AddTimes(-factor / 2 * dot, v, p);
                for (int i = 0; i < length; i++)
                {
                    DoubleRow.AddTimes(-v[i], p, Row(i));
                    DoubleRow.AddTimes(-p[i], v, Row(i));
                }

                Span<double> Row(int i) => a.AsSpan((k + 1 + i) * n + k + 1, length);
            }
            for (int k = Math.Max(0, n - 2); k < n; k++)
                (diagonal[k], beside[k]) = (a[k * n + k], k < n - 1 ? a[k * n + k + 1] : 0);
            // Q is the product of the reflections, the last applied first.
            for (int k = n - 3; k >= 0; k--)
            {
                cancellation.ThrowIfCancellationRequested();
                int length = n - k - 1;
                Span<double> v = a.AsSpan(k * n + k + 1, length), p = product.AsSpan(0, length);
                p.Clear();
                for (int i = 0; i < length; i++)
                    DoubleRow.AddTimes(factors[k] * v[i], q.AsSpan((k + 1 + i) * n + k + 1, length), p);
                for (int i = 0; i < length; i++)
                    DoubleRow.AddTimes(-v[i], p, q.AsSpan((k + 1 + i) * n + k + 1, length));
            }
            for (int i = 0; i < n; i++)
                for (int j = 0; j < i; j++)
                    (q[i * n + j], q[j * n + i]) = (q[j * n + i], q[i * n + j]);
            return q;
        }

        // The eigenvalues of T, in the place of its diagonal, and the rows of Q^T turned with them.
        private static void Diagonalize(int n, double[] diagonal, double[] beside, double[] q,
            CancellationToken cancellation)
        {
            double rounding = 0;
            for (int i = 0; i < n; i++)
                rounding = Math.Max(rounding, Math.Pow(2, -53) * (Math.Abs(diagonal[i]) + Math.Abs(beside[i])));
            for (int first = 0; first < n; first++)
                for (int sweep = 0; ; sweep++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    int last = first;
                    while (last < n - 1 && Math.Abs(beside[last]) > rounding)
                        last++;
                    if (last == first)
                        break;
                    if (sweep == MostSweeps)
                        throw new ArithmeticException($"eigenvalue {first} of {n} was not found in {sweep} sweeps");
                    Sweep(n, first, last, diagonal, beside, q);
                }
        }

        // One QL sweep from row last up to row first, whose beside[first] becomes smaller: the shift is the eigenvalue
        // of the first 2 x 2 that is nearer to its first element. bulge is what a rotation puts outside of the three
        // diagonals, and the next one takes away.
        private static void Sweep(int n, int first, int last, double[] diagonal, double[] beside, double[] q)
        {
            double half = (diagonal[first + 1] - diagonal[first]) / (2 * beside[first]),
                root = Math.Sqrt(half * half + 1),
                shift = diagonal[first] - beside[first] / (half + (half < 0 ? -root : root));
            double next = diagonal[last] - shift, c = 1, s = 1, moved = 0;
            for (int i = last - 1; i >= first; i--)
            {
                double bulge = s * beside[i], near = c * beside[i], length = Math.Sqrt(bulge * bulge + next * next);
                beside[i + 1] = length;
                if (length == 0)
                {
                    // The matrix has come apart here.
                    diagonal[i + 1] -= moved;
                    beside[last] = 0;
                    return;
                }
                (s, c) = (bulge / length, next / length);
                double own = diagonal[i + 1] - moved, turned = (diagonal[i] - own) * s + 2 * c * near;
                moved = s * turned;
                diagonal[i + 1] = own + moved;
                next = c * turned - near;
                DoubleRow.Rotate(c, s, q.AsSpan(i * n, n), q.AsSpan((i + 1) * n, n));
            }
            diagonal[first] -= moved;
            beside[first] = next;
            beside[last] = 0;
        }
    }
}
