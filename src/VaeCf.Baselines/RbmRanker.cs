using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>
/// Predicts ratings by mean field: the probabilities p of the hidden units given the ratings, then the mean of the
/// values under softmax(a + p W').
/// </summary>
internal sealed class RatingRbmRanker : ScoreRanker
{
    // Probabilities of values that exist at once, unless one user has more: 16 MiB.
    private const int MostValues = 1 << 22;

    private readonly Compute c;
    private readonly RbmWeights weights;
    private readonly RatingUnits units;
    private readonly ClickBatch batch;
    private readonly Tensor values, x, p, f, dense, means;

    public RatingRbmRanker(Compute c, RbmWeights weights, Tensor values, RatingUnits units)
        : base(c, weights.W.Rows / units.Values.Count)
    {
        (this.c, this.weights, this.values, this.units) = (c, weights, values, units);
        (batch, x, f, means) = (c.AllocateBatch(), c.Allocate(0, 1), c.Allocate(0, 1), c.Allocate(0, 1));
        (p, dense) = (c.Allocate(0, weights.B.Columns), c.Allocate(0, weights.W.Rows));
    }

    private Tensor Hidden(Histories users, ReadOnlySpan<int> rows)
    {
        units.Load(c, users.Clicks, rows, batch, chosenOnly: true);
        c.ClickDropout(default, 1, batch, x);
        weights.Hidden(c, batch, x, p);
        return p;
    }

    protected override void Score(Histories users, ReadOnlySpan<int> rows, ClickBatch ratings, Tensor scores)
    {
        Tensor hidden = Hidden(users, rows);
        scores.Resize(rows.Length);
        int most = Math.Max(1, MostValues / weights.W.Rows);
        for (int first = 0, count; first < rows.Length; first += count)
        {
            count = Math.Min(most, rows.Length - first);
            c.Gemm(Transpose.B, hidden.Slice(first, count), weights.W, dense);
            c.AddBias(weights.A, dense);
            c.Softmax(units.Values.Count, dense);                 // p(v = k | p)
            c.Expectation(values, dense, scores.Slice(first, count));
        }
    }

    public override void Predict(Histories users, ReadOnlySpan<int> rows, ClickMatrix pairs, Span<float> ratings)
    {
        Tensor hidden = Hidden(users, rows);
        units.Load(c, pairs, rows, batch);
        c.SampledGemm(batch, hidden, weights.W, f);
        c.AddSparseBias(batch, weights.A, f);
        c.Softmax(units.Values.Count, f);
        means.Resize(ratings.Length);
        c.Expectation(values, f, means);
        c.Read(means, ratings);
    }

    public override void Encode(Histories users, ReadOnlySpan<int> rows, Span<float> codes) =>
        c.Read(Hidden(users, rows), codes);

    public override void Dispose()
    {
        foreach (IDisposable one in (IDisposable[])[batch, x, p, f, dense, means])
            one.Dispose();
        base.Dispose();
    }
}

internal sealed class RatingRbmRecommender : Recommender
{
    private readonly RbmWeights weights;
    private readonly Tensor values;
    private readonly RatingUnits units;

    public RatingRbmRecommender(ModelData data, Device device) : base(data, device)
    {
        values = data.Take(Compute, "values", data.ShapeOf("values")[^1]);
        var numbers = new float[values.Length];
        Compute.Read(values, numbers);
        units = new RatingUnits(numbers);
        weights = RbmWeights.Take(data, Compute, checked(ItemCount * numbers.Length));
        data.CheckAllTaken();
    }

    public override int CodeLength => weights.B.Columns;

    protected override IReadOnlyList<NamedTensor> Tensors =>
        [.. weights.Named, new("values", values, IsVector: true)];

    protected override Ranker NewRanker(Compute c) => new RatingRbmRanker(c, weights, values, units);

    protected override void Free()
    {
        weights.Dispose();
        values.Dispose();
    }
}

/// <summary>
/// Ranks by a + p W', the logits of the visible units given the probabilities p of the hidden ones. It reads that
/// something was clicked, not how often.
/// </summary>
internal sealed class ClickRbmRanker(Compute c, RbmWeights weights) : Ranker
{
    private readonly ClickBatch batch = c.AllocateBatch();
    private readonly Tensor x = c.Allocate(0, 1), p = c.Allocate(0, weights.B.Columns);

    public override int ItemCount => weights.W.Rows;

    private Tensor Hidden(Histories users, ReadOnlySpan<int> rows)
    {
        c.Load(users.Clicks.WithoutValues(), rows, batch);
        c.ClickDropout(default, 1, batch, x);
        weights.Hidden(c, batch, x, p);
        return p;
    }

    public override void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items,
        Span<float> scores)
    {
        Tensor hidden = Hidden(users, rows);
        c.Rank(batch, hidden, weights.W, weights.A, k, filter, items, scores);
    }

    public override void ScoreAll(Histories users, ReadOnlySpan<int> rows, Span<float> scores)
    {
        using Tensor f = c.Allocate(rows.Length, ItemCount);
        c.Gemm(Transpose.B, Hidden(users, rows), weights.W, f);
        c.AddBias(weights.A, f);
        c.Read(f, scores);
    }

    public override void Encode(Histories users, ReadOnlySpan<int> rows, Span<float> codes) =>
        c.Read(Hidden(users, rows), codes);

    public override void Dispose()
    {
        foreach (IDisposable one in (IDisposable[])[batch, x, p])
            one.Dispose();
        base.Dispose();
    }
}

internal sealed class ClickRbmRecommender : Recommender
{
    private readonly RbmWeights weights;

    public ClickRbmRecommender(ModelData data, Device device) : base(data, device)
    {
        weights = RbmWeights.Take(data, Compute, ItemCount);
        data.CheckAllTaken();
    }

    public override int CodeLength => weights.B.Columns;

    protected override IReadOnlyList<NamedTensor> Tensors => weights.Named;

    protected override Ranker NewRanker(Compute c) => new ClickRbmRanker(c, weights);

    protected override void Similarities(Compute c, int item, Span<float> scores) =>
        Cosines(c, weights.Named[0], item, scores);

    protected override void Free() => weights.Dispose();
}
