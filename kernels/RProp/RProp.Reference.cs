namespace VaeCf.Kernels;

/// <summary>
/// RProp's update of a tensor with L2 decay, called at the end of a training step over all of the data: it goes by the
/// gradient's signs alone. Source: Riedmiller and Braun 1993, without a step back where the sign changes. It sees one
/// tensor.
/// </summary>
public static partial class RProp
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>
        /// One step: g' = g + weightDecay w; the step size grows where g' has the last one's sign and shrinks where it
        /// has the opposite, and there g' counts as 0, for this step and as the next one's last; w -= sign(g') size.
        /// NaN stays.
        /// </summary>
        /// <param name="gradient">Gradient of the loss without its L2 term, any length.</param>
        /// <param name="weights">The same length, updated. All four are apart.</param>
        /// <param name="stepSize">The same length, updated; 0, for the initial size, before the first step.</param>
        /// <param name="lastGradient">The same length, updated; 0 before the first step.</param>
        /// <param name="step">Settings.</param>
        public static void Step(ReadOnlySpan<double> gradient, Span<double> weights, Span<double> stepSize,
            Span<double> lastGradient, in RPropStep step)
        {
            for (int i = 0; i < weights.Length; i++)
            {
                double g = gradient[i] + step.WeightDecay * weights[i];
                double agreement = Sign(g) * Sign(lastGradient[i]);
                double size = stepSize[i] == 0 ? step.InitialStep : stepSize[i];
                size *= agreement > 0 ? step.Increase : agreement < 0 ? step.Decrease : 1;
                stepSize[i] = Math.Clamp(size, step.Least, step.Largest);
                lastGradient[i] = agreement < 0 ? 0 : g;
                weights[i] -= Sign(lastGradient[i]) * stepSize[i];
            }
        }

        // 0 and NaN are their own.
        private static double Sign(double x) => x > 0 ? 1 : x < 0 ? -1 : x;
    }
}
