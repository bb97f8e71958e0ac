using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class MixtureLogDensityTests
{
    // Around a tile of four rows or components and a group of 16 columns.
    public static TheoryData<int, int, int> Sizes => new()
    {
        { 0, 1, 5 }, { 1, 1, 1 }, { 5, 3, 0 }, { 3, 4, 15 }, { 4, 5, 16 }, { 5, 15, 17 }, { 7, 16, 31 }, { 8, 17, 12 },
        { 61, 101, 37 }, { 2, 4099, 3 },
    };

    private static (float[] Z, float[] Mean, float[] Logvar, float[] Weight, float[] DZ) Inputs(
        int rows, int components, int latent) =>
        (Compare.Random(rows * latent, 1), Compare.Random(components * latent, 2),
            Compare.Random(components * latent, 3), Compare.Random(rows, 4), Compare.Random(rows * latent, 5));

    [Theory, MemberData(nameof(Sizes))]
    public void Forward_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(
        int rows, int components, int latent)
    {
        (float[] z, float[] mean, float[] logvar, _, _) = Inputs(rows, components, latent);
        float[] actual = Widths.SameBits(workers =>
        {
            float[] responsibilities = new float[rows * components], logDensity = new float[rows];
            MixtureLogDensity.Cpu.Forward(
                workers, rows, components, latent, z, mean, logvar, responsibilities, logDensity);
            return [.. responsibilities, .. logDensity];
        });
        (double[] expected, double[] expectedLog) = Forward(
            rows, components, latent, z.ToDouble(), mean.ToDouble(), logvar.ToDouble());
        // A responsibility's relative error is its exponent's absolute one.
        Assert.InRange(Compare.RelativeError(expected, actual.AsSpan(0, expected.Length)), 0, 1e-5);
        Assert.InRange(Compare.RelativeError(expectedLog, actual.AsSpan(expected.Length)), 0, 5e-7);
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Backward_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(
        int rows, int components, int latent)
    {
        (float[] z, float[] mean, float[] logvar, float[] weight, float[] dZ) = Inputs(rows, components, latent);
        float[] responsibilities = [.. Forward(rows, components, latent, z.ToDouble(), mean.ToDouble(),
            logvar.ToDouble()).Responsibilities.Select(value => (float)value)];
        float[] actual = Widths.SameBits(workers =>
        {
            float[] sum = [.. dZ], dMean = new float[mean.Length], dLogvar = new float[mean.Length];
            MixtureLogDensity.Cpu.Backward(
                workers, rows, components, latent, z, mean, logvar, responsibilities, weight, sum, dMean, dLogvar);
            return [.. sum, .. dMean, .. dLogvar];
        });
        double[][] expected = Backward(rows, components, latent, z.ToDouble(), mean.ToDouble(), logvar.ToDouble(),
            responsibilities.ToDouble(), weight.ToDouble(), dZ.ToDouble());
        Assert.InRange(Compare.RelativeError(expected[0], actual.AsSpan(0, z.Length)), 0, 1e-6);
        Assert.InRange(Compare.RelativeError(expected[1], actual.AsSpan(z.Length, mean.Length)), 0, 1e-6);
        Assert.InRange(Compare.RelativeError(expected[2], actual.AsSpan(z.Length + mean.Length)), 0, 1e-6);
    }

    [Fact]
    public void The_derivatives_are_the_slopes_of_minus_the_weighted_log_density_and_that_of_z_is_added()
    {
        const int rows = 5, components = 3, latent = 4;
        (float[] z0, float[] m0, float[] l0, float[] w0, float[] d0) = Inputs(rows, components, latent);
        double[] z = z0.ToDouble(), mean = m0.ToDouble(), logvar = l0.ToDouble(), weight = w0.ToDouble(),
            dZ = d0.ToDouble();
        double Loss(double[] z, double[] mean, double[] logvar) =>
            CentralDifference.Dot(z, dZ)
                - CentralDifference.Dot(Forward(rows, components, latent, z, mean, logvar).LogDensity, weight);
        double[][] gradients = Backward(rows, components, latent, z, mean, logvar,
            Forward(rows, components, latent, z, mean, logvar).Responsibilities, weight, dZ);
        CentralDifference.Check(at => Loss(at, mean, logvar), z, gradients[0]);
        CentralDifference.Check(at => Loss(z, at, logvar), mean, gradients[1]);
        CentralDifference.Check(at => Loss(z, mean, at), logvar, gradients[2]);
    }

    [Fact]
    public void One_component_is_a_normal_distribution_and_equal_components_are_one()
    {
        double[] z = Compare.Random(3 * 5, 1).ToDouble(), mean = Compare.Random(5, 2).ToDouble(),
            logvar = Compare.Random(5, 3).ToDouble();
        var expected = new double[3];
        NormalLogDensity.Reference.Forward(
            3, 5, z, [.. mean, .. mean, .. mean], [.. logvar, .. logvar, .. logvar], expected);
        Assert.Equal(expected, Forward(3, 1, 5, z, mean, logvar).LogDensity, (a, b) => Math.Abs(a - b) < 1e-12);
        (double[] responsibilities, double[] logDensity) = Forward(
            3, 2, 5, z, [.. mean, .. mean], [.. logvar, .. logvar]);
        Assert.Equal(expected, logDensity, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.All(responsibilities, value => Assert.Equal(0.5, value));
    }

    [Fact]
    public void Points_far_from_every_component_neither_overflow_nor_vanish()
    {
        float[] responsibilities = new float[2], logDensity = new float[1];
        MixtureLogDensity.Cpu.Forward(Workers.One, 1, 2, 1, [500], [0, 1], [0, 0], responsibilities, logDensity);
        Assert.Equal([0, 1], responsibilities);
        Assert.Equal(-499 * 499 / 2.0 - Math.Log(2), logDensity[0], 0.01);
    }

    [Fact]
    public void A_narrow_component_far_from_0_keeps_its_digits()
    {
        // The difference to the mean is a hundredth; expanded, its square would be one part in 10^5 of its terms.
        const int components = 3, latent = 40;
        float[] mean = [.. Compare.Random(components * latent, 2).Select(value => 3 + value)],
            logvar = [.. mean.Select(_ => -9f)];
        float[] z = [.. Compare.Random(latent, 1).Select((value, i) => mean[i] + 0.01f * value)],
            responsibilities = new float[components], logDensity = new float[1];
        MixtureLogDensity.Cpu.Forward(
            Workers.One, 1, components, latent, z, mean, logvar, responsibilities, logDensity);
        Assert.InRange(Compare.RelativeError(Forward(1, components, latent, z.ToDouble(), mean.ToDouble(),
            logvar.ToDouble()).LogDensity, logDensity), 0, 5e-7);
    }

    [Fact]
    public void Wrong_sizes_are_refused()
    {
        Assert.Contains("expected 2 x 3", Assert.Throws<ArgumentException>(
            () => MixtureLogDensity.Cpu.Forward(Workers.One, 1, 2, 3, new float[3], new float[5], new float[6],
                new float[2], new float[1])).Message);
        Assert.Throws<ArgumentOutOfRangeException>("components",
            () => MixtureLogDensity.Cpu.Forward(Workers.One, 1, 0, 3, new float[3], [], [], [], new float[1]));
    }

    private static (double[] Responsibilities, double[] LogDensity) Forward(
        int rows, int components, int latent, double[] z, double[] mean, double[] logvar)
    {
        double[] responsibilities = new double[rows * components], logDensity = new double[rows];
        MixtureLogDensity.Reference.Forward(rows, components, latent, z, mean, logvar, responsibilities, logDensity);
        return (responsibilities, logDensity);
    }

    private static double[][] Backward(int rows, int components, int latent, double[] z, double[] mean, double[] logvar,
        double[] responsibilities, double[] weight, double[] dZ)
    {
        double[] sum = [.. dZ], dMean = new double[mean.Length], dLogvar = new double[mean.Length];
        MixtureLogDensity.Reference.Backward(
            rows, components, latent, z, mean, logvar, responsibilities, weight, sum, dMean, dLogvar);
        return [sum, dMean, dLogvar];
    }
}
