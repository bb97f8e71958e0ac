namespace VaeCf.Native.Evaluation;

/// <summary>
/// Student's paired t-test: whether two models differ on the same users by more than chance. The differences of the
/// users have a mean d and a standard error s; t = d / s has n - 1 degrees of freedom if the models do not differ.
/// </summary>
/// <param name="Difference">Mean of the first's measure less the second's.</param>
/// <param name="StandardError">Of the mean; 0 if all users have the same difference.</param>
/// <param name="PValue">
/// Probability of a t at least as far from 0 if the models do not differ: 1 where no user differs.
/// </param>
/// <example>
/// <code>
/// PairedTest test = PairedTest.Of(report.At(100).NdcgOfUsers, other.At(100).NdcgOfUsers);
/// </code>
/// </example>
public sealed record PairedTest(double Difference, double StandardError, double PValue)
{
    /// <summary>Compares two models by a measure of the same users.</summary>
    /// <param name="first">The first model's measure of each user; at least two users.</param>
    /// <param name="second">The second's, of the same users in the same order.</param>
    /// <exception cref="ArgumentException">The numbers of users differ, or there are fewer than two.</exception>
    public static PairedTest Of(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Count != second.Count || first.Count < 2)
            throw new ArgumentException($"{first.Count} and {second.Count} users; expected the same users, at least 2",
                nameof(second));
        var mean = new RunningMean();
        for (int user = 0; user < first.Count; user++)
            mean.Add(first[user] - second[user]);
        (double difference, double error) = (mean.Estimate.Value, mean.Estimate.StandardError!.Value);
        return new(difference, error, difference == 0 ? 1 : TwoSided(difference / error, first.Count - 1));
    }

    // P(|T| >= |t|) = I_x(n/2, 1/2) with x = n / (n + t^2), I the regularised incomplete beta function.
    private static double TwoSided(double t, int n)
    {
        double x = n / (n + t * t);
        return double.IsInfinity(t) ? 0 : IncompleteBeta(n / 2.0, 0.5, x);
    }

    // I_x(a, b) = x^a (1 - x)^b / (a B(a, b)) / (1 + d1 / (1 + d2 / (1 + ...))), a continued fraction that converges
    // fast for x < (a + 1) / (a + b + 2); beyond, I_x(a, b) = 1 - I_(1-x)(b, a).
    private static double IncompleteBeta(double a, double b, double x)
    {
        if (x > (a + 1) / (a + b + 2))
            return 1 - IncompleteBeta(b, a, 1 - x);
        // It has converged after some sqrt(max(a, b)) terms.
        int terms = 100 + 8 * (int)Math.Sqrt(Math.Max(a, b));
        double tail = 1;
        for (int term = terms; term > 0; term--)
        {
            int m = term / 2;
            double d = term % 2 == 0 ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            tail = 1 + d / tail;
        }
        double front = a * Math.Log(x) + b * Math.Log(1 - x) + LogGamma(a + b) - LogGamma(a) - LogGamma(b);
        return x == 0 ? 0 : Math.Exp(front) / a / tail;
    }

    // Stirling's series, exact to 1e-15 from 16 on; below, log gamma(z) = log gamma(z + 1) - log z.
    private static double LogGamma(double z)
    {
        double shift = 0;
        for (; z < 16; z++)
            shift -= Math.Log(z);
        double w = 1 / (z * z);
        return shift + (z - 0.5) * Math.Log(z) - z + 0.5 * Math.Log(2 * Math.PI)
            + (1.0 / 12 - w * (1.0 / 360 - w * (1.0 / 1260 - w / 1680))) / z;
    }
}
