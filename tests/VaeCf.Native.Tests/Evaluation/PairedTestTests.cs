using VaeCf.Native.Evaluation;

namespace VaeCf.Native.Tests.Evaluation;

public class PairedTestTests
{
    // Abramowitz and Stegun 26.7.4, for an even number of degrees of freedom: P(|T| < t) = sin h (1 + 1/2 cos^2 h +
    // 1 3 / (2 4) cos^4 h + ...), up to cos^(n - 2), with h = atan(t / sqrt n).
    private static double BySeries(double t, int n)
    {
        double angle = Math.Atan(Math.Abs(t) / Math.Sqrt(n)), square = Math.Pow(Math.Cos(angle), 2), term = 1, sum = 0;
        for (int power = 0; power <= n - 2; power += 2)
        {
            sum += term;
            term *= square * (power + 1) / (power + 2);
        }
        return 1 - Math.Sin(angle) * sum;
    }

    [Theory, InlineData(2, 0.1), InlineData(2, 5), InlineData(4, 1.5), InlineData(10, 2.2), InlineData(60, -2),
        InlineData(60, 0.03), InlineData(1000, 1.96), InlineData(100_000, 3)]
    public void P_is_that_of_Students_distribution(int n, double t)
    {
        // Differences of mean m and a spread of 1: t = m sqrt(n + 1) / s.
        double[] spread = [.. Enumerable.Range(0, n + 1).Select(user => Math.Sin(user + 1.0))];
        double center = spread.Average();
        double[] apart = [.. spread.Select(x => x - center)];
        double error = Math.Sqrt(apart.Sum(x => x * x) / n / (n + 1));
        double[] second = [.. Enumerable.Range(0, n + 1).Select(user => user % 7 / 7.0)],
            first = [.. second.Zip(apart, (x, d) => x + d + t * error)];
        PairedTest test = PairedTest.Of(first, second);
        Assert.Equal(t * error, test.Difference, 1e-9);
        Assert.Equal(error, test.StandardError, 1e-9);
        Assert.Equal(BySeries(t, n), test.PValue, 1e-9);
    }

    [Fact]
    public void Equal_models_have_p_1_and_a_constant_difference_p_0()
    {
        Assert.Equal(new PairedTest(0, 0, 1), PairedTest.Of([0.5, 0.25, 1], [0.5, 0.25, 1]));
        Assert.Equal(new PairedTest(0.5, 0, 0), PairedTest.Of([0.5, 0.75, 1], [0, 0.25, 0.5]));
    }

    [Fact]
    public void Other_users_and_fewer_than_two_are_refused()
    {
        Assert.Contains("1 and 1 users", Assert.Throws<ArgumentException>(() => PairedTest.Of([1], [1])).Message);
        Assert.Contains("2 and 3 users",
            Assert.Throws<ArgumentException>(() => PairedTest.Of([1, 2], [1, 2, 3])).Message);
    }
}
