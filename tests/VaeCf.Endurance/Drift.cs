namespace VaeCf.Endurance;

/// <summary>
/// Whether a quantity grew: a straight line through its last two thirds, when the start has settled.
/// </summary>
/// <param name="name">What it is, with its unit.</param>
/// <param name="slack">The growth that is not taken for one, as a share of the mean.</param>
internal sealed class Drift(string name, double slack)
{
    // A growth within three standard errors of none is none.
    private const double Errors = 3;

    private readonly List<double> values = [];

    public string Name => name;

    public void Add(double value) => values.Add(value);

    public double Last => values[^1];

    /// <summary>The mean, the growth over the last two thirds, the standard error of that, and the verdict.</summary>
    public (double Mean, double Growth, double Error, bool Grew) Judge()
    {
        double[] late = [.. values.Skip(values.Count / 3)];
        double middle = (late.Length - 1) / 2.0, mean = late.Average(), squares = 0, products = 0;
        for (int i = 0; i < late.Length; i++)
        {
            squares += (i - middle) * (i - middle);
            products += (i - middle) * (late[i] - mean);
        }
        double slope = products / squares;
        double rest = late.Select((value, i) => Math.Pow(value - mean - slope * (i - middle), 2)).Sum();
        double growth = slope * (late.Length - 1),
            error = Math.Sqrt(rest / Math.Max(1, late.Length - 2) / squares) * (late.Length - 1);
        return (mean, growth, error, growth > Errors * error && growth > slack * mean);
    }
}
