using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// Sparse weights of items by items, a problem of its own for each item: SLIM's <see cref="ElasticNet"/>, solved by
/// coordinate descent on the Gram matrix. Source: Ning and Karypis 2011; of the updates, Friedman, Hastie and
/// Tibshirani 2010.
/// </summary>
public static partial class CoordinateDescent
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>
        /// For each target j sweeps over the other items i: with r = G_j - sum_k w_k G_k, w_i becomes
        /// S(r_i + G_ii w_i) / (G_ii + l2), S(a) = max(0, a - l1), or sign(a) max(0, |a| - l1) where weights may be
        /// negative.
        /// </summary>
        /// <param name="items">I.</param>
        /// <param name="gram">G = X^T X, I x I, symmetric; not negative where the weights may not be.</param>
        /// <param name="first">The first target.</param>
        /// <param name="problem">What is minimised, and when the sweeps end.</param>
        /// <param name="weights">
        /// A row of I weights for each target from <paramref name="first"/> on: where to start from, such as 0;
        /// overwritten with the solution.
        /// </param>
        /// <returns>Targets whose last sweep still changed a weight by more than the tolerance.</returns>
        /// <exception cref="ArgumentException">A span does not have the length its shape says.</exception>
        /// <exception cref="ArgumentOutOfRangeException">
        /// There are no such targets, or a number of the problem is outside its range.
        /// </exception>
        public static int Solve(int items, ReadOnlySpan<double> gram, int first, in ElasticNet problem,
            Span<double> weights)
        {
            int targets = Check(items, gram.Length, first, problem, weights.Length), unfinished = 0;
            var r = new double[items];
            for (int target = first; target < first + targets; target++)
            {
                Span<double> w = weights.Slice((target - first) * items, items);
                w[target] = 0;
                for (int i = 0; i < items; i++)
                {
                    r[i] = gram[target * items + i];
                    for (int k = 0; k < items; k++)
                        r[i] -= w[k] * gram[k * items + i];
                }
                double largest = double.PositiveInfinity;
                for (int sweep = 0; sweep < problem.MostSweeps && largest > problem.Tolerance; sweep++)
                    largest = Sweep(items, gram, target, problem, w, r);
                if (largest > problem.Tolerance)
                    unfinished++;
            }
            return unfinished;
        }

        private static double Sweep(int items, ReadOnlySpan<double> gram, int target, ElasticNet problem,
            Span<double> w, double[] r)
        {
            double largest = 0;
            for (int i = 0; i < items; i++)
            {
                double gii = gram[i * items + i], a = r[i] + gii * w[i];
                double shrunk = Math.Max(0, (problem.NonNegative ? a : Math.Abs(a)) - problem.L1);
                // An item without clicks has no weight.
                double change = i == target || gii == 0 ? 0
                    : (a < 0 ? -shrunk : shrunk) / (gii + problem.L2) - w[i];
                if (change == 0)
                    continue;
                w[i] += change;
                largest = Math.Max(largest, Math.Abs(change));
                for (int k = 0; k < items; k++)
                    r[k] -= change * gram[i * items + k];
            }
            return largest;
        }
    }

    // The number of targets.
    private static int Check(int items, int gramLength, int first, in ElasticNet problem, int weightCount)
    {
        problem.Check();
        Shape.Dense("gram", gramLength, items, items);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        int targets = items == 0 ? 0 : weightCount / items;
        Shape.Dense("weights", weightCount, targets, items);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(targets, items - first, "weights");
        return targets;
    }
}
