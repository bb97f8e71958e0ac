namespace VaeCf.Kernels;

/// <summary>
/// Gradient descent's update of a tensor, with momentum and L2 decay, called at the end of a training step. Source:
/// Polyak 1964, with the learning rate outside the velocity. It sees one tensor and knows no schedule.
/// </summary>
public static partial class Sgd
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>One step: g' = g + weightDecay w; v = momentum v + g'; w -= lr v.</summary>
        /// <param name="gradient">Gradient of the loss without its L2 term, any length.</param>
        /// <param name="weights">The same length, updated. All three are apart.</param>
        /// <param name="velocity">v, the same length, updated; 0 before the first step.</param>
        /// <param name="step">Settings.</param>
        public static void Step(
            ReadOnlySpan<double> gradient, Span<double> weights, Span<double> velocity, in SgdStep step)
        {
            for (int i = 0; i < weights.Length; i++)
            {
                velocity[i] = step.Momentum * velocity[i] + gradient[i] + step.WeightDecay * weights[i];
                weights[i] -= step.LearningRate * velocity[i];
            }
        }
    }
}
