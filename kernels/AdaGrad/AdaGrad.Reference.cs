namespace VaeCf.Kernels;

/// <summary>
/// AdaGrad's update of a tensor with L2 decay, called at the end of a training step. Source: Duchi, Hazan and Singer
/// 2011, the diagonal form, with the constant under the root as CDAE has it (Wu et al. 2016). It sees one tensor and
/// knows no schedule.
/// </summary>
public static partial class AdaGrad
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>One step: g' = g + weightDecay w; s += g'^2; w -= lr g' / sqrt(beta + s).</summary>
        /// <param name="gradient">Gradient of the loss without its L2 term, any length.</param>
        /// <param name="weights">The same length, updated. All three are apart.</param>
        /// <param name="sumOfSquares">s, the same length, updated; 0 before the first step.</param>
        /// <param name="step">Settings.</param>
        public static void Step(
            ReadOnlySpan<double> gradient, Span<double> weights, Span<double> sumOfSquares, in AdaGradStep step)
        {
            for (int i = 0; i < weights.Length; i++)
            {
                double g = gradient[i] + step.WeightDecay * weights[i];
                sumOfSquares[i] += g * g;
                weights[i] -= step.LearningRate * g / Math.Sqrt(step.Beta + sumOfSquares[i]);
            }
        }
    }
}
