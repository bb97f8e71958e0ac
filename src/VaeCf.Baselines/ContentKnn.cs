using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>
/// Content kNN: each item keeps the k items whose features, such as genres, are most like its own; a user's score of
/// item j is the greatest similarity by which an item of the history keeps j. Clicks of others play no part.
/// </summary>
public static class ContentKnn
{
    /// <summary>The file of the items' features.</summary>
    public static readonly Setting<string> Features = Setting.Text("features",
        "Table of the items with a column named genres, features, categories or tags, bars between them, such as "
        + "MovieLens's movies.csv. It is read once: the model's file holds what follows from it.", "FILE");

    /// <summary>Number of neighbours that each item keeps; 20 by default.</summary>
    public static readonly Setting<int> Neighbours = ItemKnn.Neighbours.WithDefault(20);

    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "contentknn",
        Title = "Content kNN",
        Summary = "Scores by the similarity of the items' own features, such as genres.",
        Citation = "Lops, de Gemmis, Semeraro 2011, Content-based recommender systems",
        Settings = [Features, Neighbours],
        Grid = [Neighbours.Over(5, 20, 100)],
        Fit = (data, settings, device) => new ContentKnnFit(data, settings, device),
        Load = (data, device) => new ContentKnnRecommender(data, device),
    };

    /// <summary>
    /// The k items nearest to each, the lower index first among equals, -1 where it has fewer. Items with the same
    /// features have the same neighbours, but for themselves: they are found once for each set of features, through the
    /// sets that share one.
    /// </summary>
    /// <param name="features">Of each item.</param>
    /// <param name="kept">k.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    internal static (double[] Nearest, double[] Likeness) Nearest(IReadOnlyList<IReadOnlyList<string>> features,
        int kept, CancellationToken cancellationToken = default)
    {
        int[] setOf = [.. Enumerable.Range(0, features.Count)];
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var sets = new List<(IReadOnlyList<string> Features, List<int> Items)>();
        for (int item = 0; item < features.Count; item++)
        {
            string key = string.Join('|', features[item].Order(StringComparer.Ordinal));
            if (numbers.TryAdd(key, sets.Count))
                sets.Add((features[item], []));
            sets[setOf[item] = numbers[key]].Items.Add(item);
        }
        ILookup<string, int> setsWith = Enumerable.Range(0, sets.Count)
            .SelectMany(set => sets[set].Features.Select(feature => (feature, set)))
            .ToLookup(one => one.feature, one => one.set);
        double[] nearest = new double[(long)features.Count * kept], likeness = new double[nearest.Length];
        Array.Fill(nearest, -1);
        int[] shared = new int[sets.Count];
        foreach ((IReadOnlyList<string> own, List<int> items) in sets)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (int Item, double Likeness)[] near = NearSet(own);
            foreach (int item in items)
            {
                int at = item * kept;
                foreach ((int other, double like) in near.Where(one => one.Item != item).Take(kept))
                    (nearest[at], likeness[at++]) = (other, like);
            }
        }
        return (nearest, likeness);

        // One more than are kept, since an item is near itself.
        (int, double)[] NearSet(IReadOnlyList<string> own)
        {
            int[] touched = [.. own.SelectMany(feature => setsWith[feature])];
            foreach (int set in touched)
                shared[set]++;
            // The square of the cosine is a quotient of whole numbers, so that equals are equal to the last bit.
            (int, double)[] near = [.. touched.Distinct()
                .Select(set => (set, square: (double)shared[set] * shared[set]
                    / ((double)own.Count * sets[set].Features.Count)))
                .GroupBy(one => one.square, one => one.set).OrderByDescending(equal => equal.Key)
                .SelectMany(equal => equal.SelectMany(set => sets[set].Items).Order()
                    .Select(item => (item, Math.Sqrt(equal.Key))))
                .Take(kept + 1)];
            foreach (int set in touched)
                shared[set] = 0;
            return near;
        }
    }
}

internal sealed class ContentKnnFit(FitData data, Settings settings, Device device)
    : ClosedFormFit(data, settings, device)
{
    private readonly int kept = Math.Min(settings.Get(ContentKnn.Neighbours), data.Items.Count);
    private Tensor? neighbours, similarities;

    // As item kNN has them.
    private Tensor NeighbourItems => neighbours ??= Compute.Allocate(Data.Items.Count, kept);

    private Tensor Similarities => similarities ??= Compute.Allocate(Data.Items.Count, kept);

    public override IReadOnlyList<NamedTensor> Model =>
        [new("neighbours", NeighbourItems), new("similarities", Similarities)];

    protected override void Solve(IProgress<double>? progress, CancellationToken cancellationToken)
    {
        (double[] nearest, double[] likeness) = ContentKnn.Nearest(Read(), kept, cancellationToken);
        Compute.Write(nearest, NeighbourItems);
        Compute.Write(likeness, Similarities);
    }

    protected override Ranker NewRanker() => ContentScorer.NewRanker(Compute, NeighbourItems, Similarities);

    // The features of each item; an item that the file does not name has none.
    private IReadOnlyList<IReadOnlyList<string>> Read()
    {
        string path = Settings.Get(ContentKnn.Features);
        if (path.Length == 0)
            throw new InputException($"{ContentKnn.Type.Title} needs the features of the items: expected "
                + $"{ContentKnn.Features.Option} and a file");
        IReadOnlyDictionary<string, IReadOnlyList<string>> features = ItemFeatures.Read(path);
        IReadOnlyList<string>[] ofItems = [.. Enumerable.Range(0, Data.Items.Count)
            .Select(item => features.GetValueOrDefault(Data.Items[item], []))];
        return ofItems.Any(one => one.Count > 0) ? ofItems
            : throw new InputException($"{path}: found features of {features.Count} items, but of none of these "
                + $"{Data.Items.Count}, such as '{Data.Items[0]}'; expected a file with their ids");
    }
}

/// <summary>Item kNN's tensors, read the other way: by the items of the history.</summary>
internal sealed class ContentKnnRecommender(ModelData data, Device device) : ItemKnnRecommender(data, device)
{
    protected override Ranker NewRanker(Compute c) => ContentScorer.NewRanker(c, Neighbours, Likeness);
}

/// <summary>The greatest of the similarities by which an item of the history keeps each item.</summary>
internal sealed class ContentScorer(int kept, int[] neighbours, double[] similarities) : RowScorer
{
    public static Ranker NewRanker(Compute c, Tensor neighbours, Tensor similarities)
    {
        double[] items = new double[neighbours.Length], values = new double[similarities.Length];
        c.Read(neighbours, items);
        c.Read(similarities, values);
        int[] indices = Array.ConvertAll(items, item => (int)item);
        return new RowRanker(c, neighbours.Rows, () => new ContentScorer(neighbours.Columns, indices, values));
    }

    public override void Score(Histories users, int row, Span<double> scores)
    {
        foreach (int item in users.Clicks.ItemsOf(row))
            for (int n = item * kept; n < (item + 1) * kept && neighbours[n] >= 0; n++)
                scores[neighbours[n]] = Math.Max(scores[neighbours[n]], similarities[n]);
    }
}
