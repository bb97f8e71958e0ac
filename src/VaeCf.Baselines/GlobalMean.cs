using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>
/// Predicts the mean of all ratings for every pair: what any model of ratings must beat. It has no order of items: as a
/// ranking, all are equal.
/// </summary>
public static class GlobalMean
{
    /// <summary>The model and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "mean",
        Title = "Global mean",
        Summary = "Predicts the mean of all ratings for every user and item; it does not tell items apart.",
        Citation = "the baseline of every paper on ratings",
        Settings = [],
        PredictsRatings = true,
        Fit = (data, settings, device) => new GlobalMeanFit(data, settings, device),
        Load = (data, device) => new GlobalMeanRecommender(data, device),
    };

    internal static double Of(ClickMatrix ratings)
    {
        double sum = 0;
        for (int user = 0; user < ratings.UserCount; user++)
            foreach (float rating in ratings.ValuesOf(user))
                sum += rating;
        return sum / Math.Max(1, ratings.ClickCount);
    }
}

internal sealed class GlobalMeanFit(FitData data, Settings settings, Device device)
    : ClosedFormFit(data, settings, device)
{
    private Tensor? mean;

    private Tensor Mean => mean ??= Compute.Allocate(1, 1);

    public override IReadOnlyList<NamedTensor> Model => [new("mean", Mean, IsVector: true)];

    protected override void Solve(IProgress<double>? progress, CancellationToken cancellationToken) =>
        Compute.Fill(GlobalMean.Of(Data.Clicks), Mean);

    protected override Ranker NewRanker() => GlobalMeanRecommender.RankerOf(Compute, Mean, Data.Items.Count);
}

internal sealed class GlobalMeanRecommender : Recommender
{
    private readonly Tensor mean;

    public GlobalMeanRecommender(ModelData data, Device device) : base(data, device)
    {
        mean = data.Take(Compute, "mean", 1);
        data.CheckAllTaken();
    }

    protected override IReadOnlyList<NamedTensor> Tensors => [new("mean", mean, IsVector: true)];

    protected override Ranker NewRanker(Compute c) => RankerOf(c, mean, ItemCount);

    public static Ranker RankerOf(Compute c, Tensor mean, int items)
    {
        var value = new double[1];
        c.Read(mean, value.AsSpan());
        return new RowRanker(c, items, () => new Scorer(value[0]));
    }

    protected override void Free() => mean.Dispose();

    private sealed class Scorer(double mean) : RowScorer
    {
        public override void Score(Histories users, int row, Span<double> scores) => scores.Fill(mean);
    }
}
