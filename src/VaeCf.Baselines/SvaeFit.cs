using VaeCf.Kernels;
using VaeCf.Kernels.Common;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

internal sealed class SvaeFit : GradientFit
{
    private readonly SvaeWeights weights;
    private readonly SvaeNetwork network;
    private readonly Optimizer adam;
    private readonly SvaeTargets targets;
    private readonly SequenceBatch sequences;
    private readonly Tensor epsilon;
    private readonly ClickMatrix histories;
    private readonly double cap, annealSteps;

    public SvaeFit(FitData data, Settings settings, Device device) : this(data, Longer(data), settings, device) { }

    private SvaeFit(FitData data, ClickMatrix histories, Settings settings, Device device)
        : base(NetworkFit.Clicked(data), settings, device, histories)
    {
        this.histories = histories;
        cap = Settings.Get(Autoencoders.BetaCap);
        annealSteps = Settings.Get(Autoencoders.AnnealSteps) ?? (cap == 0 ? 0 : Steps / 2.0 / cap);
        try
        {
            weights = SvaeWeights.Allocate(Compute, Svae.Shape(Settings, data.Items.Count));
            Draw();
            network = new SvaeNetwork(Compute, weights);
            adam = new Optimizer(Compute, weights.Named, Settings.Get(Autoencoders.LearningRate));
            targets = new SvaeTargets(Compute, data.Items.Count);
            sequences = new SequenceBatch(Compute, data.Items.Count);
            epsilon = Compute.Allocate(0, Settings.Get(Svae.Latent));
            Ranker = new SvaeRanker(Compute, weights);
        }
        catch
        {
            base.Dispose();
            throw;
        }
    }

    // The users with two items, if there are any: of others nothing comes next.
    private static ClickMatrix Longer(FitData data)
    {
        ClickMatrix all = data.Clicks;
        var rows = new List<int>();
        for (int user = 0; user < all.UserCount; user++)
            if (all.CountOf(user) > 1)
                rows.Add(user);
        if (rows.Count == 0 || rows.Count == all.UserCount)
            return all.WithoutValues();
        long end = 0;
        return new ClickMatrix(all.ItemCount, [0, .. rows.Select(user => end += all.CountOf(user))],
            [.. rows.SelectMany(user => all.ItemsOf(user).ToArray())],
            inOrder: all.HasOrder ? [.. rows.SelectMany(user => all.InOrder(user).ToArray())] : null);
    }

    // As the authors' program: N(0, 1) for vectors of items, uniform in ±1/sqrt(H) for the recurrent unit, and Glorot
    // and Bengio's normal for other weights; other biases start at 0.
    private void Draw()
    {
        var stream = new RandomStream(Settings.Get(Seed), RandomPurpose.Weights, 0);
        uint number = 0;
        foreach ((string name, Tensor tensor, bool isVector) in weights.Named)
        {
            if (tensor == weights.Embedding)
                Drawing.Normal(Compute, tensor, stream, number, 1);
            else if (name.StartsWith("gru.", StringComparison.Ordinal))
                Drawing.Uniform(Compute, tensor, stream, number, 1 / Math.Sqrt(weights.V.Rows));
            else if (!isVector)
                Drawing.Normal(Compute, tensor, stream, number, Math.Sqrt(2.0 / (tensor.Rows + tensor.Columns)));
            number++;
        }
    }

    public override Ranker Ranker { get; }

    public override IReadOnlyList<NamedTensor> Model => weights.Named;

    public override IReadOnlyList<NamedTensor> State => adam.State;

    // beta rises until then.
    public override long WarmUpEnd => (long)Math.Min(int.MaxValue, Math.Ceiling(cap * annealSteps * Epochs / Steps));

    protected override IReadOnlyList<Measure> Update(ClickBatch batch)
    {
        int[] users = BatchUsers.ToArray();
        int[][] items = [.. users.Select(user => histories.InOrder(user).ToArray())];
        if (items.All(history => history.Length < 2))
            return [new("loss", 0)];
        sequences.Load([.. items.Select(history => history[..^1])]);
        targets.Load(sequences, items, Settings.Get(Svae.Loss), Settings.Get(Svae.Next));
        DrawNoise(users, items);
        double beta = annealSteps == 0 ? cap : Math.Min(cap, Position.Step / annealSteps),
            decay = Settings.Get(Svae.WeightDecay),
            l2 = decay == 0 ? 0 : decay / 2 * weights.Named.Sum(tensor => Compute.SquaredNorm(tensor.Value));
        adam.Step = Position.Step + 1;
        double[] losses = network.Train(sequences, targets.Items, targets.Weights, targets.KlWeights, epsilon, beta,
            Settings.Get(Svae.Deviation), adam, decay);
        double kl = targets.KlOf(network.Kl) / users.Length, reconstruction = losses.Sum() / users.Length;
        return [new("loss", reconstruction + beta * kl + l2), new("reconstruction", reconstruction), new("kl", kl),
            new("beta", beta)];
    }

    // The noise of a step belongs to the click that it reads.
    private void DrawNoise(int[] users, int[][] items)
    {
        var clicks = new int[sequences.Rows];
        for (int s = 0; s < users.Length; s++)
            for (int t = 0; t < items[s].Length - 1; t++)
                clicks[sequences.RowOf(s, t)] = unchecked((int)(histories.RowStarts[users[s]] + t));
        var noise = new float[clicks.Length * epsilon.Columns];
        Normal.Cpu.Fill(Compute is CpuCompute cpu ? cpu.Workers : Workers.One,
            new RandomStream(Settings.Get(Seed), RandomPurpose.Noise, (ulong)Position.Step), clicks, epsilon.Columns,
            noise);
        epsilon.Resize(clicks.Length);
        Compute.Write(noise, epsilon);
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (IDisposable one in (IDisposable[])[Ranker, network, adam, targets, sequences, epsilon, weights])
            one.Dispose();
    }
}

/// <summary>What the steps of a batch of sequences are to predict, and what each counts.</summary>
internal sealed class SvaeTargets(Compute c, int itemCount) : IDisposable
{
    private double[] klWeights = [];

    /// <summary>Of each row the items that come next.</summary>
    public ClickBatch Items { get; } = c.AllocateBatch();

    /// <summary>What each of them weighs, [number of targets, 1].</summary>
    public Tensor Weights { get; } = c.Allocate(0, 1);

    /// <summary>What the KL of each row weighs, [N, 1].</summary>
    public Tensor KlWeights { get; } = c.Allocate(0, 1);

    /// <summary>Those of sequences.</summary>
    /// <param name="batch">The sequences: the histories without their last item.</param>
    /// <param name="histories">The histories.</param>
    /// <param name="form">How steps are weighed.</param>
    /// <param name="next">How many items that come next are a step's target.</param>
    public void Load(SequenceBatch batch, IReadOnlyList<int[]> histories, SequenceLoss form, int next)
    {
        var targets = new int[batch.Rows][];
        var weights = new double[batch.Rows];
        klWeights = new double[batch.Rows];
        for (int s = 0; s < histories.Count; s++)
        {
            int[] history = histories[s];
            (double target, double kl) = Svae.Weights(form, next, history.Length - 1);
            for (int t = 0; t < history.Length - 1; t++)
            {
                int row = batch.RowOf(s, t);
                targets[row] = history[(t + 1)..Math.Min(history.Length, t + 1 + next)];
                Array.Sort(targets[row]);
                (weights[row], klWeights[row]) = (target, kl);
            }
        }
        long end = 0;
        c.Load(new ClickMatrix(itemCount, [0, .. targets.Select(items => end += items.Length)],
            [.. targets.SelectMany(items => items)]), [.. Enumerable.Range(0, targets.Length)], Items);
        Weights.Resize((int)end);
        c.Write([.. targets.SelectMany((items, row) => Enumerable.Repeat(weights[row], items.Length))], Weights);
        KlWeights.Resize(klWeights.Length);
        c.Write(klWeights, KlWeights);
    }

    /// <summary>The weighted sum of the rows' KL.</summary>
    public double KlOf(Tensor kl)
    {
        var values = new double[kl.Rows];
        c.Read(kl, values);
        return values.Zip(klWeights, (value, weight) => value * weight).Sum();
    }

    public void Dispose()
    {
        foreach (IDisposable one in (IDisposable[])[Items, Weights, KlWeights])
            one.Dispose();
    }
}
