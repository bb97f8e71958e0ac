namespace VaeCf.Kernels;

/// <summary>
/// The sum of squares of a tensor: the L2 term of the Mult-DAE's loss is half the weight decay times it. Its gradient,
/// weightDecay * w, is added by <see cref="Adam"/>.
/// </summary>
public static partial class SquaredNorm
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>The sum of x_i^2.</summary>
        /// <param name="x">Any length; 0 gives 0.</param>
        public static double Sum(ReadOnlySpan<double> x)
        {
            double sum = 0;
            foreach (double value in x)
                sum += value * value;
            return sum;
        }
    }
}
