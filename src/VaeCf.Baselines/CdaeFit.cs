using VaeCf.Kernels;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

internal sealed class CdaeFit : GradientFit
{
    private const double NodeDeviation = 0.01;

    private readonly CdaeWeights weights;
    private readonly CdaeNetwork network;
    private readonly Optimizer optimizer;
    private readonly ClickMatrix ofUsers;
    private readonly ClickBatch users, samples;
    private readonly Tensor x;

    public CdaeFit(FitData data, Settings settings, Device device)
        : base(NetworkFit.Clicked(data), settings, device)
    {
        int userCount = data.Clicks.UserCount;
        // Row u holds user u alone, so that a batch of its rows gathers rows of V and scatters to them.
        ofUsers = new ClickMatrix(userCount, [.. Enumerable.Range(0, userCount + 1).Select(user => (long)user)],
            [.. Enumerable.Range(0, userCount)]);
        try
        {
            weights = CdaeWeights.Allocate(Compute, userCount, data.Items.Count, Settings.Get(Cdae.Latent));
            Draw();
            network = new CdaeNetwork(Compute, weights, Settings.Get(Cdae.HiddenActivation));
            optimizer = new Optimizer(Compute, weights.Named, Settings.Get(Cdae.LearningRate),
                Settings.Get(Cdae.Optimizer));
            (users, samples, x) = (Compute.AllocateBatch(), Compute.AllocateBatch(), Compute.Allocate(0, 1));
            Ranker = new CdaeRanker(Compute, weights, Settings, data.Train.Users);
        }
        catch
        {
            base.Dispose();
            throw;
        }
    }

    private void Draw()
    {
        var stream = new RandomStream(Settings.Get(Seed), RandomPurpose.Weights, 0);
        double bound = Math.Sqrt(6.0 / (weights.W.Rows + weights.W.Columns));
        Drawing.Uniform(Compute, weights.W, stream, 0, bound);
        Drawing.Uniform(Compute, weights.W2, stream, 1, bound);
        // Uniform of this deviation.
        Drawing.Uniform(Compute, weights.V, stream, 2, Math.Sqrt(3) * NodeDeviation);
    }

    public override Ranker Ranker { get; }

    public override IReadOnlyList<NamedTensor> Model => weights.Named;

    public override IReadOnlyList<NamedTensor> State => optimizer.State;

    protected override IReadOnlyList<Measure> Update(ClickBatch batch)
    {
        var dropout = new RandomStream(Settings.Get(Seed), RandomPurpose.Dropout, (ulong)Position.Step);
        Compute.ClickDropout(dropout, Settings.Get(Autoencoders.KeepProbability), batch, x); // x~ = x mask / keep
        Compute.Load(ofUsers, BatchUsers, users);
        bool isSampled = Settings.Get(Cdae.Negatives) > 0;
        if (isSampled)
            LoadSamples();
        double decay = Settings.Get(Cdae.WeightDecay),
            l2 = decay == 0 ? 0 : decay / 2 * weights.Named.Sum(tensor => Compute.SquaredNorm(tensor.Value));
        optimizer.Step = Position.Step + 1;
        double[] losses = network.Train(batch, x, users, isSampled ? samples : null,
            Cdae.LossOf(Settings, 1.0 / batch.UserCount), optimizer, decay);
        return [new Measure("loss", losses.Average() + l2)];
    }

    // The clicks, and for each of them some of the user's other items.
    private void LoadSamples()
    {
        var stream = new RandomStream(Settings.Get(Seed), RandomPurpose.Negatives, (ulong)Position.Epoch);
        int itemCount = Data.Items.Count;
        var rows = new SampleRows(itemCount);
        foreach (int user in BatchUsers)
        {
            ReadOnlySpan<int> clicked = Data.Clicks.ItemsOf(user);
            int others = itemCount - clicked.Length;
            int[] drawn = Drawing.Distinct(stream, user,
                (int)Math.Min(others, (long)clicked.Length * Settings.Get(Cdae.Negatives)), others);
            int[] items = new int[clicked.Length + drawn.Length];
            var counts = new float[items.Length];
            // drawn[m] is the number of an item among those without a click: the clicks so far come before it.
            for (int n = 0, m = 0; n + m < items.Length;)
                if (m == drawn.Length || (n < clicked.Length && clicked[n] <= drawn[m] + n))
                    (items[n + m], counts[n + m], n) = (clicked[n], 1, n + 1);
                else
                    (items[n + m], m) = (drawn[m] + n, m + 1);
            rows.Add(items, counts);
        }
        rows.Load(Compute, samples);
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (IDisposable one in (IDisposable[])[Ranker, network, optimizer, weights, users, samples, x])
            one.Dispose();
    }
}

/// <summary>
/// Ranks by CDAE's outputs. A user of the training, told by the id, has the node that was trained; others have 0, or
/// one that is fitted to their history. It reads that something was clicked, not how often.
/// </summary>
internal sealed class CdaeRanker(Compute c, CdaeWeights weights, Settings settings, Vocabulary? trained) : Ranker
{
    // Outputs that exist at once where nodes are fitted, unless one user has more: 128 MiB.
    private const int MostOutputs = 1 << 25;

    private readonly CdaeNetwork network = new(c, weights, settings.Get(Cdae.HiddenActivation));
    private readonly ClickBatch batch = c.AllocateBatch(), users = c.AllocateBatch();
    private readonly Tensor x = c.Allocate(0, 1);
    private readonly int foldInSteps = settings.Get(Cdae.FoldInSteps);

    public override int ItemCount => weights.W.Rows;

    public override void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items,
        Span<float> scores)
    {
        for (int first = 0, count; first < rows.Length; first += count)
        {
            count = CountFrom(first, rows.Length);
            Tensor codes = Codes(users, rows.Slice(first, count));
            network.Rank(batch, codes, k, filter, items.Slice(first * k, count * k),
                scores.IsEmpty ? [] : scores.Slice(first * k, count * k));
        }
    }

    public override void ScoreAll(Histories users, ReadOnlySpan<int> rows, Span<float> scores)
    {
        using Tensor f = c.Allocate(rows.Length, ItemCount);
        network.Logits(Codes(users, rows), f);
        c.Read(f, scores);
    }

    public override void Encode(Histories users, ReadOnlySpan<int> rows, Span<float> codes)
    {
        for (int first = 0, count; first < rows.Length; first += count)
        {
            count = CountFrom(first, rows.Length);
            Tensor some = Codes(users, rows.Slice(first, count));
            c.Read(some, codes.Slice(first * some.Columns, count * some.Columns));
        }
    }

    private int CountFrom(int first, int rows) =>
        foldInSteps == 0 ? rows : Math.Min(Math.Max(1, MostOutputs / ItemCount), rows - first);

    private Tensor Codes(Histories histories, ReadOnlySpan<int> rows)
    {
        c.Load(histories.Clicks.WithoutValues(), rows, batch);
        c.ClickDropout(default, 1, batch, x);                     // x~ = x
        var nodes = new SampleRows(weights.V.Rows);
        var isKnown = new bool[rows.Length];
        for (int row = 0; row < rows.Length; row++)
        {
            int user = trained is null || histories.Users is null ? -1 : trained.IndexOf(histories.Users[rows[row]]);
            isKnown[row] = user >= 0;
            if (user >= 0)
                nodes.Add([user], [1]);
            else
                nodes.Add([], []);
        }
        nodes.Load(c, users);
        Tensor codes = network.Encode(batch, x, users);
        return foldInSteps == 0 || isKnown.All(known => known) ? codes : Fitted(isKnown);
    }

    // The codes with the nodes of unknown users fitted, from 0 on. All nodes are, and the fitted ones of known users
    // make way for theirs: a user's node depends on no other's.
    private Tensor Fitted(bool[] isKnown)
    {
        int latent = weights.V.Columns;
        using Tensor nodes = c.Allocate(isKnown.Length, latent), mask = c.Allocate(isKnown.Length, latent);
        using var optimizer = new Optimizer(c, [new("nodes", nodes)], settings.Get(Cdae.LearningRate),
            settings.Get(Cdae.Optimizer));
        OutputLoss loss = Cdae.LossOf(settings, scale: 1);
        for (int step = 1; step <= foldInSteps; step++)
        {
            optimizer.Step = step;
            network.Encode(batch, x, nodes);
            optimizer.Update(network.NodeGradient(batch, loss), nodes, settings.Get(Cdae.WeightDecay));
        }
        c.Write([.. isKnown.SelectMany(known => Enumerable.Repeat(known ? 0f : 1, latent))], mask);
        c.Dropout(mask, 1, nodes);
        c.Add(network.Nodes, nodes);
        return network.Encode(batch, x, nodes);
    }

    public override void Dispose()
    {
        foreach (IDisposable one in (IDisposable[])[network, batch, users, x])
            one.Dispose();
        base.Dispose();
    }
}

internal sealed class CdaeRecommender : Recommender
{
    private readonly CdaeWeights weights;

    public CdaeRecommender(ModelData data, Device device) : base(data, device)
    {
        weights = CdaeWeights.Take(data, Compute, Settings.Get(Cdae.Latent));
        if (Users is not null && Users.Count != weights.V.Rows)
            throw new InputException($"the model: found the ids of {Users.Count} users; expected {weights.V.Rows}");
    }

    public override int CodeLength => weights.W.Columns;

    protected override IReadOnlyList<NamedTensor> Tensors => weights.Named;

    protected override Ranker NewRanker(Compute c) => new CdaeRanker(c, weights, Settings, Users);

    protected override void Similarities(Compute c, int item, Span<float> scores) =>
        Cosines(c, new NamedTensor("decoder.weight", weights.W2), item, scores);

    protected override void Free() => weights.Dispose();
}
