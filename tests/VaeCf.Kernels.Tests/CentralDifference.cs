namespace VaeCf.Kernels.Tests;

/// <summary>Holds a derivative to the slope of its function.</summary>
internal static class CentralDifference
{
    /// <summary>
    /// Asserts that <paramref name="gradient"/> is that of <paramref name="f"/> at <paramref name="x"/>, by relative
    /// error in norm.
    /// </summary>
    public static void Check(Func<double[], double> f, double[] x, double[] gradient)
    {
        // Error of the slope: h^2 from the curve and 1e-16 / h from rounding, both near 1e-10.
        const double h = 1e-5, tolerance = 1e-7;
        Assert.Equal(x.Length, gradient.Length);
        double difference = 0, norm = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double[] above = [.. x], below = [.. x];
            above[i] += h;
            below[i] -= h;
            double slope = (f(above) - f(below)) / (2 * h);
            difference += (slope - gradient[i]) * (slope - gradient[i]);
            norm += slope * slope;
        }
        Assert.True(norm > 0, "the function is flat here, which proves nothing");
        Assert.InRange(Math.Sqrt(difference / norm), 0, tolerance);
    }

    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }
}
