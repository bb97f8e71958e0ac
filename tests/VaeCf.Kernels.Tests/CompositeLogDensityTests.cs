using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class CompositeLogDensityTests
{
    public static TheoryData<int, int> Sizes => SampleTests.Sizes;

    private static (float[] Z, float[] Mean, float[] Logvar, float[] Weight, float[] DZ) Inputs(int rows, int latent)
    {
        int n = rows * latent;
        return ([.. Compare.Random(n, 1).Select(value => 2 * value)], Compare.Random(n, 2), Compare.Random(n, 3),
            Compare.Random(rows, 4), Compare.Random(n, 5));
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Forward_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(
        int rows, int latent)
    {
        (float[] z, float[] mean, float[] logvar, _, _) = Inputs(rows, latent);
        float[] actual = Widths.SameBits(workers =>
        {
            var logDensity = new float[rows];
            CompositeLogDensity.Cpu.Forward(workers, rows, latent, z, mean, logvar, logDensity);
            return logDensity;
        });
        Assert.InRange(Compare.RelativeError(Forward(rows, latent, z.ToDouble(), mean.ToDouble(), logvar.ToDouble()),
            actual), 0, 1e-6);
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Backward_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(
        int rows, int latent)
    {
        (float[] z, float[] mean, float[] logvar, float[] weight, float[] dZ) = Inputs(rows, latent);
        float[] actual = Widths.SameBits(workers =>
        {
            float[] sum = [.. dZ];
            CompositeLogDensity.Cpu.Backward(workers, rows, latent, z, mean, logvar, weight, sum);
            return sum;
        });
        Assert.InRange(Compare.RelativeError(Backward(rows, latent, z.ToDouble(), mean.ToDouble(), logvar.ToDouble(),
            weight.ToDouble(), dZ.ToDouble()), actual), 0, 3e-7);
    }

    [Fact]
    public void The_derivative_is_the_slope_of_minus_the_weighted_log_density_and_is_added()
    {
        const int rows = 3, latent = 7;
        (float[] z0, float[] m0, float[] l0, float[] w0, float[] d0) = Inputs(rows, latent);
        double[] z = z0.ToDouble(), mean = m0.ToDouble(), logvar = l0.ToDouble(), weight = w0.ToDouble(),
            dZ = d0.ToDouble();
        CentralDifference.Check(at => CentralDifference.Dot(at, dZ) - CentralDifference.Dot(
            Forward(rows, latent, at, mean, logvar), weight), z, Backward(rows, latent, z, mean, logvar, weight, dZ));
    }

    [Fact]
    public void It_is_the_log_of_the_three_densities_mixed_but_for_half_log_two_pi_a_dimension()
    {
        static double Normal(double z, double mean, double variance) =>
            Math.Exp(-(z - mean) * (z - mean) / (2 * variance)) / Math.Sqrt(variance);
        double expected = Math.Log(
            0.15 * Normal(0.3, 0, 1) + 0.75 * Normal(0.3, -1, 0.5) + 0.1 * Normal(0.3, 0, Math.Exp(10)))
            + Math.Log(0.15 * Normal(-9, 0, 1) + 0.75 * Normal(-9, 2, 4) + 0.1 * Normal(-9, 0, Math.Exp(10)));
        Assert.Equal(expected, Forward(1, 2, [0.3, -9], [-1, 2], [Math.Log(0.5), Math.Log(4)])[0], 1e-13);
    }

    [Fact]
    public void Far_from_the_old_posterior_the_wide_density_holds_the_point()
    {
        float[] logDensity = new float[1], dZ = new float[1];
        CompositeLogDensity.Cpu.Forward(Workers.One, 1, 1, [400], [0], [-12], logDensity);
        CompositeLogDensity.Cpu.Backward(Workers.One, 1, 1, [400], [0], [-12], [1], dZ);
        Assert.Equal(Math.Log(0.1) - 5 - 80_000 * Math.Exp(-10), logDensity[0], 1e-4);
        Assert.Equal(400 * Math.Exp(-10), dZ[0], 1e-6);
    }

    [Fact]
    public void A_wrong_length_is_refused() => Assert.Contains("expected 1 x 2", Assert.Throws<ArgumentException>(
        () => CompositeLogDensity.Cpu.Forward(Workers.One, 1, 2, new float[2], new float[3], new float[2],
            new float[1])).Message);

    private static double[] Forward(int rows, int latent, double[] z, double[] mean, double[] logvar)
    {
        var logDensity = new double[rows];
        CompositeLogDensity.Reference.Forward(rows, latent, z, mean, logvar, logDensity);
        return logDensity;
    }

    private static double[] Backward(
        int rows, int latent, double[] z, double[] mean, double[] logvar, double[] weight, double[] dZ)
    {
        double[] sum = [.. dZ];
        CompositeLogDensity.Reference.Backward(rows, latent, z, mean, logvar, weight, sum);
        return sum;
    }
}
