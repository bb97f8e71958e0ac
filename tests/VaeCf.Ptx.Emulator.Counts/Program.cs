using VaeCf.Kernels;
using VaeCf.Native.Compute;
using VaeCf.Native.Compute.Cuda;
using VaeCf.Native.Data;
using VaeCf.Native.Models;
using VaeCf.Native.Training;
using VaeCf.Ptx.Emulator;

// What the shipped kernels ask of a card, counted on the emulator: steps and rankings of models at the Mult-VAE's shapes
// (500 users, 20,108 items, 600 hidden, 200 latent) scaled down by eight to multiples of four, as those are, each in all its variants; and Gemm's ladder.
const int users = 60, items = 2512, hidden = 72, latent = 24, ranked = 100;
const ulong seed = 1;

var driver = new EmulatedCuda();
foreach (ProductPrecision products in Enum.GetValues<ProductPrecision>())
    foreach (Likelihood likelihood in Enum.GetValues<Likelihood>())
        Train(products, likelihood);
Climb();

Console.WriteLine($"Counts of a training step and a ranking: {users} users, {items} items, {hidden} hidden, {latent} latent.\n");
CountsTable.Write(Console.Out, driver.Counts.Values);
Console.WriteLine("\nAccesses that cost twice what their bytes need, and more:\n");
CountsTable.WriteDear(Console.Out, driver.Counts.Values);

// A fused step, a plain step, and a ranking.
void Train(ProductPrecision products, Likelihood likelihood)
{
    using CudaCompute cuda = CudaCompute.Open(driver, 0, products);
    using var network = Autoencoder.Create(cuda, new ModelConfig { Hidden = [hidden], Latent = latent, Likelihood = likelihood, WeightDecay = 0.01 }, items);
    using var adam = new AdamOptimizer(cuda, network.Parameters, 1e-3, weightDecay: 0.01);
    using ClickBatch batch = cuda.AllocateBatch();
    ClickMatrix clicks = Clicks();
    network.Initialize(seed);
    cuda.Load(clicks, [.. Enumerable.Range(0, users)], batch);
    network.DrawNoise(batch, seed, 0);
    adam.T = 1;
    network.Train(batch, 0.2, adam);
    network.Forward(batch);
    network.Loss(batch);
    network.Backward(batch, 0.2);
    adam.T = 2;
    foreach (Parameter parameter in network.Parameters)
        adam.Step(parameter);
    using var ranker = new NetworkRanker(cuda, network);
    ranker.Rank(clicks, [.. Enumerable.Range(0, users)], ranked, new int[users * ranked]);
}

// Users with 1 to 200 clicks, few items with many.
static ClickMatrix Clicks()
{
    var random = new RandomSequence(new(seed, RandomPurpose.Split, 0));
    var rows = new List<SortedSet<int>>();
    for (int user = 0; user < users; user++)
    {
        var row = new SortedSet<int>();
        for (int wanted = 1 + random.NextBelow(200); row.Count < wanted;)
            row.Add(random.NextBelow(1 + random.NextBelow(items)));
        rows.Add(row);
    }
    int sum = 0;
    int[] all = [.. rows.SelectMany(row => row)];
    return new ClickMatrix(items, [0, .. rows.Select(row => (long)(sum += row.Count))], all, [.. all.Select(item => 1f + item % 3)]);
}

// Each rung on the output layer's product: users x hidden by hidden x items.
void Climb()
{
    using CudaCompute cuda = CudaCompute.Open(driver, 0, ProductPrecision.Single);
    CudaContext context = cuda.Context;
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

static int Cover(int length, int part) => (length + part - 1) / part;
