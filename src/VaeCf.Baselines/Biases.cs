using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>
/// Predicts mu + b_u + b_i: the mean of all ratings, how much higher or lower the user rates than others, and how much
/// higher or lower the item is rated than others. A network that does not beat it has not learnt who likes what.
/// </summary>
/// <remarks>
/// The biases minimise sum (r - mu - b_u - b_i)^2 + user ridge sum b_u^2 + item ridge sum b_i^2, by turns: given the
/// users', b_i = sum (r - mu - b_u) / (n_i + item ridge), and likewise b_u. A user's bias is computed from the user's
/// ratings when it is needed, so that the model keeps no users, and new ones are no trouble.
/// </remarks>
public static class Biases
{
    /// <summary>Strength of the L2 term on the users' biases; 10 by default.</summary>
    public static readonly Setting<double> UserRidge = Setting.Number("user_ridge",
        "Strength of the L2 term on the users' biases, in ratings at the mean.", 10, paper: Setting.Same);

    /// <summary>Strength of the L2 term on the items' biases; 25 by default.</summary>
    public static readonly Setting<double> ItemRidge = Setting.Number("item_ridge",
        "Strength of the L2 term on the items' biases, in ratings at the mean.", 25, paper: Setting.Same);

    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "biases",
        Title = "Biases",
        Summary = "Predicts the mean rating plus a bias of the user and one of the item; ranks alike for everybody.",
        Citation = "Koren 2010, Factor in the neighbors: scalable and accurate collaborative filtering, section 2.1",
        Settings = [UserRidge, ItemRidge],
        PredictsRatings = true,
        Grid = [UserRidge.Over(2, 5, 10), ItemRidge.Over(2, 5, 10, 25)],
        Fit = (data, settings, device) => new BiasesFit(data, settings, device),
        Load = (data, device) => new BiasesRecommender(data, device),
    };

    // What a user's ratings are above the mean and the items' biases, shrunk.
    internal static double OfUser(Histories users, int row, double mean, double[] items, double ridge)
    {
        ReadOnlySpan<int> rated = users.Clicks.ItemsOf(row);
        ReadOnlySpan<float> ratings = users.Clicks.ValuesOf(row);
        double sum = 0;
        for (int n = 0; n < rated.Length; n++)
            sum += (ratings.IsEmpty ? 1 : ratings[n]) - mean - items[rated[n]];
        return sum == 0 ? 0 : sum / (rated.Length + ridge);
    }
}

internal sealed class BiasesFit(FitData data, Settings settings, Device device) : ClosedFormFit(data, settings, device)
{
    // After as many nothing moves in single precision, except where a ridge is near 0.
    private const int Sweeps = 30;

    private Tensor? mean, items;

    private Tensor Mean => mean ??= Compute.Allocate(1, 1);

    private Tensor Items => items ??= Compute.Allocate(1, Data.Items.Count);

    public override IReadOnlyList<NamedTensor> Model => BiasesRecommender.Named(Mean, Items);

    protected override void Solve(IProgress<double>? progress, CancellationToken cancellationToken)
    {
        ClickMatrix ratings = Data.Clicks;
        double mu = GlobalMean.Of(ratings), ridge = Settings.Get(Biases.ItemRidge);
        double[] ofItems = new double[ratings.ItemCount], sums = new double[ratings.ItemCount];
        var counts = new int[ratings.ItemCount];
        foreach (int item in ratings.Items)
            counts[item]++;
        for (int sweep = 0; sweep < Sweeps; sweep++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report((double)sweep / Sweeps);
            Array.Clear(sums);
            for (int user = 0; user < ratings.UserCount; user++)
            {
                double ofUser = Biases.OfUser(Data.Train, user, mu, ofItems, Settings.Get(Biases.UserRidge));
                ReadOnlySpan<int> rated = ratings.ItemsOf(user);
                for (int n = 0; n < rated.Length; n++)
                    sums[rated[n]] += ratings.ValuesOf(user)[n] - mu - ofUser;
            }
            for (int item = 0; item < sums.Length; item++)
                ofItems[item] = counts[item] == 0 ? 0 : sums[item] / (counts[item] + ridge);
        }
        Compute.Fill(mu, Mean);
        Compute.Write(ofItems, Items);
    }

    protected override Ranker NewRanker() => BiasesRecommender.RankerOf(Compute, Mean, Items, Settings);
}

internal sealed class BiasesRecommender : Recommender
{
    private readonly Tensor mean, items;

    public BiasesRecommender(ModelData data, Device device) : base(data, device)
    {
        (mean, items) = (data.Take(Compute, "mean", 1), data.Take(Compute, "items", ItemCount));
        data.CheckAllTaken();
    }

    public static IReadOnlyList<NamedTensor> Named(Tensor mean, Tensor items) =>
        [new("mean", mean, IsVector: true), new("items", items, IsVector: true)];

    protected override IReadOnlyList<NamedTensor> Tensors => Named(mean, items);

    protected override Ranker NewRanker(Compute c) => RankerOf(c, mean, items, Settings);

    public static Ranker RankerOf(Compute c, Tensor mean, Tensor items, Settings settings)
    {
        double[] mu = new double[1], ofItems = new double[items.Columns];
        c.Read(mean, mu.AsSpan());
        c.Read(items, ofItems.AsSpan());
        return new RowRanker(c, ofItems.Length,
            () => new Scorer(mu[0], ofItems, settings.Get(Biases.UserRidge)));
    }

    protected override void Free()
    {
        mean.Dispose();
        items.Dispose();
    }

    private sealed class Scorer(double mean, double[] items, double ridge) : RowScorer
    {
        public override void Score(Histories users, int row, Span<double> scores)
        {
            double known = mean + Biases.OfUser(users, row, mean, items, ridge);
            for (int item = 0; item < items.Length; item++)
                scores[item] = known + items[item];
        }
    }
}
