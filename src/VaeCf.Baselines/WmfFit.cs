using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace VaeCf.Baselines;

/// <summary>
/// A sweep is two steps: the users' vectors from the items', then the items' from the users'. Each side depends on the
/// other alone, so a step that is cancelled is made again from its beginning.
/// </summary>
internal sealed class WmfFit : Fit
{
    // Multiply-adds between two looks at the token: some 20 ms.
    private const double WorkOfBatch = 4e9;

    private readonly ClickMatrix byItem;
    private readonly double unclicked;
    private readonly WmfStep step;
    private readonly WmfBasis ofItems, ofUsers;
    private readonly Tensor users;
    // The items' vectors, and those that the current step makes of them.
    private Tensor items, next;
    private bool itemsChanged = true;
    private Ranker? ranker;

    public WmfFit(FitData data, Settings settings, Device device) : base(data, settings, device)
    {
        var weights = new WmfWeights(settings);
        try
        {
            weights.Check(data.Clicks);
        }
        catch
        {
            base.Dispose();
            throw;
        }
        byItem = ItemRows.Of(data.Clicks);
        unclicked = weights.Unclicked;
        int factors = settings.Get(Wmf.Factors);
        (users, items, next) = (Compute.Allocate(data.Clicks.UserCount, factors),
            Compute.Allocate(data.Items.Count, factors), Compute.Allocate(data.Items.Count, factors));
        (ofItems, ofUsers) = (new WmfBasis(Compute, factors), new WmfBasis(Compute, factors));
        step = new WmfStep(Compute, settings, factors);
        Drawing.Normal(Compute, items, new RandomStream(settings.Get(GradientFit.Seed), RandomPurpose.Weights, 0), 0,
            settings.Get(Wmf.InitialDeviation) / Math.Sqrt(factors));
    }

    /// <summary>Begins with other vectors of the items.</summary>
    internal void Start(double[] vectors) => Compute.Write(vectors, items);

    /// <summary>The vectors of the items, which are the model, or of the users, which are the rest.</summary>
    internal double[] Read(IReadOnlyList<NamedTensor> of)
    {
        var values = new double[of[0].Value.Length];
        Compute.Read(of[0].Value, values);
        return values;
    }

    /// <summary>What the sweeps minimise, over all pairs.</summary>
    internal double Objective(double[] users, double[] items)
    {
        var weights = new WmfWeights(Settings);
        int factors = this.items.Columns;
        double objective = 0;
        for (int user = 0; user < Data.Clicks.UserCount; user++)
        {
            ReadOnlySpan<double> x = users.AsSpan(user * factors, factors);
            ReadOnlySpan<int> clicked = Data.Clicks.ItemsOf(user);
            objective += weights.Ridge(clicked.Length, Data.Items.Count) * TensorPrimitives.Dot(x, x);
            for (int item = 0; item < Data.Items.Count; item++)
            {
                double score = TensorPrimitives.Dot(x, items.AsSpan(item * factors, factors));
                int click = clicked.BinarySearch(item);
                double count = click < 0 || !Data.Clicks.HasValues ? 1 : Data.Clicks.ValuesOf(user)[click];
                objective += click < 0 ? unclicked * score * score
                    : (unclicked + weights.OfClick(count)) * (1 - score) * (1 - score);
            }
        }
        for (int item = 0; item < Data.Items.Count; item++)
        {
            ReadOnlySpan<double> y = items.AsSpan(item * factors, factors);
            objective += weights.Ridge(byItem.CountOf(item), Data.Clicks.UserCount) * TensorPrimitives.Dot(y, y);
        }
        return objective;
    }

    /// <summary>The vectors of other users.</summary>
    internal double[] Fold(ClickMatrix users)
    {
        TakeItems(default);
        step.Solve(users, [.. Enumerable.Range(0, users.UserCount)], ofItems);
        using Tensor vectors = Compute.Allocate(users.UserCount, items.Columns);
        ofItems.TurnBack(step.Solution, vectors);
        var values = new double[vectors.Length];
        Compute.Read(vectors, values);
        return values;
    }

    // In rows: users and items.
    public override int EpochLength => users.Rows + items.Rows;

    public override int Epochs => Settings.Get(Wmf.Sweeps);

    public override long Steps => 2L * Epochs;

    public override IReadOnlyList<NamedTensor> Model => [new("items", items)];

    public override IReadOnlyList<NamedTensor> State => [new("users", users)];

    public override Ranker Ranker
    {
        get
        {
            TakeItems(default);
            return ranker ??= new WmfRanker(Compute, Settings, ofItems);
        }
    }

    protected override void RunStep(IProgress<double>? progress, CancellationToken cancellationToken)
    {
        (long made, int epoch, int done) = Position;
        if (done == 0)
        {
            TakeItems(cancellationToken);
            Solve(Data.Clicks, ofItems, users, progress, cancellationToken);
            Position = new FitPosition(made + 1, epoch, users.Rows);
            return;
        }
        ofUsers.Take(users, unclicked, cancellationToken);
        Solve(byItem, ofUsers, next, progress, cancellationToken);
        // The ranker that validates needs it, or else the next step.
        itemsChanged = true;
        ofItems.Take(next, unclicked, cancellationToken);
        itemsChanged = false;
        (items, next) = (next, items);
        Position = new FitPosition(made + 1, epoch + 1, 0);
    }

    private void TakeItems(CancellationToken cancellationToken)
    {
        if (itemsChanged)
            ofItems.Take(items, unclicked, cancellationToken);
        itemsChanged = false;
    }

    // Vectors of the rows of clicks from those of the other side.
    private void Solve(ClickMatrix clicks, WmfBasis other, Tensor vectors, IProgress<double>? progress,
        CancellationToken cancellationToken)
    {
        for (int first = 0, end; first < vectors.Rows; first = end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            double work = 0;
            for (end = first; end < vectors.Rows && work < WorkOfBatch; end++)
                work += Work(clicks.CountOf(end), vectors.Columns);
            step.Solve(clicks, [.. Enumerable.Range(first, end - first)], other);
            other.TurnBack(step.Solution, vectors.Slice(first, end - first));
            progress?.Report((double)end / vectors.Rows);
        }
    }

    // Multiply-adds of a row, see the kernel: a product, a factor, and what is done for each click and factor.
    private static double Work(double clicks, double factors)
    {
        double few = Math.Min(clicks, factors), many = Math.Max(clicks, factors);
        return few * few * many / 2 + few * few * few / 6 + 8 * clicks * factors + factors * factors;
    }

    protected override void Restore(FitPosition position, IReadOnlyDictionary<string, double> numbers)
    {
        Position = position;
        itemsChanged = true;
    }

    public override void Dispose()
    {
        base.Dispose();
        ranker?.Dispose();
        step.Dispose();
        ofItems.Dispose();
        ofUsers.Dispose();
        foreach (Tensor tensor in (Tensor[])[users, items, next])
            tensor.Dispose();
    }
}
