using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>
/// Scores at random, uniform in [0, 1): what a measure says of no knowledge at all. A user's scores follow from the
/// seed and the items of their history, so the same question has the same answer in any batch, on any machine.
/// </summary>
public static class RandomItems
{
    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "random",
        Title = "Random",
        Summary = "Items at random, the same ones for the same history: the least that a model must beat.",
        Citation = "the floor of every measure",
        Settings = [GradientFit.Seed],
        Fit = (data, settings, device) => new RandomFit(data, settings, device),
        Load = (data, device) => new RandomRecommender(data, device),
    };
}

internal sealed class RandomFit(FitData data, Settings settings, Device device) : ClosedFormFit(data, settings, device)
{
    public override IReadOnlyList<NamedTensor> Model => [];

    protected override void Solve(IProgress<double>? progress, CancellationToken cancellationToken) { }

    protected override Ranker NewRanker() => RandomScorer.NewRanker(Compute, Data.Items.Count, Settings);
}

internal sealed class RandomRecommender : Recommender
{
    public RandomRecommender(ModelData data, Device device) : base(data, device) => data.CheckAllTaken();

    protected override IReadOnlyList<NamedTensor> Tensors => [];

    protected override Ranker NewRanker(Compute c) => RandomScorer.NewRanker(c, ItemCount, Settings);

    protected override void Free() { }
}

/// <summary>Philox's words for a history and an item.</summary>
internal sealed class RandomScorer(ulong seed) : RowScorer
{
    private const int Words = 4;

    public static Ranker NewRanker(Compute c, int items, Settings settings) =>
        new RowRanker(c, items, () => new RandomScorer(settings.Get(GradientFit.Seed)));

    public override void Score(Histories users, int row, Span<double> scores)
    {
        // A history becomes a key by going through Philox, an item at a time.
        ulong key = seed;
        foreach (int item in users.Clicks.ItemsOf(row))
        {
            (uint low, uint high, _, _) = new RandomStream(key, RandomPurpose.Shuffle, 0).Block((uint)item, 0);
            key = (ulong)high << 32 | low;
        }
        var stream = new RandomStream(key, RandomPurpose.Noise, 0);
        for (int item = 0; item < scores.Length; item += Words)
        {
            (uint w0, uint w1, uint w2, uint w3) = stream.Block(0, (uint)(item / Words));
            ReadOnlySpan<uint> words = [w0, w1, w2, w3];
            // 24 bits: float holds each of them exactly.
            for (int i = item; i < Math.Min(item + Words, scores.Length); i++)
                scores[i] = (words[i - item] >> 8) * (1.0 / (1 << 24));
        }
    }
}
