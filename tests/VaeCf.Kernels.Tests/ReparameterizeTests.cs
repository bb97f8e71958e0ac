using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class ReparameterizeTests
{
    public static TheoryData<int, int> Sizes => new()
    {
        { 0, 5 }, { 5, 0 }, { 1, 1 }, { 3, 15 }, { 3, 16 }, { 3, 17 }, { 7, 31 }, { 131, 200 },
    };

    private static (float[] Head, float[] Eps, float[] DZ) Inputs(int rows, int latent) =>
        (Compare.Random(rows * 2 * latent, 1), Compare.Random(rows * latent, 2), Compare.Random(rows * latent, 3));

    [Theory, MemberData(nameof(Sizes))]
    public void Forward_agrees_with_the_reference_in_place_or_not_with_the_same_bits_for_every_width_and_thread_count(
        int rows, int latent)
    {
        (float[] head, float[] eps, _) = Inputs(rows, latent);
        int n = rows * latent;
        float[] apart = Widths.SameBits(workers =>
        {
            float[] z = new float[n], kl = new float[rows];
            Reparameterize.Cpu.Forward(workers, rows, latent, head, eps, z, kl);
            return [.. z, .. kl];
        });
        float[] inPlace = Widths.SameBits(workers =>
        {
            float[] z = [.. eps], kl = new float[rows];
            Reparameterize.Cpu.Forward(workers, rows, latent, head, z, z, kl);
            return [.. z, .. kl];
        });
        (double[] expectedZ, double[] expectedKl) = Forward(rows, latent, head.ToDouble(), eps.ToDouble());
        Assert.Equal(apart, inPlace);
        Assert.InRange(Compare.RelativeError(expectedZ, apart.AsSpan(0, n)), 0, 2e-7);
        // Near the prior the terms of the divergence cancel: its error is relative to their magnitudes.
        for (int b = 0; b < rows; b++)
        {
            double magnitude = 0;
            for (int i = 2 * b * latent; i < (2 * b + 1) * latent; i++)
                magnitude += (1 + Math.Abs(head[i + latent]) + head[i] * head[i] + Math.Exp(head[i + latent])) / 2;
            Assert.InRange(Math.Abs(apart[n + b] - expectedKl[b]), 0, 3e-7 * magnitude);
        }
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Backward_agrees_with_the_reference_in_place_or_not_with_the_same_bits_for_every_width_and_thread_count(
        int rows, int latent)
    {
        (float[] head, float[] eps, float[] dZ) = Inputs(rows, latent);
        const float klScale = 0.7f;
        float[] apart = Widths.SameBits(workers =>
        {
            var dHead = new float[head.Length];
            Reparameterize.Cpu.Backward(workers, rows, latent, head, eps, dZ, klScale, dHead);
            return dHead;
        });
        float[] inPlace = Widths.SameBits(workers =>
        {
            float[] dHead = [.. head];
            Reparameterize.Cpu.Backward(workers, rows, latent, dHead, eps, dZ, klScale, dHead);
            return dHead;
        });
        Assert.Equal(apart, inPlace);
        Assert.InRange(Compare.RelativeError(
            Backward(rows, latent, head.ToDouble(), eps.ToDouble(), dZ.ToDouble(), klScale), apart), 0, 2e-7);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 0.3)]
    [InlineData(1, 0.3)]
    public void The_derivative_is_the_slope_by_way_of_z_and_of_the_divergence(double zScale, double klScale)
    {
        const int rows = 3, latent = 7;
        (float[] h, float[] e, float[] d) = Inputs(rows, latent);
        double[] head = h.ToDouble(), eps = e.ToDouble(), dZ = [.. d.Select(value => zScale * value)];
        double Loss(double[] at)
        {
            (double[] z, double[] kl) = Forward(rows, latent, at, eps);
            return CentralDifference.Dot(z, dZ) + klScale * kl.Sum();
        }
        CentralDifference.Check(Loss, head, Backward(rows, latent, head, eps, dZ, klScale));
    }

    [Theory, MemberData(nameof(Sizes))]
    public void The_other_deviation_and_weights_of_rows_agree_with_the_reference_to_the_same_bits(int rows, int latent)
    {
        (float[] head, float[] eps, float[] dZ) = Inputs(rows, latent);
        float[] weights = Compare.Random(rows, 4);
        foreach (Sampling sampling in Enum.GetValues<Sampling>())
        {
            float[] forward = Widths.SameBits(workers =>
            {
                float[] z = new float[eps.Length], kl = new float[rows];
                Reparameterize.Cpu.Forward(workers, rows, latent, head, eps, z, kl, sampling);
                return z;
            });
            float[] backward = Widths.SameBits(workers =>
            {
                var dHead = new float[head.Length];
                Reparameterize.Cpu.Backward(workers, rows, latent, head, eps, dZ, 0.7f, dHead, weights, sampling);
                return dHead;
            });
            double[] z = new double[eps.Length], dHead = new double[head.Length];
            Reparameterize.Reference.Forward(rows, latent, head.ToDouble(), eps.ToDouble(), z, new double[rows],
                sampling);
            Reparameterize.Reference.Backward(rows, latent, head.ToDouble(), eps.ToDouble(), dZ.ToDouble(), 0.7, dHead,
                weights.ToDouble(), sampling);
            Assert.InRange(Compare.RelativeError(z, forward), 0, 2e-7);
            Assert.InRange(Compare.RelativeError(dHead, backward), 0, 2e-7);
        }
    }

    [Theory]
    [InlineData(Sampling.HalfLogvar)]
    [InlineData(Sampling.LogSigma)]
    public void The_derivative_is_the_slope_for_each_deviation_with_rows_weighted(Sampling sampling)
    {
        const int rows = 3, latent = 7;
        (float[] h, float[] e, float[] d) = Inputs(rows, latent);
        double[] head = h.ToDouble(), eps = e.ToDouble(), dZ = d.ToDouble(), weights = [0.5, 2, 0],
            dHead = new double[head.Length];
        double Loss(double[] at)
        {
            double[] z = new double[eps.Length], kl = new double[rows];
            Reparameterize.Reference.Forward(rows, latent, at, eps, z, kl, sampling);
            return CentralDifference.Dot(z, dZ) + 0.3 * CentralDifference.Dot(kl, weights);
        }
        Reparameterize.Reference.Backward(rows, latent, head, eps, dZ, 0.3, dHead, weights, sampling);
        CentralDifference.Check(Loss, head, dHead);
    }

    [Fact]
    public void The_divergence_is_a_sum_over_the_latent_and_zero_at_the_prior()
    {
        // N(1, 1) from N(0, 1) is 1/2 in each dimension.
        double[] head = [0, 0, 0, 0, 1, 1, 0, 0];
        Assert.Equal([0, 1], Forward(2, 2, head, new double[4]).Kl);
    }

    [Fact]
    public void Noise_has_standard_deviation_one_where_logvar_is_zero() =>
        Assert.Equal([1.5, -2], Forward(1, 2, new double[4], [1.5, -2]).Z);

    [Fact]
    public void A_wrong_length_is_refused() =>
        Assert.Contains("expected 1 x 4", Assert.Throws<ArgumentException>(() => Reparameterize.Cpu.Forward(Workers.One,
            1, 2, new float[3], new float[2], new float[2], new float[1])).Message);

    [Fact]
    public void An_unknown_deviation_is_refused() =>
        Assert.Contains("expected HalfLogvar or LogSigma", Assert.Throws<ArgumentOutOfRangeException>(() =>
            Reparameterize.Cpu.Forward(Workers.One, 1, 1, new float[2], new float[1], new float[1], new float[1],
                (Sampling)5)).Message);

    private static (double[] Z, double[] Kl) Forward(int rows, int latent, double[] head, double[] eps)
    {
        double[] z = new double[rows * latent], kl = new double[rows];
        Reparameterize.Reference.Forward(rows, latent, head, eps, z, kl);
        return (z, kl);
    }

    private static double[] Backward(int rows, int latent, double[] head, double[] eps, double[] dZ, double klScale)
    {
        var dHead = new double[head.Length];
        Reparameterize.Reference.Backward(rows, latent, head, eps, dZ, klScale, dHead);
        return dHead;
    }
}
