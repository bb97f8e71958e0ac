using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>How similar two items are, from the users who clicked both.</summary>
public enum ItemSimilarity
{
    /// <summary>G_ij / (sqrt(G_ii G_jj) + shrink), G = X'X.</summary>
    Cosine,
    /// <summary>G_ij / (G_ii + G_jj - G_ij + shrink).</summary>
    Jaccard,
}

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
        "Neighbours that each item keeps; among equally similar ones, those of lower index.", 200, least: 1);

    /// <summary>A number added to the denominator of the similarity; 0 by default.</summary>
    public static readonly Setting<double> Shrink = Setting.Number("shrink",
        "Added to the similarity's denominator, so that items with few users count as less similar.", 0);

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
            // While it is fitted, each list of neighbours and of similarities exists in double precision too.
            device.ExpectRoom($"item kNN's {kept:N0} neighbours of {data.Items.Count:N0} items",
                (long)data.Items.Count * kept, 6);
            return new ItemKnnFit(data, settings, device);
        },
        Load = (data, device) => new ItemKnnRecommender(data, device),
    };
}

/// <summary>One column of G = X'X at a time, from the users of its item, and the k most similar of it.</summary>
internal sealed class ItemKnnFit(FitData data, Settings settings, Device device) : ClosedFormFit(data, settings, device)
{
    private const int ItemsPerReport = 256;

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
        ClickMatrix clicks = Data.Clicks;
        int items = clicks.ItemCount;
        (int[] starts, int[] users, float[] counts) = ByItem(clicks);
        double[] squares = [.. Enumerable.Range(0, items)
            .Select(item => Square(counts.AsSpan(starts[item], starts[item + 1] - starts[item])))];
        double[] nearest = new double[(long)items * kept], likeness = new double[nearest.Length];
        for (int first = 0; first < items; first += ItemsPerReport)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Parallel.For(first, Math.Min(first + ItemsPerReport, items), () => new Column(items), (j, _, column) =>
            {
                for (int n = starts[j]; n < starts[j + 1]; n++)
                    column.Add(clicks, users[n], counts[n]);
                column.Keep(j, squares, Settings, nearest.AsSpan(j * kept, kept), likeness.AsSpan(j * kept, kept));
                return column;
            }, _ => { });
            progress?.Report((double)Math.Min(first + ItemsPerReport, items) / items);
        }
        Compute.Write(nearest, NeighbourItems);
        Compute.Write(likeness, Similarities);
    }

    protected override Ranker NewRanker() => new ItemKnnRanker(Compute, NeighbourItems, Similarities);

    private static double Square(ReadOnlySpan<float> counts)
    {
        double sum = 0;
        foreach (float count in counts)
            sum += (double)count * count;
        return sum;
    }

    // The users of each item, ascending, and their counts.
    private static (int[] Starts, int[] Users, float[] Counts) ByItem(ClickMatrix clicks)
    {
        var starts = new int[clicks.ItemCount + 1];
        foreach (int item in clicks.Items)
            starts[item + 1]++;
        for (int item = 0; item < clicks.ItemCount; item++)
            starts[item + 1] += starts[item];
        int[] next = starts[..^1], users = new int[clicks.ClickCount];
        var counts = new float[clicks.ClickCount];
        for (int user = 0; user < clicks.UserCount; user++)
            for (int n = 0; n < clicks.CountOf(user); n++)
            {
                int at = next[clicks.ItemsOf(user)[n]]++;
                (users[at], counts[at]) = (user, clicks.HasValues ? clicks.ValuesOf(user)[n] : 1);
            }
        return (starts, users, counts);
    }

    /// <summary>A column of G, of which only the items that were added are read.</summary>
    private sealed class Column(int items)
    {
        private readonly double[] together = new double[items];
        private readonly List<int> touched = [];

        /// <summary>Adds a user who clicked the column's item that often.</summary>
        public void Add(ClickMatrix clicks, int user, float count)
        {
            ReadOnlySpan<int> row = clicks.ItemsOf(user);
            ReadOnlySpan<float> values = clicks.ValuesOf(user);
            for (int n = 0; n < row.Length; n++)
            {
                if (together[row[n]] == 0)
                    touched.Add(row[n]);
                together[row[n]] += count * (values.IsEmpty ? 1.0 : values[n]);
            }
        }

        /// <summary>
        /// Writes the items most similar to the column's, the lower index first among equals, and clears the column.
        /// </summary>
        public void Keep(int j, double[] squares, Settings settings, Span<double> nearest, Span<double> likeness)
        {
            double shrink = settings.Get(ItemKnn.Shrink);
            bool cosine = settings.Get(ItemKnn.Similarity) == ItemSimilarity.Cosine;
            (double Similarity, int Item)[] found =
                [.. touched.Where(item => item != j).Select(item => (Of(item), item))];
            Array.Sort(found, (a, b) => a.Similarity != b.Similarity ? b.Similarity.CompareTo(a.Similarity)
                : a.Item.CompareTo(b.Item));
            nearest.Fill(-1);
            for (int n = 0; n < Math.Min(nearest.Length, found.Length); n++)
                (likeness[n], nearest[n]) = found[n];
            foreach (int item in touched)
                together[item] = 0;
            touched.Clear();

            double Of(int i) => cosine
                ? together[i] / (Math.Sqrt(squares[i] * squares[j]) + shrink)
                : together[i] / (squares[i] + squares[j] - together[i] + shrink);
        }
    }
}

internal sealed class ItemKnnRecommender : Recommender
{
    private readonly Tensor neighbours, similarities;

    public ItemKnnRecommender(ModelData data, Device device) : base(data, device)
    {
        int kept = Math.Min(Settings.Get(ItemKnn.Neighbours), ItemCount);
        neighbours = data.Take(Compute, "neighbours", ItemCount, kept);
        similarities = data.Take(Compute, "similarities", ItemCount, kept);
        data.CheckAllTaken();
        CheckNeighbours();
    }

    private void CheckNeighbours()
    {
        var items = new double[neighbours.Length];
        Compute.Read(neighbours, items.AsSpan());
        foreach (double item in items)
            if (item < -1 || item >= ItemCount || item != Math.Floor(item))
                throw new InputException(
                    $"the model: found {item} in tensor 'neighbours'; expected items from 0 to {ItemCount - 1}, or -1");
    }

    protected override IReadOnlyList<NamedTensor> Tensors =>
        [new("neighbours", neighbours), new("similarities", similarities)];

    protected override Ranker NewRanker(Compute c) => new ItemKnnRanker(c, neighbours, similarities);

    // Those that the item keeps.
    protected override void Similarities(Compute c, int item, Span<float> scores)
    {
        float[] items = new float[neighbours.Columns], values = new float[neighbours.Columns];
        c.Read(neighbours.Slice(item, 1), items);
        c.Read(similarities.Slice(item, 1), values);
        for (int n = 0; n < items.Length && items[n] >= 0; n++)
            scores[(int)items[n]] = values[n];
    }

    protected override void Free()
    {
        neighbours.Dispose();
        similarities.Dispose();
    }
}

/// <summary>Sums, for each click of a user, the similarities of the items that keep the clicked one.</summary>
internal sealed class ItemKnnRanker : ScoreRanker
{
    private readonly Compute c;
    // For each item, the items that keep it, ascending, and their similarities.
    private readonly int[] starts, targets;
    private readonly double[] weights;
    private double[] sums = [];

    public ItemKnnRanker(Compute c, Tensor neighbours, Tensor similarities) : base(c, neighbours.Rows)
    {
        this.c = c;
        int kept = neighbours.Columns;
        double[] nearest = new double[neighbours.Length], likeness = new double[neighbours.Length];
        c.Read(neighbours, nearest.AsSpan());
        c.Read(similarities, likeness.AsSpan());
        starts = new int[neighbours.Rows + 1];
        foreach (double item in nearest)
            if (item >= 0)
                starts[(int)item + 1]++;
        for (int item = 0; item < neighbours.Rows; item++)
            starts[item + 1] += starts[item];
        int[] next = starts[..^1];
        (targets, weights) = (new int[starts[^1]], new double[starts[^1]]);
        for (int n = 0; n < nearest.Length; n++)
            if (nearest[n] >= 0)
            {
                int at = next[(int)nearest[n]]++;
                (targets[at], weights[at]) = (n / kept, likeness[n]);
            }
    }

    protected override void Score(Histories users, ReadOnlySpan<int> rows, ClickBatch batch, Tensor scores)
    {
        int items = ItemCount;
        if (sums.Length < rows.Length * items)
            sums = new double[rows.Length * items];
        Span<double> all = sums.AsSpan(0, rows.Length * items);
        all.Clear();
        for (int row = 0; row < rows.Length; row++)
        {
            Span<double> user = all.Slice(row * items, items);
            ReadOnlySpan<int> clicked = users.Clicks.ItemsOf(rows[row]);
            ReadOnlySpan<float> values = users.Clicks.ValuesOf(rows[row]);
            for (int i = 0; i < clicked.Length; i++)
                for (int n = starts[clicked[i]]; n < starts[clicked[i] + 1]; n++)
                    user[targets[n]] += weights[n] * (values.IsEmpty ? 1 : values[i]);
        }
        scores.Resize(rows.Length);
        c.Write(all, scores);
    }
}
