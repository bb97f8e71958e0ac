using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Data;

namespace VaeCf.Native.Tests.Devices;

/// <summary>
/// The processor's device gives what the reference gives, for what no model's golden case covers call by call.
/// </summary>
public class ComputeTests
{
    private static float[] OnEach(Func<Compute, double[]> calls)
    {
        using Device reference = Device.Reference(), cpu = Device.Cpu(2);
        using Compute one = reference.Open(), other = cpu.Open();
        double[] expected = calls(one), actual = calls(other);
        double norm = Math.Sqrt(expected.Sum(x => x * x)),
            difference = Math.Sqrt(expected.Zip(actual, (a, b) => (a - b) * (a - b)).Sum());
        Assert.True(norm > 0);
        Assert.InRange(difference / norm, 0, 1e-6);
        return [.. actual.Select(x => (float)x)];
    }

    private static Tensor Tensor(Compute c, int rows, int columns, int seed)
    {
        Tensor tensor = c.Allocate(rows, columns);
        var random = new RandomSequence(new RandomStream(9, RandomPurpose.Weights, 0), (uint)seed);
        var values = new double[rows * columns];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)random.NextNormal();
        c.Write(values, tensor);
        return tensor;
    }

    private static double[] Read(Compute c, params Tensor[] tensors) => [.. tensors.SelectMany(tensor =>
    {
        var values = new double[tensor.Length];
        c.Read(tensor, values);
        return values;
    })];

    [Fact]
    public void A_layer_of_two_inputs_is_two_products_by_slices_of_its_weight() => OnEach(c =>
    {
        using Tensor x = Tensor(c, 5, 3, 1), z = Tensor(c, 5, 4, 2), w = Tensor(c, 7, 6, 3), both = c.Allocate(5, 7),
            y = c.Allocate(0, 6), expected = c.Allocate(0, 6);
        c.Gemm(Transpose.None, x, w.Slice(0, 3), y);
        c.GemmAdd(Transpose.None, z, w.Slice(3, 4), y);
        double[] xs = Read(c, x), zs = Read(c, z);
        c.Write([.. Enumerable.Range(0, 5).SelectMany(b => xs[(3 * b)..(3 * b + 3)].Concat(zs[(4 * b)..(4 * b + 4)]))],
            both);
        c.Gemm(Transpose.None, both, w, expected);
        Assert.Equal(Read(c, expected), Read(c, y), (a, b) => Math.Abs(a - b) < 1e-6);
        return Read(c, y);
    });

    [Fact]
    public void A_product_cannot_be_added_to_rows_that_are_not_there() => OnEach(c =>
    {
        using Tensor x = Tensor(c, 5, 3, 1), w = Tensor(c, 3, 6, 2), y = Tensor(c, 4, 6, 3);
        Assert.Throws<ArgumentException>(() => c.GemmAdd(Transpose.None, x, w, y));
        return Read(c, y);
    });

    [Fact]
    public void Layers_of_the_family() => OnEach(c =>
    {
        using Tensor a = Tensor(c, 5, 17, 1), g = Tensor(c, 5, 17, 2), dY = Tensor(c, 5, 17, 3),
            weight = Tensor(c, 1, 17, 4), bias = Tensor(c, 1, 17, 5);
        using Tensor gated = c.Allocate(0, 17), dA = c.Allocate(0, 17), dG = c.Allocate(0, 17),
            swish = c.Allocate(0, 17), dX = c.Allocate(0, 17);
        using Tensor normal = c.Allocate(0, 17), statistics = c.Allocate(0, 2), dNormal = c.Allocate(0, 17),
            dWeight = c.Allocate(1, 17), dBias = c.Allocate(1, 17), clamped = c.Allocate(0, 17);
        c.Gate(a, g, gated);
        c.GateGradient(a, g, dY, dA, dG);
        c.Swish(a, swish);
        c.SwishGradient(a, dY, dX);
        c.LayerNorm(a, weight, bias, 0.1, normal, statistics);
        c.LayerNormGradient(a, weight, statistics, dY, dNormal, dWeight, dBias);
        c.Clamp(a, -0.5, 0.7, clamped);
        c.ClampGradient(a, -0.5, 0.7, dG);
        c.Add(a, clamped);
        return Read(c, gated, dA, dG, swish, dX, normal, statistics, dNormal, dWeight, dBias, clamped);
    });

    [Fact]
    public void Pairs_of_embeddings() => OnEach(c =>
    {
        using Tensor a = Tensor(c, 5, 17, 1), b = Tensor(c, 5, 17, 2), dY = Tensor(c, 5, 17, 3), y = c.Allocate(0, 17),
            dA = c.Allocate(0, 17), dB = c.Allocate(0, 17), ones = c.Allocate(5, 1), w = Tensor(c, 7, 17, 4),
            m = c.Allocate(7, 17), v = c.Allocate(7, 17);
        using ClickBatch batch = c.AllocateBatch();
        c.Load(new ClickMatrix(7, [0, 1, 2, 3, 4, 5], [6, 0, 6, 3, 2]), [0, 1, 2, 3, 4], batch);
        c.Fill(1, ones);
        c.Hadamard(a, b, y);
        c.HadamardGradient(a, b, dY, dA, dB);
        c.SparseGemmUpdateClicked(batch, ones, dY, new(new AdamStep(0.01, 0.9, 0.999, 1e-8, 1, 0), w, m, v));
        return Read(c, y, dA, dB, w, m, v);
    });

    [Fact]
    public void Log_densities_and_their_gradients() => OnEach(c =>
    {
        using Tensor mean = Tensor(c, 5, 17, 1), logvar = Tensor(c, 5, 17, 2), epsilon = Tensor(c, 5, 17, 3),
            weight = Tensor(c, 5, 1, 4), dZ = Tensor(c, 5, 17, 5);
        using Tensor means = Tensor(c, 3, 17, 6), logvars = Tensor(c, 3, 17, 7), z = c.Allocate(0, 17),
            shares = c.Allocate(0, 3);
        using Tensor q = c.Allocate(0, 1), normal = c.Allocate(0, 1), mixture = c.Allocate(0, 1),
            composite = c.Allocate(0, 1);
        using Tensor dMean = c.Allocate(0, 17), dLogvar = c.Allocate(0, 17), dMeans = c.Allocate(0, 17),
            dLogvars = c.Allocate(0, 17), dP = c.Allocate(0, 17), dPlogvar = c.Allocate(0, 17);
        c.Sample(mean, logvar, epsilon, z, q);
        c.NormalLogDensity(z, epsilon, logvar, normal);
        c.MixtureLogDensity(z, means, logvars, shares, mixture);
        c.CompositeLogDensity(z, epsilon, logvar, composite);
        c.NormalLogDensityGradient(z, epsilon, logvar, weight, dZ, dP, dPlogvar);
        c.MixtureLogDensityGradient(z, means, logvars, shares, weight, dZ, dMeans, dLogvars);
        c.CompositeLogDensityGradient(z, epsilon, logvar, weight, dZ);
        c.SampleGradient(logvar, epsilon, dZ, weight, dMean, dLogvar);
        return Read(c, z, q, normal, shares, mixture, composite, dP, dPlogvar, dMeans, dLogvars, dZ, dMean, dLogvar);
    });

    [Fact]
    public void A_dense_mask_is_drawn_by_row_and_column_whatever_the_device() => OnEach(c =>
    {
        using Tensor mask = c.Allocate(7, 101);
        c.DropoutMask(new RandomStream(1, RandomPurpose.Dropout, 2), 0.6, mask);
        return Read(c, mask);
    });

    [Theory]
    [InlineData(0.6)]
    [InlineData(1)]
    public void Normalised_clicks_with_dropout_are_those_without_but_for_what_is_dropped(double keep) => OnEach(c =>
    {
        using ClickBatch batch = c.AllocateBatch();
        using Tensor all = c.Allocate(0, 1), kept = c.Allocate(0, 1), mask = c.Allocate(0, 1);
        c.Load(new ClickMatrix(60, [0, 50, 50, 97], [.. Enumerable.Range(0, 50), .. Enumerable.Range(3, 47)]),
            [2, 1, 0], batch);
        c.NormalizeRows(batch, all);
        c.NormalizeRowsDropout(new RandomStream(1, RandomPurpose.Dropout, 2), keep, batch, kept);
        mask.Resize(all.Rows);
        c.Write([.. Read(c, kept).Select(value => value == 0 ? 0.0 : 1)], mask);
        c.Dropout(mask, keep, all);
        Assert.Equal(Read(c, all), Read(c, kept));
        Assert.Equal(keep == 1, Read(c, kept).All(value => value != 0));
        return Read(c, kept);
    });

    [Theory]
    [InlineData(0.6)]
    [InlineData(1)]
    public void Dropped_clicks_are_counts_less_those_that_normalised_clicks_lose(double keep) => OnEach(c =>
    {
        using ClickBatch batch = c.AllocateBatch();
        using Tensor counts = c.Allocate(0, 1), normalised = c.Allocate(0, 1);
        var stream = new RandomStream(1, RandomPurpose.Dropout, 2);
        c.Load(new ClickMatrix(60, [0, 50, 50, 97], [.. Enumerable.Range(0, 50), .. Enumerable.Range(3, 47)],
            [.. Enumerable.Range(0, 97).Select(n => 1f + n % 3)]), [2, 1, 0], batch);
        c.ClickDropout(stream, keep, batch, counts);
        c.NormalizeRowsDropout(stream, keep, batch, normalised);
        double[] values = Read(c, counts);
        Assert.Equal(Read(c, normalised).Select(value => value != 0), values.Select(value => value != 0));
        Assert.All(values, value => Assert.InRange(value * keep, 0, 3.0001));
        return values;
    });

    [Fact]
    public void A_step_of_sampled_items()
    {
        foreach (Activation activation in Enum.GetValues<Activation>())
            OnEach(c =>
            {
                using ClickBatch samples = c.AllocateBatch();
                using Tensor h = Tensor(c, 3, 5, 1), w = Tensor(c, 60, 5, 2), bias = Tensor(c, 1, 60, 3),
                    hidden = Tensor(c, 1, 5, 4), f = c.Allocate(0, 1), losses = c.Allocate(0, 1),
                    dH = c.Allocate(0, 5), dBias = c.Allocate(1, 60);
                c.Load(new ClickMatrix(60, [0, 50, 50, 97], [.. Enumerable.Range(0, 50), .. Enumerable.Range(3, 47)],
                    [.. Enumerable.Range(0, 97).Select(n => n % 4 == 0 ? 1f : 0)]), [2, 1, 0], samples);
                c.AddBiasActivate(activation, hidden, h);
                c.SampledGemm(samples, h, w, f);
                c.SampledLoss(samples, new OutputLoss(Likelihood.Logistic, 0.5), bias, f, losses);
                c.SparseGemm(samples, f, w, dH);
                c.SparseBiasGradient(samples, f, dBias);
                c.ActivationGradient(activation, h, dH);
                return Read(c, h, f, losses, dH, dBias);
            });
    }

    [Fact]
    public void Steps_of_a_recurrent_unit_and_their_gradients() => OnEach(c =>
    {
        using Tensor inputBias = Tensor(c, 1, 21, 1), stateBias = Tensor(c, 1, 21, 2), h = Tensor(c, 5, 7, 3);
        using Tensor gates = Tensor(c, 5, 21, 4), projected = Tensor(c, 5, 21, 5), next = c.Allocate(0, 7);
        using Tensor dNext = Tensor(c, 5, 7, 6), dH = Tensor(c, 5, 7, 7);
        c.Gru(inputBias, stateBias, h, gates, projected, next);
        c.AddGruGradient(h, dNext, gates, projected, dH);
        return Read(c, next, gates, projected, dH);
    });

    [Theory]
    [InlineData(Sampling.HalfLogvar)]
    [InlineData(Sampling.LogSigma)]
    public void A_latent_of_rows_that_count_differently(Sampling sampling) => OnEach(c =>
    {
        using Tensor head = Tensor(c, 5, 14, 1), epsilon = Tensor(c, 5, 7, 2), dZ = Tensor(c, 5, 7, 3);
        using Tensor weights = Tensor(c, 5, 1, 4), z = c.Allocate(0, 7), kl = c.Allocate(0, 1);
        using Tensor dHead = c.Allocate(0, 14);
        c.Reparameterize(head, epsilon, z, kl, sampling);
        c.WeightedReparameterizeGradient(head, epsilon, dZ, 0.2, weights, sampling, dHead);
        return Read(c, z, kl, dHead);
    });

    [Fact]
    public void An_output_layer_takes_what_a_click_counts_from_its_batch_or_apart_from_it() => OnEach(c =>
    {
        using ClickBatch ones = c.AllocateBatch(), counted = c.AllocateBatch();
        using Tensor counts = c.Allocate(4, 1), x = Tensor(c, 2, 5, 1), losses = c.Allocate(0, 1);
        using Tensor w = Tensor(c, 7, 5, 2), b = Tensor(c, 1, 7, 3), dX = c.Allocate(0, 5), dX2 = c.Allocate(0, 5);
        using Tensor m = c.Allocate(7, 5), v = c.Allocate(7, 5), bM = c.Allocate(1, 7), bV = c.Allocate(1, 7);
        float[] values = [0.5f, 2, 0.25f, 1];
        c.Load(new ClickMatrix(7, [0, 1, 4], [3, 0, 2, 6]), [0, 1], ones);
        c.Load(new ClickMatrix(7, [0, 1, 4], [3, 0, 2, 6], values), [0, 1], counted);
        c.Write(values, counts);
        // A learning rate of next to nothing: both calls have the same weights but for what rounds away.
        var step = new AdamStep(1e-30, 0.9, 0.999, 1e-8, T: 1, WeightDecay: 0);
        var loss = new OutputLoss(Likelihood.Multinomial, 0.5);
        c.TrainOutputLayer(ones, x, loss, new(step, w, m, v), new(step, b, bM, bV), losses, dX, counts);
        double[] apart = Read(c, losses, dX);
        c.TrainOutputLayer(counted, x, loss, new(step, w, m, v), new(step, b, bM, bV), losses, dX2);
        Assert.Equal(Read(c, losses, dX2), apart);
        return apart;
    });

    [Fact]
    public void Steps_of_every_optimiser() => OnEach(c =>
    {
        using Tensor w = Tensor(c, 5, 17, 1), w2 = Tensor(c, 5, 17, 1), w3 = Tensor(c, 5, 17, 1);
        using Tensor velocity = c.Allocate(5, 17), squares = c.Allocate(5, 17);
        using Tensor size = c.Allocate(5, 17), last = c.Allocate(5, 17);
        for (int step = 0; step < 3; step++)
        {
            using Tensor gradient = Tensor(c, 5, 17, 2 + step);
            c.Sgd(gradient, new SgdStep(0.1, 0.9, 0.01), w, velocity);
            c.AdaGrad(gradient, new AdaGradStep(0.1, 1, 0.01), w2, squares);
            c.RProp(gradient, new RPropStep(WeightDecay: 0.01), w3, size, last);
        }
        return Read(c, w, velocity, w2, squares, w3, size, last);
    });

    [Fact]
    public void Every_number_is_set() => OnEach(c =>
    {
        using Tensor x = Tensor(c, 5, 3, 1);
        c.Fill(0.1, x);
        Assert.Single(Read(c, x).Distinct());
        return Read(c, x);
    });

    [Fact]
    public void A_step_back_from_the_errors_of_predicted_ratings() => OnEach(c =>
    {
        using ClickBatch batch = c.AllocateBatch();
        using Tensor x = c.Allocate(0, 1), f = c.Allocate(0, 1), losses = c.Allocate(0, 1), h = c.Allocate(0, 17),
            dH = c.Allocate(0, 17);
        using Tensor v = Tensor(c, 4, 17, 1), mu = Tensor(c, 1, 17, 2), w = Tensor(c, 4, 17, 3), b = Tensor(c, 4, 1, 4);
        c.Load(new ClickMatrix(4, [0, 2, 2, 5], [0, 3, 1, 2, 3], [1, 4, 2, 2, 0.5f]), [2, 0, 1], batch);
        c.ClickDropout(default, 1, batch, x);
        Assert.Equal([2, 2, 0.5, 1, 4], Read(c, x));
        c.SparseGemm(batch, x, v, h);
        c.AddBiasActivate(Activation.Sigmoid, mu, h);
        c.SampledGemm(batch, h, w, f);
        c.SquaredError(batch, b, f, losses);
        c.SparseGemm(batch, f, w, dH);
        c.ActivationGradient(Activation.Sigmoid, h, dH);
        return Read(c, h, f, losses, dH);
    });

    [Fact]
    public void Outputs_fed_again_and_errors_of_selu_outputs() => OnEach(c =>
    {
        using ClickBatch batch = c.AllocateBatch();
        using Tensor y = Tensor(c, 3, 17, 1), fed = Tensor(c, 3, 17, 2), dY = c.Allocate(0, 17),
            bias = Tensor(c, 1, 4, 3), f = Tensor(c, 5, 1, 4), losses = c.Allocate(0, 1), fedLosses = c.Allocate(0, 1);
        c.Load(new ClickMatrix(4, [0, 2, 2, 5], [0, 3, 1, 2, 3], [1, 4, 2, 2, 0.5f]), [2, 0, 1], batch);
        c.SampledLoss(batch, new OutputLoss(Likelihood.Gaussian, 0.2, 2, 2, Activation.Selu), bias, f, losses);
        c.DenseSquaredError(y, fed, 0.25, dY, fedLosses);
        return Read(c, f, losses, dY, fedLosses);
    });

    [Fact]
    public void A_step_of_a_markov_chain() => OnEach(c =>
    {
        using ClickBatch ratings = c.AllocateBatch(), units = c.AllocateBatch();
        using Tensor w = Tensor(c, 12, 17, 1), a = Tensor(c, 1, 12, 2), b = Tensor(c, 1, 17, 3), p = c.Allocate(0, 17),
            h = c.Allocate(0, 17), x = c.Allocate(0, 1), v = c.Allocate(0, 1), u = c.Allocate(0, 1),
            means = c.Allocate(0, 1), values = c.Allocate(1, 3);
        c.Write([1, 2, 3f], values);
        // Three values of each of two items of the first user and one of the third.
        c.Load(new ClickMatrix(4, [0, 2, 2, 3], [0, 3, 1], [1, 3, 2]), [0, 1, 2], ratings);
        c.Load(new ClickMatrix(12, [0, 6, 6, 9], [0, 1, 2, 9, 10, 11, 3, 4, 5], [1, 0, 0, 0, 0, 1, 0, 1, 0]), [0, 1, 2],
            units);
        c.ClickDropout(default, 1, units, x);
        c.SparseGemm(units, x, w, p);
        c.AddBiasActivate(Activation.Sigmoid, b, p);
        c.Uniform(new RandomStream(1, RandomPurpose.HiddenUnits, 2), ratings, h);
        double[] uniform = Read(c, h);
        c.Bernoulli(p, h);
        c.SampledGemm(units, h, w, v);
        c.AddSparseBias(units, a, v);
        c.Softmax(3, v);
        double[] probabilities = Read(c, v);
        means.Resize(3);
        c.Expectation(values, v, means);
        c.ClickUniform(new RandomStream(1, RandomPurpose.VisibleUnits, 2), ratings, u);
        c.Categorical(3, u, v);
        Assert.All(Read(c, v).Chunk(3), unit => Assert.Equal(1, unit.Sum()));
        Assert.Throws<ArgumentException>(() => c.Categorical(2, u, v));
        return [.. uniform, .. probabilities, .. Read(c, p, h, u, v, means)];
    });

    [Fact]
    public void Clicks_per_user_are_the_scaled_sums_of_the_counts()
    {
        float[] perUser = OnEach(c =>
        {
            using ClickBatch batch = c.AllocateBatch();
            using Tensor result = c.Allocate(0, 1);
            c.Load(new ClickMatrix(4, [0, 2, 2, 5], [0, 3, 1, 2, 3], [1, 4, 2, 2, 0.5f]), [2, 0, 1], batch);
            c.ClicksPerUser(batch, 0.5, result);
            return Read(c, result);
        });
        Assert.Equal([2.25f, 2.5f, 0], perUser);
    }
}
