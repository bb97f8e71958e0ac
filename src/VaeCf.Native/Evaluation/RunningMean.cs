namespace VaeCf.Native.Evaluation;

/// <summary>
/// Mean and standard error of numbers that come one at a time, in constant memory (Welford 1962):
/// mean += (x - mean) / n, M2 += (x - old mean)(x - new mean), variance = M2 / (n - 1).
/// </summary>
internal struct RunningMean
{
    private double mean;
    private double squares;

    public int Count { get; private set; }

    /// <summary>The mean, and sqrt(variance / n); no standard error below two numbers.</summary>
    public readonly Estimate Estimate => new(mean, Count < 2 ? null : Math.Sqrt(squares / (Count - 1) / Count));

    public void Add(double x)
    {
        Count++;
        double fromOldMean = x - mean;
        mean += fromOldMean / Count;
        squares += fromOldMean * (x - mean);
    }
}
