namespace VaeCf.Native.Evaluation;

/// <summary>
/// Mean and standard error of numbers that come one at a time, in constant memory (Youngs and Cramer 1971): with T the
/// sum of n numbers, x the last included, M2 += (n x - T)^2 / (n (n - 1)), variance = M2 / (n - 1). A mean of whole
/// numbers is exact.
/// </summary>
internal struct RunningMean
{
    private double sum;
    private double squares;
    private int count;

    /// <summary>How many numbers came.</summary>
    public readonly int Count => count;

    /// <summary>The mean, and sqrt(variance / n); no standard error below two numbers. Needs one.</summary>
    public readonly Estimate Estimate => new(sum / count, count < 2 ? null : Math.Sqrt(squares / (count - 1) / count));

    public void Add(double x)
    {
        count++;
        sum += x;
        double apart = count * x - sum;
        if (count > 1)
            squares += apart * apart / (count * (count - 1.0));
    }
}
