using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class NormalLogDensityTests
{
    public static TheoryData<int, int> Sizes => SampleTests.Sizes;

    private static (float[] Z, float[] Mean, float[] Logvar, float[] Weight, float[] DZ) Inputs(int rows, int latent)
    {
        int n = rows * latent;
        return (Compare.Random(n, 1), Compare.Random(n, 2), Compare.Random(n, 3), Compare.Random(rows, 4),
            Compare.Random(n, 5));
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Forward_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(
        int rows, int latent)
    {
        (float[] z, float[] mean, float[] logvar, _, _) = Inputs(rows, latent);
        float[] actual = Widths.SameBits(workers =>
        {
            var logDensity = new float[rows];
            NormalLogDensity.Cpu.Forward(workers, rows, latent, z, mean, logvar, logDensity);
            return logDensity;
        });
        Assert.InRange(Compare.RelativeError(Forward(rows, latent, z.ToDouble(), mean.ToDouble(), logvar.ToDouble()),
            actual), 0, 3e-7);
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Backward_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(
        int rows, int latent)
    {
        (float[] z, float[] mean, float[] logvar, float[] weight, float[] dZ) = Inputs(rows, latent);
        int n = rows * latent;
        float[] actual = Widths.SameBits(workers =>
        {
            float[] sum = [.. dZ], dMean = new float[n], dLogvar = new float[n];
            NormalLogDensity.Cpu.Backward(workers, rows, latent, z, mean, logvar, weight, sum, dMean, dLogvar);
            return [.. sum, .. dMean, .. dLogvar];
        });
        double[][] expected = Backward(
            rows, latent, z.ToDouble(), mean.ToDouble(), logvar.ToDouble(), weight.ToDouble(), dZ.ToDouble());
        for (int i = 0; i < 3; i++)
            Assert.InRange(Compare.RelativeError(expected[i], actual.AsSpan(i * n, n)), 0, 3e-7);
    }

    [Fact]
    public void The_derivatives_are_the_slopes_of_minus_the_weighted_log_density_and_that_of_z_is_added()
    {
        const int rows = 3, latent = 7;
        (float[] z0, float[] m0, float[] l0, float[] w0, float[] d0) = Inputs(rows, latent);
        double[] z = z0.ToDouble(), mean = m0.ToDouble(), logvar = l0.ToDouble(), weight = w0.ToDouble(),
            dZ = d0.ToDouble();
        double Loss(double[] z, double[] mean, double[] logvar) =>
            CentralDifference.Dot(z, dZ) - CentralDifference.Dot(Forward(rows, latent, z, mean, logvar), weight);
        double[][] gradients = Backward(rows, latent, z, mean, logvar, weight, dZ);
        CentralDifference.Check(at => Loss(at, mean, logvar), z, gradients[0]);
        CentralDifference.Check(at => Loss(z, at, logvar), mean, gradients[1]);
        CentralDifference.Check(at => Loss(z, mean, at), logvar, gradients[2]);
    }

    [Fact]
    public void It_is_the_log_density_but_for_half_log_two_pi_a_dimension()
    {
        // N(3; 1, 4) = exp(-1/2) / sqrt(2 pi 4), twice.
        double[] logDensity = Forward(1, 2, [3, 3], [1, 1], [Math.Log(4), Math.Log(4)]);
        Assert.Equal(2 * Math.Log(Math.Exp(-0.5) / Math.Sqrt(2 * Math.PI * 4)) + Math.Log(2 * Math.PI), logDensity[0],
            1e-14);
    }

    [Fact]
    public void A_wrong_length_is_refused() => Assert.Contains("expected 1 x 2", Assert.Throws<ArgumentException>(
        () => NormalLogDensity.Cpu.Forward(Workers.One, 1, 2, new float[2], new float[3], new float[2],
            new float[1])).Message);

    private static double[] Forward(int rows, int latent, double[] z, double[] mean, double[] logvar)
    {
        var logDensity = new double[rows];
        NormalLogDensity.Reference.Forward(rows, latent, z, mean, logvar, logDensity);
        return logDensity;
    }

    private static double[][] Backward(
        int rows, int latent, double[] z, double[] mean, double[] logvar, double[] weight, double[] dZ)
    {
        double[] sum = [.. dZ], dMean = new double[z.Length], dLogvar = new double[z.Length];
        NormalLogDensity.Reference.Backward(rows, latent, z, mean, logvar, weight, sum, dMean, dLogvar);
        return [sum, dMean, dLogvar];
    }
}
