using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>Recommends to everybody the items that most users clicked: the baseline that any model must beat.</summary>
public static class Popularity
{
    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "popularity",
        Title = "Popularity",
        Summary = "For everybody the items with the most training users, less what the user has already.",
        Citation = "the baseline of every paper",
        Settings = [],
        Fit = (data, settings, device) => new PopularityFit(data, settings, device),
        Load = (data, device) => new PopularityRecommender(data, device),
    };
}

internal sealed class PopularityFit(FitData data, Settings settings, Device device)
    : ClosedFormFit(data, settings, device)
{
    private Tensor? users;

    private Tensor Users => users ??= Compute.Allocate(1, Data.Items.Count);

    public override IReadOnlyList<NamedTensor> Model => [new NamedTensor("users", Users, IsVector: true)];

    protected override void Solve(IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var counts = new float[Data.Items.Count];
        foreach (int item in Data.Clicks.Items)
            counts[item]++;
        Compute.Write(counts, Users);
    }

    protected override Ranker NewRanker() => new PopularityRanker(Compute, Users);
}

internal sealed class PopularityRecommender : Recommender
{
    private readonly Tensor users;

    public PopularityRecommender(ModelData data, Device device) : base(data, device)
    {
        users = data.Take(Compute, "users", data.Items.Count);
        data.CheckAllTaken();
    }

    protected override IReadOnlyList<NamedTensor> Tensors => [new NamedTensor("users", users, IsVector: true)];

    protected override Ranker NewRanker(Compute c) => new PopularityRanker(c, users);

    protected override void Free() => users.Dispose();
}

/// <summary>One order of the items for everybody.</summary>
internal sealed class PopularityRanker : Ranker
{
    private readonly float[] counts;
    private readonly int[] byPopularity;

    public PopularityRanker(Compute c, Tensor users)
    {
        counts = new float[users.Columns];
        c.Read(users, counts);
        byPopularity = [.. Enumerable.Range(0, counts.Length).OrderByDescending(item => counts[item])];
    }

    public override int ItemCount => counts.Length;

    public override void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items,
        Span<float> scores)
    {
        items.Fill(-1);
        scores.Fill(float.NaN);
        ReadOnlySpan<byte> forbidden = filter.Forbidden.Span;
        for (int row = 0; row < rows.Length; row++)
        {
            ReadOnlySpan<int> seen = filter.SeenToo ? [] : users.Clicks.ItemsOf(rows[row]);
            int count = 0;
            for (int i = 0; i < byPopularity.Length && count < k; i++)
            {
                int item = byPopularity[i];
                if (seen.BinarySearch(item) >= 0 || (!forbidden.IsEmpty && forbidden[item] != 0))
                    continue;
                items[row * k + count] = item;
                if (!scores.IsEmpty)
                    scores[row * k + count] = counts[item];
                count++;
            }
        }
    }
}
