using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>
/// Trains on rows of users or, where they are given, of items. The model of items holds their hidden units in place of
/// the encoder: the training ratings do not change, so no prediction needs more.
/// </summary>
internal sealed class AutoRecFit : GradientFit
{
    private readonly ClickMatrix? rows;
    private readonly AutoRecNetwork network;
    private readonly Tensor? codes;
    private readonly int rowCount;

    /// <param name="data">Ratings by users.</param>
    /// <param name="settings">Of either model.</param>
    /// <param name="device">What computes.</param>
    /// <param name="rows">The ratings by items; null for the model of users.</param>
    public AutoRecFit(FitData data, Settings settings, Device device, ClickMatrix? rows)
        : base(data, WholeForRProp(settings, rows ?? data.Clicks), device, rows)
    {
        this.rows = rows;
        rowCount = (rows ?? data.Clicks).UserCount;
        network = new AutoRecNetwork(Compute, Settings, (rows ?? data.Clicks).ItemCount);
        network.Draw(Settings.Get(Seed));
        if (rows is null)
        {
            Ranker = new UserAutoRecRanker(Compute, network.V.Value, network.Mu.Value, network.W.Value,
                network.B.Value);
            return;
        }
        codes = Compute.Allocate(rowCount, Settings.Get(AutoRec.Units));
        Ranker = new ItemAutoRecRanker(Compute, codes, network.W.Value, network.B.Value, data.Train.Users);
    }

    // The signs of a part's gradients say little of those of the whole.
    private static Settings WholeForRProp(Settings settings, ClickMatrix rows) =>
        settings.Get(AutoRec.Optimizer) == AutoRecOptimizer.RProp
            ? settings.With(BatchSize, Math.Max(1, rows.UserCount)) : settings;

    public override Ranker Ranker { get; }

    public override IReadOnlyList<NamedTensor> Model => codes is null ? [.. network.Weights.Select(w => w.Named)]
        : ItemAutoRecRecommender.Named(codes, network.W.Value, network.B.Value);

    public override IReadOnlyList<NamedTensor> State =>
    [
        .. codes is null ? Array.Empty<NamedTensor>() : [network.V.Named, network.Mu.Named],
        .. network.Weights.SelectMany(w => w.State),
    ];

    protected override IReadOnlyList<Measure> Update(ClickBatch batch)
    {
        double[] errors = network.Train(batch, (double)batch.UserCount / rowCount, Position.Step + 1);
        return [new Measure("loss", errors.Average())];
    }

    protected override void RunStep(IProgress<double>? progress, CancellationToken cancellationToken)
    {
        base.RunStep(progress, cancellationToken);
        if (EndsEpoch)
            Settle();
    }

    // The hidden units of all items, as the weights are now.
    protected override void Settle()
    {
        if (codes is null)
            return;
        const int most = 512;
        using ClickBatch batch = Compute.AllocateBatch();
        using Tensor x = Compute.Allocate(0, 1);
        for (int first = 0; first < rowCount; first += most)
        {
            int count = Math.Min(most, rowCount - first);
            Compute.Load(rows!, [.. Enumerable.Range(first, count)], batch);
            AutoRecNetwork.Encode(Compute, batch, network.V.Value, network.Mu.Value, x, codes.Slice(first, count));
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        Ranker.Dispose();
        network.Dispose();
        codes?.Dispose();
    }
}
