namespace VaeCf.Kernels;

/// <summary>
/// What SLIM minimises for each item j: 1/2 ||x_j - X w||^2 + l2/2 ||w||^2 + l1 ||w||_1 over w with w_j = 0.
/// </summary>
/// <param name="L1">Strength of the L1 term, lambda; 0 or more.</param>
/// <param name="L2">Strength of the L2 term, beta; 0 or more.</param>
/// <param name="NonNegative">Whether no weight may be below 0.</param>
/// <param name="Tolerance">A sweep that changes no weight by more than this is the last; 0 or more.</param>
/// <param name="MostSweeps">Sweeps after which an item is given up; at least 1.</param>
public readonly record struct ElasticNet(double L1, double L2, bool NonNegative, double Tolerance, int MostSweeps)
{
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    internal void Check()
    {
        AtLeastZero(L1, nameof(L1));
        AtLeastZero(L2, nameof(L2));
        AtLeastZero(Tolerance, nameof(Tolerance));
        ArgumentOutOfRangeException.ThrowIfLessThan(MostSweeps, 1);
    }

    private static void AtLeastZero(double value, string name)
    {
        if (!(value >= 0 && double.IsFinite(value)))
            throw new ArgumentOutOfRangeException(name, value, "expected a finite number, 0 or more");
    }
}
