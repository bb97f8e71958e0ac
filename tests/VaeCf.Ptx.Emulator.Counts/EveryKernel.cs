using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Devices.Cuda;
using VaeCf.Native.Networks;
using VaeCf.Native.Recommenders;

namespace VaeCf.Ptx.Emulator.Counts;

/// <summary>
/// Runs each kernel that we ship: steps and rankings of all models by the host's own code, what none of them calls, and
/// Gemm's ladder.
/// </summary>
internal sealed class EveryKernel(EmulatedCuda driver, int users, int items, int hidden, int latent)
{
    private const ulong Seed = 1;
    private const int Components = 48;

    private readonly ClickMatrix clicks = DrawClicks(users, items);

    public void Run()
    {
        foreach (ProductPrecision products in Enum.GetValues<ProductPrecision>())
        {
            using var device = new CudaDevice(driver, 0, products);
            using CudaCompute cuda = device.Open();
            foreach (Likelihood likelihood in Enum.GetValues<Likelihood>())
                Train(cuda, Shape(MultVae.Type, layers: 1, likelihood).With(Autoencoders.WeightDecay, 0.01));
            if (products != ProductPrecision.Single)
                continue;
            Train(cuda, Shape(HVamp.Type, layers: 2).With(Autoencoders.Components, Components)
                .With(Autoencoders.Gated, true));
            Train(cuda, Shape(RecVae.Type, layers: 2));
            Others(cuda);
            Climb(cuda.Context);
        }
    }

    private Settings Shape(ModelType type, int layers, Likelihood likelihood = Likelihood.Multinomial) => type.Defaults
        .With(Autoencoders.Hidden, [.. Enumerable.Repeat(hidden, layers)]).With(Autoencoders.Latent, latent)
        .With(Autoencoders.Likelihood, likelihood);

    // A fused step, a plain step, and a ranking.
    private void Train(CudaCompute cuda, Settings settings)
    {
        using var network = Autoencoder.Create(cuda, settings, items);
        var step = new AdamStep(1e-3, 0.9, 0.999, 1e-8, T: 1, WeightDecay: 0.01);
        using var adam = new AdamOptimizer(cuda, network.Parameters, step);
        using ClickBatch batch = cuda.AllocateBatch();
        network.Initialize(Seed);
        cuda.Load(clicks, [.. Enumerable.Range(0, users)], batch);
        network.DrawNoise(batch, Seed, 0);
        network.Train(batch, new TrainingStep(0.2, BeginsEpoch: true), adam);
        network.Forward(batch);
        network.Loss(batch);
        network.Backward(batch, 0.2);
        foreach (Parameter parameter in network.Parameters)
            adam.Apply(parameter);
        int ranked = Math.Min(100, items);
        using var ranker = new AutoencoderRanker(cuda, network, ownsNetwork: false);
        ranker.Rank(new Histories(clicks), [.. Enumerable.Range(0, users)], ranked, RankFilter.None,
            new int[users * ranked], []);
    }

    // Optimisers other than Adam, what models outside of the library call, and a ranking of dense scores less some
    // items.
    private void Others(CudaCompute cuda)
    {
        using Tensor gradient = cuda.Allocate(items, hidden), value = cuda.Allocate(items, hidden);
        using Tensor one = cuda.Allocate(items, hidden), two = cuda.Allocate(items, hidden);
        using Tensor scores = cuda.Allocate(users, items), x = cuda.Allocate(0, 1), losses = cuda.Allocate(0, 1);
        using Tensor h = cuda.Allocate(users, hidden), dH = cuda.Allocate(users, hidden);
        using Tensor hiddenBias = cuda.Allocate(1, hidden), bias = cuda.Allocate(1, items);
        using Tensor itemBias = cuda.Allocate(items, 1);
        using Tensor biasM = cuda.Allocate(1, items), biasV = cuda.Allocate(1, items);
        using ClickBatch batch = cuda.AllocateBatch();
        cuda.Sgd(gradient, new SgdStep(1e-3), value, one);
        cuda.AdaGrad(gradient, new AdaGradStep(1e-3, 1), value, one);
        cuda.RProp(gradient, new RPropStep(), value, one, two);
        cuda.Load(clicks, [.. Enumerable.Range(0, users)], batch);
        cuda.ClickDropout(new(Seed, RandomPurpose.Dropout, 0), 0.5, batch, x);
        cuda.SparseGemm(batch, x, value, h);
        foreach (Activation activation in Enum.GetValues<Activation>())
        {
            cuda.AddBiasActivate(activation, hiddenBias, h);
            cuda.ActivationGradient(activation, h, dH);
        }
        foreach (Activation output in (Activation[])[Activation.Identity, Activation.Tanh, Activation.Sigmoid])
        {
            var loss = new OutputLoss(Likelihood.Gaussian, 0.5, 2, 1, output);
            cuda.SampledGemm(batch, h, value, x);
            cuda.SampledLoss(batch, loss, bias, x, losses);
            cuda.Loss(batch, loss, scores, losses);
            cuda.TrainOutputLayer(batch, h, loss, Adam(value, one, two), Adam(bias, biasM, biasV), losses, dH);
        }
        cuda.SampledLoss(batch, new OutputLoss(Likelihood.Logistic, 0.5), bias, x, losses);
        cuda.SampledLoss(batch, new OutputLoss(Likelihood.Gaussian, 0.5, 2, 2, Activation.Selu), bias, x, losses);
        cuda.SparseBiasGradient(batch, x, bias);
        cuda.TopK(batch, scores, 1, RankFilter.Of(items, exclude: [0]), new int[users], []);
        cuda.SquaredError(batch, itemBias, x, losses);
        cuda.DenseSquaredError(h, dH, 0.5, dH, losses);
        cuda.Hadamard(h, dH, h);
        cuda.HadamardGradient(h, dH, dH, dH, h);
        cuda.SparseGemmUpdateClicked(batch, x, dH, Adam(value, one, two));
        Draw(cuda, batch, h, dH, x);
        Recurrent(cuda);
    }

    // A step of a recurrent unit, and a latent of rows that count differently.
    private void Recurrent(CudaCompute cuda)
    {
        using Tensor bias = cuda.Allocate(1, 3 * hidden), h = cuda.Allocate(users, hidden);
        using Tensor gates = cuda.Allocate(users, 3 * hidden), projected = cuda.Allocate(users, 3 * hidden);
        using Tensor next = cuda.Allocate(users, hidden), dH = cuda.Allocate(users, hidden);
        using Tensor head = cuda.Allocate(users, 2 * latent), dHead = cuda.Allocate(users, 2 * latent);
        using Tensor z = cuda.Allocate(users, latent), kl = cuda.Allocate(users, 1);
        cuda.Gru(bias, bias, h, gates, projected, next);
        cuda.AddGruGradient(h, next, gates, projected, dH);
        cuda.Reparameterize(head, z, z, kl, Sampling.LogSigma);
        cuda.WeightedReparameterizeGradient(head, z, z, 0.2, kl, Sampling.LogSigma, dHead);
    }

    // What Boltzmann machines call.
    private static void Draw(CudaCompute cuda, ClickBatch batch, Tensor h, Tensor units, Tensor x)
    {
        using Tensor bias = cuda.Allocate(1, batch.ItemCount), values = cuda.Allocate(1, h.Columns),
            perRow = cuda.Allocate(h.Rows, 1);
        cuda.Uniform(new(Seed, RandomPurpose.HiddenUnits, 0), batch, units);
        cuda.Bernoulli(h, units);
        cuda.ClickUniform(new(Seed, RandomPurpose.VisibleUnits, 0), batch, x);
        cuda.AddSparseBias(batch, bias, x);
        cuda.Softmax(h.Columns, h);
        cuda.Expectation(values, h, perRow);
        cuda.Categorical(h.Columns, perRow, h);
    }

    private static AdamUpdate Adam(Tensor value, Tensor m, Tensor v) =>
        new(new AdamStep(1e-3, 0.9, 0.999, 1e-8, T: 1, WeightDecay: 0), value, m, v);

    // Users with 1 to 200 clicks, few items with many.
    private static ClickMatrix DrawClicks(int users, int items)
    {
        var random = new RandomSequence(new(Seed, RandomPurpose.Split, 0));
        var rows = new List<SortedSet<int>>();
        for (int user = 0; user < users; user++)
        {
            var row = new SortedSet<int>();
            for (int wanted = 1 + random.NextBelow(Math.Min(200, items / 2)); row.Count < wanted;)
                row.Add(random.NextBelow(1 + random.NextBelow(items)));
            rows.Add(row);
        }
        int sum = 0;
        int[] all = [.. rows.SelectMany(row => row)];
        return new ClickMatrix(
            items, [0, .. rows.Select(row => (long)(sum += row.Count))], all, [.. all.Select(item => 1f + item % 3)]);
    }

    // What no model calls: the ladder's rungs, on the output layer's product, users x hidden by hidden x items.
    private void Climb(CudaContext context)
    {
        CudaView Filled(int length)
        {
            ulong address = context.Allocate(4L * length);
            context.Clear(address, 4L * length);
            return new(address, length);
        }

        CudaView a = Filled(users * hidden), b = Filled(hidden * items), c = Filled(users * items);
        void Rung(string name, CudaDim grid, CudaDim block) =>
            context.Launch($"Gemm_{name}", grid, block, a, b, c, users, items, hidden);
        Rung("Naive", new(Cover(users, 16), Cover(items, 16)), new(16, 16));
        Rung("Coalesced", new(Cover(items, 32), Cover(users, 8)), new(32, 8));
        Rung("SharedTile", new(Cover(items, GemmLaunch.SharedSide), Cover(users, GemmLaunch.SharedSide)),
            new(GemmLaunch.SharedSide, GemmLaunch.SharedSide));
        Rung("RegisterTile", new(Cover(items, GemmLaunch.TileSide), Cover(users, GemmLaunch.TileSide)),
            new(GemmLaunch.TileThreads));
        context.Synchronize();
    }

    private static int Cover(int length, int part) => (length + part - 1) / part;
}
