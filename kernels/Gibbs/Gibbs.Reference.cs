using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The steps of a Markov chain between the layers of a restricted Boltzmann machine: units that are drawn by their
/// probabilities, and a softmax over the K values that a unit may have, with its draw and its mean. The probabilities'
/// logits are products (<see cref="SampledGemm"/>, <see cref="Gemm"/>), the uniform numbers <see cref="Uniform"/>'s. No
/// gradient passes through a draw. Called by the RBM.
/// Source: Salakhutdinov, Mnih, Hinton, "Restricted Boltzmann machines for collaborative filtering", 2007, section 2.
/// </summary>
public static partial class Gibbs
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>A unit is 1 with probability p, else 0: 1 where u_i &lt; p_i; NaN where p_i is.</summary>
        /// <param name="probabilities">p, any length.</param>
        /// <param name="units">In: u, uniform in [0, 1); out: the units. The same length.</param>
        /// <exception cref="ArgumentException">The lengths differ.</exception>
        public static void Bernoulli(ReadOnlySpan<double> probabilities, Span<double> units)
        {
            Shape.Dense(nameof(units), units.Length, 1, probabilities.Length);
            for (int i = 0; i < units.Length; i++)
                units[i] = (units[i] < probabilities[i] ? 1 : 0) + (probabilities[i] - probabilities[i]);
        }

        /// <summary>
        /// Of each group of K logits the probabilities: p_k = exp(f_k) / sum over k' of exp(f_k'), in place.
        /// </summary>
        /// <param name="values">K, at least 1.</param>
        /// <param name="logits">In: f; out: p; M x K.</param>
        /// <exception cref="ArgumentException">The length is no multiple of K.</exception>
        public static void Softmax(int values, Span<double> logits)
        {
            Groups(nameof(logits), logits.Length, values);
            for (int start = 0; start < logits.Length; start += values)
            {
                Span<double> group = logits.Slice(start, values);
                double max = double.NegativeInfinity, sum = 0;
                foreach (double f in group)
                    max = Math.Max(max, f);
                foreach (ref double f in group)
                    sum += f = Math.Exp(f - max);
                foreach (ref double p in group)
                    p /= sum;
            }
        }

        /// <summary>
        /// Draws one of the K values of each group, the first k with u &lt; p_1 + … + p_k, the last if rounding leaves
        /// none: 1 there and 0 at the others, in place.
        /// </summary>
        /// <param name="values">K, at least 1.</param>
        /// <param name="uniform">u, in [0, 1), one for each group; M.</param>
        /// <param name="units">In: p; out: the units; M x K.</param>
        /// <exception cref="ArgumentException">The lengths do not agree.</exception>
        public static void Categorical(int values, ReadOnlySpan<double> uniform, Span<double> units)
        {
            Shape.Dense(nameof(uniform), uniform.Length, 1, Groups(nameof(units), units.Length, values));
            for (int group = 0; group < uniform.Length; group++)
            {
                double sum = 0;
                bool drawn = false;
                for (int k = 0; k < values; k++)
                {
                    ref double unit = ref units[group * values + k];
                    sum += unit;
                    bool isIt = !drawn && (uniform[group] < sum || k == values - 1);
                    unit = isIt ? 1 : 0;
                    drawn |= isIt;
                }
            }
        }

        /// <summary>The mean of each group's values by their probabilities: mean = sum over k of p_k v_k.</summary>
        /// <param name="ofValues">v, K numbers, at least 1.</param>
        /// <param name="probabilities">p, M x K.</param>
        /// <param name="means">M, overwritten; apart from p.</param>
        /// <exception cref="ArgumentException">The lengths do not agree.</exception>
        public static void Expectation(
            ReadOnlySpan<double> ofValues, ReadOnlySpan<double> probabilities, Span<double> means)
        {
            int values = ofValues.Length;
            Shape.Dense(nameof(means), means.Length, 1, Groups(nameof(probabilities), probabilities.Length, values));
            for (int group = 0; group < means.Length; group++)
            {
                means[group] = 0;
                for (int k = 0; k < values; k++)
                    means[group] += probabilities[group * values + k] * ofValues[k];
            }
        }
    }

    // The number of groups of K.
    private static int Groups(string name, int length, int values)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(values, 1);
        return length % values == 0 ? length / values
            : throw new ArgumentException($"{length} elements, expected a multiple of {values}", name);
    }
}
