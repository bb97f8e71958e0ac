using VaeCf.Native.Verification;

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
        double[] slope = [.. x.Select((_, i) =>
        {
            double[] above = [.. x], below = [.. x];
            above[i] += h;
            below[i] -= h;
            return (f(above) - f(below)) / (2 * h);
        })];
        double difference = slope.Zip(gradient, (s, g) => (s - g) * (s - g)).Sum(), norm = slope.Sum(s => s * s);
        Assert.True(norm > 0, "the function is flat here, which proves nothing");
        Assert.True(Math.Sqrt(difference / norm) <= tolerance, Mismatch.Describe(
            gradient, slope, tolerance, ("by hand", i => gradient[i]), ("by slope", i => slope[i])));
    }

    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }
}
