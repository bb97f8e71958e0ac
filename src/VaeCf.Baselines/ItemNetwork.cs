using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>A network from a user's clicks to a logit for every item.</summary>
/// <param name="Widths">Widths of its hidden layers, at least one.</param>
/// <param name="Activation">Of the hidden layers.</param>
/// <param name="Normalizes">Whether a user's clicks are divided by their Euclidean norm.</param>
internal sealed record NetworkShape(IReadOnlyList<int> Widths, Activation Activation, bool Normalizes)
{
    /// <summary>The hidden layer whose units are a user's code: the narrowest, the last of several.</summary>
    public int CodeLayer { get; } =
        Enumerable.Range(0, Widths.Count).OrderBy(l => Widths[l]).ThenByDescending(l => l).First();
}

/// <summary>
/// The weights of a network: of each hidden layer W [in, out] and b, of the output layer W [I, in], a row for each
/// item, and b. Layer l is <c>layer.L.weight</c> and <c>layer.L.bias</c>.
/// </summary>
internal sealed class NetworkWeights : IDisposable
{
    private NetworkWeights(IReadOnlyList<int> widths, int items, Func<string, int, int, bool, Tensor> allocate)
    {
        for (int l = 0; l <= widths.Count; l++)
        {
            int inputs = l == 0 ? items : widths[l - 1], outputs = l == widths.Count ? items : widths[l];
            (int rows, int columns) = l == widths.Count ? (outputs, inputs) : (inputs, outputs);
            Weights.Add(allocate($"layer.{l}.weight", rows, columns, false));
            Biases.Add(allocate($"layer.{l}.bias", 1, outputs, true));
        }
    }

    /// <summary>Zeros.</summary>
    public static NetworkWeights Allocate(Compute c, IReadOnlyList<int> widths, int items) =>
        new(widths, items, (_, rows, columns, _) => c.Allocate(rows, columns));

    /// <summary>Those of a model's data, which must hold nothing else.</summary>
    public static NetworkWeights Take(ModelData data, Compute c, IReadOnlyList<int> widths)
    {
        var taken = new NetworkWeights(widths, data.Items.Count, (name, rows, columns, isVector) =>
            isVector ? data.Take(c, name, columns) : data.Take(c, name, rows, columns));
        data.CheckAllTaken();
        return taken;
    }

    /// <summary>Of each layer, the output layer last.</summary>
    public List<Tensor> Weights { get; } = [];

    /// <inheritdoc cref="Weights"/>
    public List<Tensor> Biases { get; } = [];

    public IReadOnlyList<NamedTensor> Named => [.. Enumerable.Range(0, Weights.Count).SelectMany(l => (NamedTensor[])
        [new($"layer.{l}.weight", Weights[l]), new($"layer.{l}.bias", Biases[l], IsVector: true)])];

    /// <summary>
    /// Draws the weights, uniform in ±sqrt(6 / inputs) for rectified units (He and others 2015), else in ±sqrt(6 /
    /// (inputs + outputs)) (Glorot and Bengio 2010); the biases stay 0.
    /// </summary>
    public void Draw(Compute c, ulong seed, Activation activation)
    {
        for (int l = 0; l < Weights.Count; l++)
        {
            (int inputs, int outputs) = l == Weights.Count - 1 ? (Weights[l].Columns, Weights[l].Rows)
                : (Weights[l].Rows, Weights[l].Columns);
            Drawing.Uniform(c, Weights[l], new RandomStream(seed, RandomPurpose.Weights, 0), (uint)l,
                Math.Sqrt(6.0 / (activation == Activation.Relu ? inputs : inputs + outputs)));
        }
    }

    public void Dispose()
    {
        foreach (Tensor tensor in Weights.Concat(Biases))
            tensor.Dispose();
    }
}

/// <summary>
/// The network at work: h_0 = a(x W + b), h_l = a(h_(l-1) W + b), logits f = h W' + b. It has the units of a batch and
/// their gradients; the weights are another's.
/// </summary>
internal sealed class ItemNetwork : IDisposable
{
    private readonly Compute c;
    private readonly NetworkWeights weights;
    private readonly NetworkShape shape;
    private readonly Tensor[] h, dH, dBias, dWeight;
    private readonly Tensor losses;

    public ItemNetwork(Compute c, NetworkWeights weights, NetworkShape shape)
    {
        (this.c, this.weights, this.shape) = (c, weights, shape);
        h = [.. shape.Widths.Select(width => c.Allocate(0, width))];
        dH = [.. shape.Widths.Select(width => c.Allocate(0, width))];
        dBias = [.. shape.Widths.Select(width => c.Allocate(1, width))];
        dWeight = [.. shape.Widths.Skip(1).Select(width => c.Allocate(0, width))];
        losses = c.Allocate(0, 1);
    }

    private Tensor OutputWeight => weights.Weights[^1];

    private Tensor OutputBias => weights.Biases[^1];

    /// <summary>The units of a hidden layer after <see cref="Forward"/>, [B, width].</summary>
    public Tensor Units(int layer) => h[layer];

    /// <summary>What the network reads of a batch's clicks when nothing is dropped, [N, 1].</summary>
    public void Read(ClickBatch clicks, Tensor x)
    {
        if (shape.Normalizes)
            c.NormalizeRows(clicks, x);                           // x~ = x / ||x||
        else
            c.ClickDropout(default, 1, clicks, x);                // x~ = x
    }

    /// <summary>The last hidden layer's units, [B, width].</summary>
    public Tensor Forward(ClickBatch inputs, Tensor x)
    {
        c.SparseGemm(inputs, x, weights.Weights[0], h[0]);        // y = x~ W
        for (int l = 0; l < h.Length; l++)
        {
            if (l > 0)
                c.Gemm(Transpose.None, h[l - 1], weights.Weights[l], h[l]); // y = h_(l-1) W
            c.AddBiasActivate(shape.Activation, weights.Biases[l], h[l]); // h_l = a(y + b)
        }
        return h[^1];
    }

    /// <summary>f [B, I], for the last hidden layer's units.</summary>
    public void Logits(Tensor units, Tensor f)
    {
        c.Gemm(Transpose.B, units, OutputWeight, f);              // f = h W'
        c.AddBias(OutputBias, f);                                 // f = h W' + b
    }

    /// <summary>An update of all weights.</summary>
    /// <param name="inputs">The clicks that are read.</param>
    /// <param name="x">What each of them counts, [N, 1].</param>
    /// <param name="targets">What the logits are compared with.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="optimizer">Adam.</param>
    /// <param name="decay">Strength of the L2 term, 1/2 decay sum W^2.</param>
    /// <returns>Each user's loss before it, without the L2 term.</returns>
    public double[] Train(ClickBatch inputs, Tensor x, ClickBatch targets, OutputLoss loss, Optimizer optimizer,
        double decay)
    {
        Tensor last = Forward(inputs, x);
        c.TrainOutputLayer(targets, last, loss, optimizer.Adam(OutputWeight, decay), optimizer.Adam(OutputBias, 0),
            losses, dH[^1]);                                      // df, dh = df W, updates by dW = df' h, db = sum df
        for (int l = h.Length - 1; l >= 0; l--)
        {
            Tensor weight = weights.Weights[l];
            c.ActivationGradient(shape.Activation, h[l], dH[l]);  // dy = dh_l a'
            c.BiasGradient(dH[l], dBias[l]);                      // db = sum over users of dy
            if (l == 0)
                optimizer.Update(inputs, x, dH[0], weight, decay); // dW = x~' dy, and the update by it
            else
            {
                dWeight[l - 1].Resize(weight.Rows);
                c.Gemm(Transpose.B, dH[l], weight, dH[l - 1]);    // dh_(l-1) = dy W'
                c.Gemm(Transpose.A, h[l - 1], dH[l], dWeight[l - 1]); // dW = h_(l-1)' dy
                optimizer.Update(dWeight[l - 1], weight, decay);
            }
            optimizer.Update(dBias[l], weights.Biases[l], 0);
        }
        var values = new double[losses.Rows];
        c.Read(losses, values);
        return values;
    }

    /// <summary>The k best items of each user by the logits.</summary>
    public void Rank(ClickBatch clicks, Tensor units, int k, RankFilter filter, Span<int> items, Span<float> scores) =>
        c.Rank(clicks, units, OutputWeight, OutputBias, k, filter, items, scores);

    public void Dispose()
    {
        foreach (Tensor tensor in (Tensor[])[.. h, .. dH, .. dBias, .. dWeight, losses])
            tensor.Dispose();
    }
}

/// <summary>Ranks by a network's logits. It reads that something was clicked, not how often.</summary>
internal sealed class NetworkRanker(Compute c, NetworkWeights weights, NetworkShape shape) : Ranker
{
    private readonly ItemNetwork network = new(c, weights, shape);
    private readonly ClickBatch batch = c.AllocateBatch();
    private readonly Tensor x = c.Allocate(0, 1);

    public override int ItemCount => weights.Weights[0].Rows;

    public override void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items,
        Span<float> scores) =>
        network.Rank(batch, Forward(users, rows), k, filter, items, scores);

    public override void ScoreAll(Histories users, ReadOnlySpan<int> rows, Span<float> scores)
    {
        using Tensor f = c.Allocate(rows.Length, ItemCount);
        network.Logits(Forward(users, rows), f);
        c.Read(f, scores);
    }

    public override void Encode(Histories users, ReadOnlySpan<int> rows, Span<float> codes)
    {
        Forward(users, rows);
        c.Read(network.Units(shape.CodeLayer), codes);
    }

    private Tensor Forward(Histories users, ReadOnlySpan<int> rows)
    {
        c.Load(users.Clicks.WithoutValues(), rows, batch);
        network.Read(batch, x);
        return network.Forward(batch, x);
    }

    public override void Dispose()
    {
        foreach (IDisposable one in (IDisposable[])[network, batch, x])
            one.Dispose();
        base.Dispose();
    }
}

internal sealed class NetworkRecommender : Recommender
{
    private readonly NetworkShape shape;
    private readonly NetworkWeights weights;

    public NetworkRecommender(ModelData data, Device device, NetworkShape shape) : base(data, device)
    {
        this.shape = shape;
        weights = NetworkWeights.Take(data, Compute, shape.Widths);
    }

    public override int CodeLength => shape.Widths[shape.CodeLayer];

    protected override IReadOnlyList<NamedTensor> Tensors => weights.Named;

    protected override Ranker NewRanker(Compute c) => new NetworkRanker(c, weights, shape);

    protected override void Similarities(Compute c, int item, Span<float> scores) =>
        Cosines(c, weights.Named[^2], item, scores);

    protected override void Free() => weights.Dispose();
}
