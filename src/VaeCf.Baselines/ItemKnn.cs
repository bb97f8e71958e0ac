using VaeCf.Kernels;
using VaeCf.Native;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>
/// Item kNN: each item keeps the k items most similar to it; a user's score of item j is the sum of the similarities
/// that j keeps of the items in the user's history, times their counts. It is not divided by the sum of the
/// similarities, which would favour rare items.
/// </summary>
public static class ItemKnn
{
    /// <summary>The measure of how similar two items are; the cosine by default.</summary>
    public static readonly Setting<ItemSimilarity> Similarity =
        Setting.Choice("similarity", "How the similarity of two items follows from the users who clicked both.",
            ItemSimilarity.Cosine);

    /// <summary>Number of neighbours that each item keeps; 200 by default.</summary>
    public static readonly Setting<int> Neighbours = Setting.Integer("neighbours",
        "Neighbours that are kept; among equally similar ones, those of lower index.", 200, least: 1);

    /// <summary>A number added to the denominator of the similarity; 0 by default.</summary>
    public static readonly Setting<double> Shrink = Setting.Number("shrink",
        "Added to the similarity's denominator, so that those with few clicks count as less similar.", 0);

    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "itemknn",
        Title = "Item kNN",
        Summary = "Scores by the similarity of items that the same users clicked.",
        Citation = "Sarwar, Karypis, Konstan, Riedl 2001, Item-based collaborative filtering recommendation algorithms",
        Settings = [Similarity, Neighbours, Shrink],
        Grid = [Neighbours.Over(20, 50, 100, 200, 500), Shrink.Over(0, 10, 50)],
        Fit = (data, settings, device) =>
        {
            int kept = Math.Min(settings.Get(Neighbours), data.Items.Count);
            // To rank by, both are read and sorted by neighbour: three of each.
            device.ExpectRoom($"item kNN's {kept:N0} neighbours of {data.Items.Count:N0} items",
                (long)data.Items.Count * kept, 6);
            return new ItemKnnFit(data, settings, device);
        },
        Load = (data, device) => new ItemKnnRecommender(data, device),
    };

    /// <summary>For each item, the items that keep it, ascending, and their similarities.</summary>
    internal static SparseWeights ByNeighbour(Compute c, Tensor neighbours, Tensor similarities)
    {
        int kept = neighbours.Columns;
        float[] nearest = new float[neighbours.Length], likeness = new float[neighbours.Length];
        c.Read(neighbours, nearest.AsSpan());
        c.Read(similarities, likeness.AsSpan());
        var starts = new int[neighbours.Rows + 1];
        foreach (float item in nearest)
            if (item >= 0)
                starts[(int)item + 1]++;
        for (int item = 0; item < neighbours.Rows; item++)
            starts[item + 1] += starts[item];
        int[] next = starts[..^1], targets = new int[starts[^1]];
        var weights = new float[starts[^1]];
        for (int n = 0; n < nearest.Length; n++)
            if (nearest[n] >= 0)
            {
                int at = next[(int)nearest[n]]++;
                (targets[at], weights[at]) = (n / kept, likeness[n]);
            }
        return new SparseWeights(starts, targets, weights);
    }
}

/// <summary>One column of G = X'X at a time, from the users of its item, and the k most similar of it.</summary>
internal sealed class ItemKnnFit(FitData data, Settings settings, Device device) : ClosedFormFit(data, settings, device)
{
    private readonly int kept = Math.Min(settings.Get(ItemKnn.Neighbours), data.Items.Count);
    private Tensor? neighbours, similarities;

    // [I, k]: the items that each item keeps, -1 where it has fewer, and how similar they are. float32 holds every
    // index below 2^24.
    private Tensor NeighbourItems => neighbours ??= Compute.Allocate(Data.Items.Count, kept);

    private Tensor Similarities => similarities ??= Compute.Allocate(Data.Items.Count, kept);

    public override IReadOnlyList<NamedTensor> Model =>
        [new("neighbours", NeighbourItems), new("similarities", Similarities)];

    protected override void Solve(IProgress<double>? progress, CancellationToken cancellationToken)
    {
        using ClickBatch all = Compute.AllocateBatch();
        Compute.Load(Data.Clicks, [.. Enumerable.Range(0, Data.Clicks.UserCount)], all);
        Compute.Neighbours(all, Settings.Get(ItemKnn.Similarity), Settings.Get(ItemKnn.Shrink), NeighbourItems,
            Similarities, progress, cancellationToken);
    }

    protected override Ranker NewRanker() =>
        new SparseRanker(Compute, ItemKnn.ByNeighbour(Compute, NeighbourItems, Similarities));
}

internal class ItemKnnRecommender : Recommender
{
    private readonly SparseWeights weights;

    public ItemKnnRecommender(ModelData data, Device device) : base(data, device)
    {
        int kept = Math.Min(Settings.Get(ItemKnn.Neighbours), ItemCount);
        Neighbours = data.Take(Compute, "neighbours", ItemCount, kept);
        Likeness = data.Take(Compute, "similarities", ItemCount, kept);
        data.CheckAllTaken();
        CheckNeighbours();
        weights = ItemKnn.ByNeighbour(Compute, Neighbours, Likeness);
    }

    /// <summary>[I, k]: the items that each item keeps, -1 where it has fewer.</summary>
    protected Tensor Neighbours { get; }

    /// <summary>[I, k]: how similar they are.</summary>
    protected Tensor Likeness { get; }

    private void CheckNeighbours()
    {
        var items = new double[Neighbours.Length];
        Compute.Read(Neighbours, items.AsSpan());
        // The last target that keeps each item, from 1.
        var lastTarget = new int[ItemCount];
        for (int n = 0; n < items.Length; n++)
        {
            if (items[n] < -1 || items[n] >= ItemCount || items[n] != Math.Floor(items[n]))
                throw new InputException($"the model: found {items[n]} in tensor 'neighbours'; expected items from 0 "
                    + $"to {ItemCount - 1}, or -1");
            int target = n / Neighbours.Columns + 1;
            if (items[n] >= 0 && lastTarget[(int)items[n]] == target)
                throw new InputException($"the model: found {items[n]} twice in row {target - 1} of tensor "
                    + "'neighbours'; expected each item once");
            if (items[n] >= 0)
                lastTarget[(int)items[n]] = target;
        }
    }

    protected override IReadOnlyList<NamedTensor> Tensors =>
        [new("neighbours", Neighbours), new("similarities", Likeness)];

    protected override Ranker NewRanker(Compute c) => new SparseRanker(c, weights);

    // Those that the item keeps.
    protected override void Similarities(Compute c, int item, Span<float> scores)
    {
        float[] items = new float[Neighbours.Columns], values = new float[Neighbours.Columns];
        c.Read(Neighbours.Slice(item, 1), items);
        c.Read(Likeness.Slice(item, 1), values);
        for (int n = 0; n < items.Length && items[n] >= 0; n++)
            scores[(int)items[n]] = values[n];
    }

    protected override void Free()
    {
        Neighbours.Dispose();
        Likeness.Dispose();
    }
}
