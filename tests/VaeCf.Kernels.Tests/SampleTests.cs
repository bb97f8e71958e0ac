using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class SampleTests
{
    public static TheoryData<int, int> Sizes => new()
    {
        { 0, 5 }, { 5, 0 }, { 1, 1 }, { 3, 15 }, { 3, 16 }, { 3, 17 }, { 7, 31 }, { 131, 200 },
    };

    private static (float[] Mean, float[] Logvar, float[] Eps, float[] DZ, float[] Weight) Inputs(int rows, int latent)
    {
        int n = rows * latent;
        return (Compare.Random(n, 1), Compare.Random(n, 2), Compare.Random(n, 3), Compare.Random(n, 4),
            Compare.Random(rows, 5));
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Forward_agrees_with_the_reference_in_place_or_not_with_the_same_bits_for_every_width_and_thread_count(
        int rows, int latent)
    {
        (float[] mean, float[] logvar, float[] eps, _, _) = Inputs(rows, latent);
        int n = rows * latent;
        float[] apart = Widths.SameBits(workers => Cpu(workers, mean, new float[n]));
        float[] inPlace = Widths.SameBits(workers =>
        {
            float[] both = [.. mean];
            return Cpu(workers, both, both);
        });
        (double[] z, double[] logDensity) = Forward(rows, latent, mean.ToDouble(), logvar.ToDouble(), eps.ToDouble());
        Assert.Equal(apart, inPlace);
        Assert.InRange(Compare.RelativeError(z, apart.AsSpan(0, n)), 0, 2e-7);
        Assert.InRange(Compare.RelativeError(logDensity, apart.AsSpan(n)), 0, 3e-7);

        float[] Cpu(Workers workers, float[] mean, float[] z)
        {
            var logDensity = new float[rows];
            Sample.Cpu.Forward(workers, rows, latent, mean, logvar, eps, z, logDensity);
            return [.. z, .. logDensity];
        }
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Backward_agrees_with_the_reference_in_place_or_not_with_the_same_bits_for_every_width_and_thread_count(
        int rows, int latent)
    {
        (_, float[] logvar, float[] eps, float[] dZ, float[] weight) = Inputs(rows, latent);
        int n = rows * latent;
        float[] apart = Widths.SameBits(workers => Cpu(workers, dZ, new float[n]));
        float[] inPlace = Widths.SameBits(workers =>
        {
            float[] both = [.. dZ];
            return Cpu(workers, both, both);
        });
        (double[] dMean, double[] dLogvar) = Backward(
            rows, latent, logvar.ToDouble(), eps.ToDouble(), dZ.ToDouble(), weight.ToDouble());
        Assert.Equal(apart, inPlace);
        Assert.InRange(Compare.RelativeError(dMean, apart.AsSpan(0, n)), 0, 0);
        Assert.InRange(Compare.RelativeError(dLogvar, apart.AsSpan(n)), 0, 2e-7);

        float[] Cpu(Workers workers, float[] dZ, float[] dMean)
        {
            var dLogvar = new float[n];
            Sample.Cpu.Backward(workers, rows, latent, logvar, eps, dZ, weight, dMean, dLogvar);
            return [.. dMean, .. dLogvar];
        }
    }

    [Fact]
    public void The_derivatives_are_the_slopes_by_way_of_z_and_of_the_log_density()
    {
        const int rows = 3, latent = 7;
        (float[] m, float[] l, float[] e, float[] d, float[] w) = Inputs(rows, latent);
        double[] mean = m.ToDouble(), logvar = l.ToDouble(), eps = e.ToDouble(), dZ = d.ToDouble(),
            weight = w.ToDouble();
        double Loss(double[] mean, double[] logvar)
        {
            (double[] z, double[] logDensity) = Forward(rows, latent, mean, logvar, eps);
            return CentralDifference.Dot(z, dZ) + CentralDifference.Dot(logDensity, weight);
        }
        (double[] dMean, double[] dLogvar) = Backward(rows, latent, logvar, eps, dZ, weight);
        CentralDifference.Check(at => Loss(at, logvar), mean, dMean);
        CentralDifference.Check(at => Loss(mean, at), logvar, dLogvar);
    }

    [Fact]
    public void The_log_density_is_that_of_the_sample_under_its_own_distribution()
    {
        (float[] m, float[] l, float[] e, _, _) = Inputs(5, 11);
        (double[] z, double[] logDensity) = Forward(5, 11, m.ToDouble(), l.ToDouble(), e.ToDouble());
        var expected = new double[5];
        NormalLogDensity.Reference.Forward(5, 11, z, m.ToDouble(), l.ToDouble(), expected);
        Assert.Equal(expected, logDensity, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void A_wrong_length_is_refused() => Assert.Contains("expected 1 x 2", Assert.Throws<ArgumentException>(
        () => Sample.Cpu.Forward(Workers.One, 1, 2, new float[3], new float[2], new float[2], new float[2],
            new float[1])).Message);

    private static (double[] Z, double[] LogDensity) Forward(
        int rows, int latent, double[] mean, double[] logvar, double[] eps)
    {
        double[] z = new double[mean.Length], logDensity = new double[rows];
        Sample.Reference.Forward(rows, latent, mean, logvar, eps, z, logDensity);
        return (z, logDensity);
    }

    private static (double[] DMean, double[] DLogvar) Backward(
        int rows, int latent, double[] logvar, double[] eps, double[] dZ, double[] weight)
    {
        double[] dMean = new double[dZ.Length], dLogvar = new double[dZ.Length];
        Sample.Reference.Backward(rows, latent, logvar, eps, dZ, weight, dMean, dLogvar);
        return (dMean, dLogvar);
    }
}
