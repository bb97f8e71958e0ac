using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// A step of non-negative matrix factorisation: each weight times the ratio of the two parts of its gradient, so that
/// none becomes negative and no objective rises. Called for the factors of users and of items, in turn. Source: Lee and
/// Seung 2001, Algorithms for non-negative matrix factorization.
/// </summary>
public static partial class MultiplicativeUpdate
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>w *= rising / (falling + l1 + l2 w + epsilon).</summary>
        /// <param name="rising">The part of the gradient that makes w rise, at least 0.</param>
        /// <param name="falling">The part that makes it fall, at least 0; the same length.</param>
        /// <param name="l1">Strength of the L1 term l1 sum w.</param>
        /// <param name="l2">Strength of the L2 term l2 / 2 sum w^2.</param>
        /// <param name="epsilon">Keeps the denominator above 0.</param>
        /// <param name="w">The weights, at least 0, updated; the same length, apart from the others.</param>
        /// <exception cref="ArgumentException">The lengths differ.</exception>
        public static void Step(ReadOnlySpan<double> rising, ReadOnlySpan<double> falling, double l1, double l2,
            double epsilon, Span<double> w)
        {
            Shape.Dense(nameof(rising), rising.Length, 1, w.Length);
            Shape.Dense(nameof(falling), falling.Length, 1, w.Length);
            for (int i = 0; i < w.Length; i++)
                w[i] *= rising[i] / (falling[i] + l1 + l2 * w[i] + epsilon);
        }
    }
}
