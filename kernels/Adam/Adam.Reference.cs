namespace VaeCf.Kernels;

/// <summary>
/// Adam's update of a tensor with L2 decay, called at the end of every training step. Source: Kingma and Ba 2015,
/// algorithm 1. It sees one tensor and knows no schedule.
/// </summary>
public static partial class Adam
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>
        /// One step: g' = scale g + weightDecay w; m and v follow g' and g'^2; w -= lr m^ / (sqrt(v^) + epsilon).
        /// </summary>
        /// <param name="gradient">Gradient of the loss without its L2 term, any length.</param>
        /// <param name="weights">The same length, updated.</param>
        /// <param name="m">First moment, the same length, updated; 0 before the first step.</param>
        /// <param name="v">Second moment, the same length, updated; 0 before the first step.</param>
        /// <param name="step">Settings.</param>
        public static void Step(ReadOnlySpan<double> gradient, Span<double> weights, Span<double> m, Span<double> v,
            in AdamStep step)
        {
            double correction1 = step.Correction1, correction2 = step.Correction2;
            for (int i = 0; i < weights.Length; i++)
            {
                double g = step.GradientScale * gradient[i] + step.WeightDecay * weights[i];
                m[i] = step.Beta1 * m[i] + (1 - step.Beta1) * g;
                v[i] = step.Beta2 * v[i] + (1 - step.Beta2) * g * g;
                weights[i] -= step.LearningRate * (m[i] * correction1) / (Math.Sqrt(v[i] * correction2) + step.Epsilon);
            }
        }
    }
}
