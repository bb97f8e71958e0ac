using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Devices.Cuda;
using VaeCf.Native.Data;
using VaeCf.Native.Networks;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Ptx.Emulator.Counts;

/// <summary>Runs each kernel that we ship: steps and rankings of all models by the host's own code, and Gemm's ladder.</summary>
internal sealed class EveryKernel(EmulatedCuda driver, int users, int items, int hidden, int latent)
{
    private const ulong Seed = 1;
    private const int Components = 48;

    private readonly ClickMatrix clicks = DrawClicks(users, items);

    public void Run()
    {
        foreach (ProductPrecision products in Enum.GetValues<ProductPrecision>())
        {
            using CudaCompute cuda = CudaCompute.Open(driver, 0, products);
            foreach (Likelihood likelihood in Enum.GetValues<Likelihood>())
                Train(cuda, new ModelConfig { Hidden = [hidden], Latent = latent, Likelihood = likelihood, WeightDecay = 0.01 });
            if (products != ProductPrecision.Single)
                continue;
            Train(cuda, new ModelConfig { Kind = ModelKind.HVamp, Hidden = [hidden, hidden], Latent = latent, Components = Components, Gated = true });
            Train(cuda, new ModelConfig { Kind = ModelKind.RecVae, Hidden = [hidden, hidden], Latent = latent });
            Climb(cuda.Context);
        }
    }

    // A fused step, a plain step, and a ranking.
    private void Train(CudaCompute cuda, ModelConfig config)
    {
        using var network = Autoencoder.Create(cuda, config, items);
        using var adam = new AdamOptimizer(cuda, network.Parameters, 1e-3, weightDecay: 0.01);
        using ClickBatch batch = cuda.AllocateBatch();
        network.Initialize(Seed);
        network.EnterEpoch(0, begins: true);
        cuda.Load(clicks, [.. Enumerable.Range(0, users)], batch);
        network.DrawNoise(batch, Seed, 0);
        adam.T = 1;
        network.Train(batch, 0.2, adam);
        network.Forward(batch);
        network.Loss(batch);
        network.Backward(batch, 0.2);
        adam.T = 2;
        foreach (Parameter parameter in network.Parameters)
            adam.Step(parameter);
        int ranked = Math.Min(100, items);
        using var ranker = new NetworkRanker(cuda, network);
        ranker.Rank(clicks, [.. Enumerable.Range(0, users)], ranked, new int[users * ranked]);
    }

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
        return new ClickMatrix(items, [0, .. rows.Select(row => (long)(sum += row.Count))], all, [.. all.Select(item => 1f + item % 3)]);
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
        void Rung(string name, CudaDim grid, CudaDim block) => context.Launch($"Gemm_{name}", grid, block, a, b, c, users, items, hidden);
        Rung("Naive", new(Cover(users, 16), Cover(items, 16)), new(16, 16));
        Rung("Coalesced", new(Cover(items, 32), Cover(users, 8)), new(32, 8));
        Rung("SharedTile", new(Cover(items, 32), Cover(users, 32)), new(32, 32));
        Rung("RegisterTile", new(Cover(items, 128), Cover(users, 128)), new(128));
        context.Synchronize();
    }

    private static int Cover(int length, int part) => (length + part - 1) / part;
}
