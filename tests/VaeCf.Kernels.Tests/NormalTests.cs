using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class NormalTests
{
    private static readonly RandomStream stream = new(11, RandomPurpose.Noise, 3);

    private static float[] Fill(Workers workers, int[] users, int columns)
    {
        var output = new float[users.Length * columns];
        Normal.Cpu.Fill(workers, stream, users, columns, output);
        return output;
    }

    // Around a block of 4, the vectors, and the 256 columns transformed at a time.
    [Theory]
    [InlineData(0, 5), InlineData(5, 0), InlineData(1, 1), InlineData(3, 2), InlineData(3, 3), InlineData(2, 4),
        InlineData(7, 31)]
    [InlineData(5, 200), InlineData(3, 255), InlineData(3, 256), InlineData(3, 257), InlineData(31, 613)]
    public void Cpu_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(
        int rows, int columns)
    {
        int[] users = [.. Enumerable.Range(0, rows).Select(b => b * 977)];
        var expected = new double[rows * columns];
        Normal.Reference.Fill(stream, users, columns, expected);
        Assert.InRange(Compare.RelativeError(expected, Widths.SameBits(workers => Fill(workers, users, columns))), 0,
            3e-7);
    }

    [Fact]
    public void A_users_noise_does_not_depend_on_the_batch() =>
        Assert.Equal(Fill(Workers.One, [9, 4, 7], 37)[37..74], Fill(Workers.One, [4], 37));

    [Fact]
    public void The_moments_are_those_of_the_standard_normal()
    {
        const int rows = 1000, columns = 200, n = rows * columns;
        var x = new double[n];
        Normal.Reference.Fill(stream, [.. Enumerable.Range(0, rows)], columns, x);
        // Five standard errors of each mean: variances 1, 2, 15, 96; neighbours of a row are not correlated.
        Assert.InRange(x.Average(), -5 / Math.Sqrt(n), 5 / Math.Sqrt(n));
        Assert.InRange(x.Average(v => v * v), 1 - 5 * Math.Sqrt(2.0 / n), 1 + 5 * Math.Sqrt(2.0 / n));
        Assert.InRange(x.Average(v => v * v * v), -5 * Math.Sqrt(15.0 / n), 5 * Math.Sqrt(15.0 / n));
        Assert.InRange(x.Average(v => v * v * v * v), 3 - 5 * Math.Sqrt(96.0 / n), 3 + 5 * Math.Sqrt(96.0 / n));
        Assert.InRange(x.Zip(x.Skip(1), (a, b) => a * b).Average(), -5 / Math.Sqrt(n), 5 / Math.Sqrt(n));
    }

    [Fact]
    public void A_wrong_length_is_refused() =>
        Assert.Contains("expected 2 x 3", Assert.Throws<ArgumentException>(() =>
            Normal.Cpu.Fill(Workers.One, stream, [1, 2], 3, new float[5])).Message);
}
