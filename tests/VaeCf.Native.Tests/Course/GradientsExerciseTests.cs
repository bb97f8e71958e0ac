using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Tests.Evaluation;
using VaeCf.Native.Verification;

namespace VaeCf.Native.Tests.Course;

/// <summary>Solutions of docs/course/3-gradients.md, 3-family.md and 3-others.md.</summary>
public sealed class GradientsExerciseTests : IDisposable
{
    private readonly Device device = Device.Reference();
    private readonly Compute c;

    public GradientsExerciseTests() => c = device.Open();

    public void Dispose()
    {
        c.Dispose();
        device.Dispose();
    }

    [Fact]
    public void The_gradient_of_a_users_logits_adds_up_to_0()
    {
        using ClickBatch batch = c.AllocateBatch();
        c.Load(Sets.Clicks(4, [0, 2], [1, 2, 3]), [0, 1], batch);
        using Tensor f = c.Tensor(2, 4, 0.3, -2, 1.5, 0, -0.7, 0.1, 4, 2), losses = c.Allocate(0, 1);
        c.Loss(batch, new OutputLoss(Likelihood.Multinomial, 1 / 2.0), f, losses);
        // A constant added to all logits of a user changes no softmax, so along it there is no slope.
        Assert.All(c.Values(f).Chunk(4), df => Assert.Equal(0, df.Sum(), 1e-15));
    }

    [Fact]
    public void Without_noise_and_KL_the_variance_learns_nothing()
    {
        using Tensor head = c.Tensor(1, 4, 0.5, -1, 0.2, 0.7), epsilon = c.Tensor(1, 2, 0, 0),
            dZ = c.Tensor(1, 2, 3, -4), dHead = c.Allocate(0, 4);
        c.ReparameterizeGradient(head, epsilon, dZ, klScale: 0, dHead);
        Assert.Equal([3, -4, 0, 0], c.Values(dHead)); // dmu = dz; z does not depend on the variance
    }

    [Fact]
    public void The_KL_alone_leads_to_the_standard_normal()
    {
        using Tensor epsilon = c.Tensor(1, 2, 0.3, -2), dZ = c.Tensor(1, 2, 0, 0), dHead = c.Allocate(0, 4);
        double[] at = [0.5, -1, 3, -2]; // two means, two log variances
        for (int step = 0; step < 300; step++)
        {
            using Tensor head = c.Tensor(1, 4, at);
            c.ReparameterizeGradient(head, epsilon, dZ, klScale: 1, dHead);
            at = [.. at.Zip(c.Values(dHead), (x, d) => x - 0.1 * d)];
        }
        Assert.All(at, x => Assert.Equal(0, x, 1e-3));
    }

    [Fact]
    public void A_mean_in_place_of_a_sum_is_named_by_its_factor()
    {
        double[] sums = [2.5, 1.5, 4];
        Assert.Equal("entry 2: found 0.8, expected 4; all of it is 0.2 times what it should be", Mismatch.Describe(
            [.. sums.Select(kl => kl / 5)], sums, 1e-9, ("found", i => sums[i] / 5), ("expected", i => sums[i])));
    }

    [Fact]
    public void A_gate_that_is_wide_open_is_not_there()
    {
        using Tensor a = c.Tensor(1, 2, 0.5, -3), g = c.Tensor(1, 2, 40, 40), y = c.Allocate(0, 2),
            dY = c.Tensor(1, 2, 2, 7), dA = c.Allocate(0, 2), dG = c.Allocate(0, 2);
        c.Gate(a, g, y);
        c.GateGradient(a, g, dY, dA, dG);
        Assert.Equal(c.Values(a), c.Values(y));
        Assert.Equal(c.Values(dY), c.Values(dA));
        Assert.All(c.Values(dG), d => Assert.Equal(0, d, 1e-15)); // nor does it learn to close
    }

    [Fact]
    public void A_VampPrior_of_one_standard_normal_is_the_plain_prior()
    {
        using Tensor z = c.Tensor(3, 2, 0.1, 2, -1, 0, 3, 3),
            mean = c.Tensor(1, 2, 0, 0), logvar = c.Tensor(1, 2, 0, 0),
            means = c.Tensor(3, 2, new double[6]), logvars = c.Tensor(3, 2, new double[6]), shares = c.Allocate(0, 1),
            mixture = c.Allocate(0, 1), normal = c.Allocate(0, 1);
        c.MixtureLogDensity(z, mean, logvar, shares, mixture);
        c.NormalLogDensity(z, means, logvars, normal);
        Assert.Equal(c.Values(normal), c.Values(mixture));
        Assert.All(c.Values(shares), share => Assert.Equal(1, share));
    }

    [Fact]
    public void SELUs_slope_needs_its_output_alone()
    {
        using Tensor bias = c.Tensor(1, 4, new double[4]);
        double[] x = [-3, -0.2, 0.4, 2], dY = [1, 2, -1, 0.5];
        double[] Forward(double[] at)
        {
            using Tensor y = c.Tensor(1, 4, at);
            c.AddBiasActivate(Activation.Selu, bias, y);
            return c.Values(y);
        }
        using Tensor output = c.Tensor(1, 4, Forward(x)), gradient = c.Tensor(1, 4, dY);
        c.ActivationGradient(Activation.Selu, output, gradient); // x is nowhere to be seen
        Assert.All(c.Values(gradient).Zip(Bundled.Slope(at => Forward(at).Zip(dY, (y, d) => y * d).Sum(), x)),
            pair => Assert.Equal(pair.Second, pair.First, 1e-8));
    }

    [Fact]
    public void A_weight_that_is_read_twice_has_the_sum_of_two_gradients()
    {
        // A tied linear autoencoder, y = (x W) W^T, and L = sum y dY.
        double[] x = [1, -2, 0.5, 0, 3, 1], w = [0.2, -0.1, 0.4, 0.7, -0.3, 0.5], dY = [1, 0, -1, 2, 0.5, 1];
        double Loss(double[] at)
        {
            using Tensor input = c.Tensor(2, 3, x), weight = c.Tensor(3, 2, at), h = c.Allocate(0, 2),
                y = c.Allocate(0, 3);
            c.Gemm(Transpose.None, input, weight, h);
            c.Gemm(Transpose.B, h, weight, y);
            return c.Values(y).Zip(dY, (a, b) => a * b).Sum();
        }
        using Tensor inputs = c.Tensor(2, 3, x), weights = c.Tensor(3, 2, w), d = c.Tensor(2, 3, dY),
            hidden = c.Allocate(0, 2), dH = c.Allocate(0, 2), dW = c.Allocate(3, 2);
        c.Gemm(Transpose.None, inputs, weights, hidden);
        c.Gemm(Transpose.A, d, hidden, dW);              // as the second layer: dY^T h
        c.Gemm(Transpose.None, d, weights, dH);
        c.GemmAdd(Transpose.A, inputs, dH, dW);          // and as the first: x^T dh
        Assert.All(c.Values(dW).Zip(Bundled.Slope(Loss, w)), pair => Assert.Equal(pair.Second, pair.First, 1e-8));
    }
}
