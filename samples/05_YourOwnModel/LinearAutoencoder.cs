using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

/// <summary>
/// A model that the library lacks: a linear autoencoder of low rank. A user's clicks x become a short code, and the
/// code becomes a score for every item:
///
///     x~ = x / ||x||        h = x~ A        f = h B^T + b        loss = -sum_i x_i log softmax(f)_i
///
/// A [I, H] and B [I, H] hold a row for each item, b [1, I] how popular it is; H, the rank, is much smaller than I.
/// </summary>
public static class LinearAutoencoder
{
    // A setting of its own, declared once: its range is checked wherever it is set, and files keep its value.
    public static readonly Setting<int> Rank = Setting.Integer("rank", "Width of a user's code, H.", 64, least: 1);

    // What the model says of itself. The other settings are the library's, some with defaults that suit this model.
    public static ModelType Type { get; } = new()
    {
        Name = "linear",
        Title = "Linear autoencoder",
        Summary = "A code of low rank for each user, and no layer in between.",
        Citation = "samples/05_YourOwnModel",
        Settings =
        [
            Rank, Autoencoders.KeepProbability, Autoencoders.LearningRate.WithDefault(0.01), GradientFit.EpochCount,
            GradientFit.BatchSize.WithDefault(100), FitRun.ValidateEvery, FitRun.Patience, GradientFit.Seed,
        ],
        Fit = (data, settings, device) => new LinearFit(data, settings, device),
        Load = (data, device) => new LinearRecommender(data, device),
    };
}

/// <summary>The weights.</summary>
sealed record Weights(Tensor A, Tensor B, Tensor Bias) : IDisposable
{
    // Zeros, on a device.
    public static Weights Allocate(Compute c, int items, int rank) =>
        new(c.Allocate(items, rank), c.Allocate(items, rank), c.Allocate(1, items));

    // As the model's file names them.
    public IReadOnlyList<NamedTensor> Named => [new("a", A), new("b", B), new("bias", Bias, IsVector: true)];

    public void Dispose()
    {
        foreach (NamedTensor tensor in Named)
            tensor.Value.Dispose();
    }
}

/// <summary>Training: <see cref="GradientFit"/> draws the batches, and this makes an update of each.</summary>
sealed class LinearFit : GradientFit
{
    private readonly Weights weights, m, v;         // m and v are Adam's moments
    private readonly Tensor x, h, dH, losses;

    public LinearFit(FitData data, Settings settings, Device device) : base(data, settings, device)
    {
        int items = data.Items.Count, rank = Settings.Get(LinearAutoencoder.Rank);
        weights = Weights.Allocate(Compute, items, rank);
        (m, v) = (Weights.Allocate(Compute, items, rank), Weights.Allocate(Compute, items, rank));
        // Rows follow the batch: x has one for each click, the others one for each user.
        (x, losses) = (Compute.Allocate(0, 1), Compute.Allocate(0, 1));
        (h, dH) = (Compute.Allocate(0, rank), Compute.Allocate(0, rank));
        Draw(weights.A, stream: 0);
        Draw(weights.B, stream: 1);
        Ranker = new LinearRanker(Compute, weights);
    }

    // One update: forward to the loss, then back to the first weights.
    protected override IReadOnlyList<Measure> Update(ClickBatch batch)
    {
        var dropout = new RandomStream(Settings.Get(Seed), RandomPurpose.Dropout, (ulong)Position.Step);
        var loss = new OutputLoss(Likelihood.Multinomial, Scale: 1.0 / batch.UserCount);

        Compute.NormalizeRowsDropout(dropout, Settings.Get(Autoencoders.KeepProbability), batch, x); // x~
        Compute.SparseGemm(batch, x, weights.A, h);                                                  // h = x~ A
        // f = h B^T + b, its loss, df, dh = df B, and Adam's updates of B and b: one operation, for f and dB are large.
        Compute.TrainOutputLayer(batch, h, loss, Adam(w => w.B), Adam(w => w.Bias), losses, dH);
        Compute.SparseGemmUpdate(batch, x, dH, Adam(w => w.A));                                      // dA = x~^T dh

        var values = new double[batch.UserCount];
        Compute.Read(losses, values);
        return [new Measure("loss", values.Average())];
    }

    // A step of Adam on one of the weights, for the operation that makes it.
    private AdamUpdate Adam(Func<Weights, Tensor> of) => new(new AdamStep(Settings.Get(Autoencoders.LearningRate),
        Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, T: Position.Step + 1, WeightDecay: 0), of(weights), of(m), of(v));

    // Small and different from each other; the same seed gives the same numbers.
    private void Draw(Tensor tensor, uint stream)
    {
        var random = new RandomSequence(new RandomStream(Settings.Get(Seed), RandomPurpose.Weights, 0), stream);
        var values = new double[tensor.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = random.NextNormal() / Math.Sqrt(tensor.Rows);
        Compute.Write(values, tensor);
    }

    public override Ranker Ranker { get; }                                  // validates after each epoch

    public override IReadOnlyList<NamedTensor> Model => weights.Named;      // what the file holds

    // What a checkpoint also holds.
    public override IReadOnlyList<NamedTensor> State =>
    [
        .. m.Named.Select(tensor => tensor with { Name = $"m.{tensor.Name}" }),
        .. v.Named.Select(tensor => tensor with { Name = $"v.{tensor.Name}" }),
    ];

    // A model trained earlier: the weights of the items that both models know are taken over, matched by id.
    public override WarmStart StartFrom(Recommender from)
    {
        if (from.Settings.Type != Settings.Type
            || from.Settings.Get(LinearAutoencoder.Rank) != Settings.Get(LinearAutoencoder.Rank))
            throw new ArgumentException($"the model to start from is {from.Settings}; expected {Settings}",
                nameof(from));
        int[] old = [.. Enumerable.Range(0, Data.Items.Count).Select(item => from.Items.IndexOf(Data.Items[item]))];
        foreach ((NamedTensor own, SavedTensor theirs) in Model.Zip(from.CopyTensors()))
        {
            int width = theirs.Values.Length / from.ItemCount;      // numbers for each item
            var values = new float[own.Value.Length];
            Compute.Read(own.Value, values);
            for (int item = 0; item < old.Length; item++)
                if (old[item] >= 0)
                    theirs.Values.AsSpan(old[item] * width, width).CopyTo(values.AsSpan(item * width));
            Compute.Write(values, own.Value);
        }
        int shared = old.Count(item => item >= 0);
        return new WarmStart(shared, old.Length - shared, from.ItemCount - shared);
    }

    public override void Dispose()
    {
        base.Dispose();                                             // first: it waits for a step that runs
        Ranker.Dispose();
        foreach (IDisposable owned in (IDisposable[])[weights, m, v, x, h, dH, losses])
            owned.Dispose();
    }
}

/// <summary>The trained model: it takes its tensors from the data it is loaded from, by name and shape.</summary>
sealed class LinearRecommender : Recommender
{
    private readonly Weights weights;

    public LinearRecommender(ModelData data, Device device) : base(data, device)
    {
        int items = data.Items.Count, rank = data.Settings.Get(LinearAutoencoder.Rank);
        weights = new Weights(data.Take(Compute, "a", items, rank), data.Take(Compute, "b", items, rank),
            data.Take(Compute, "bias", items));
        data.CheckAllTaken();
    }

    protected override IReadOnlyList<NamedTensor> Tensors => weights.Named;

    protected override Ranker NewRanker(Compute c) => new LinearRanker(c, weights);

    // Items are similar if their rows of B point the same way. Without this, `Similar` says that the model lacks it.
    protected override void Similarities(Compute c, int item, Span<float> scores) =>
        Cosines(c, weights.Named[1], item, scores);

    protected override void Free() => weights.Dispose();
}

/// <summary>Ranks for one caller at a time: batch, x~ and h are its own, and the weights are only read.</summary>
sealed class LinearRanker(Compute c, Weights weights) : Ranker
{
    private readonly ClickBatch batch = c.AllocateBatch();
    private readonly Tensor x = c.Allocate(0, 1), h = c.Allocate(0, weights.A.Columns);

    public override int ItemCount => weights.A.Rows;

    public override void Rank(
        Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items, Span<float> scores)
    {
        c.Load(users.Clicks, rows, batch);
        c.NormalizeRows(batch, x);                                                          // x~, without dropout
        c.SparseGemm(batch, x, weights.A, h);                                               // h = x~ A
        c.Rank(batch, h, weights.B, weights.Bias, k, filter, items, scores);                // the best of f = h B^T + b
    }

    public override void Dispose()
    {
        batch.Dispose();
        x.Dispose();
        h.Dispose();
        base.Dispose();
    }
}
