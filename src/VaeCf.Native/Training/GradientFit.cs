using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Training;

/// <summary>
/// A fit by gradients that passes over the users, or over rows of its own. A derived class says what an update does.
/// </summary>
public abstract class GradientFit : ShuffledFit
{
    // The default number of epochs makes about this many updates, within these limits. The paper's 200 epochs on ML-20M
    // make 46,800.
    private const int UsualUpdates = 5_000, FewestEpochs = 100, MostEpochs = 500;

    /// <summary>
    /// Passes over the training users. By default as many as make about 5,000 updates, but from 100 to 500.
    /// </summary>
    public static readonly Setting<int?> EpochCount = Setting.OptionalInteger("epochs",
        "Passes over the training users; by default as many as make about 5,000 updates, from 100 to 500.", least: 1);

    /// <summary>Users per update, B; 500 by default. The last batch of an epoch may be smaller.</summary>
    public static readonly Setting<int> BatchSize =
        Setting.Integer("batch", "Users per update, B; the last batch of an epoch may be smaller.", 500, least: 1);

    /// <summary>Seed of everything random, 1 by default: the same seed gives the same bits.</summary>
    public static readonly Setting<ulong> Seed =
        Setting.Seed("seed", "Seed of everything random; the same seed gives the same bits.", 1);

    private readonly ClickMatrix rows;
    private readonly ClickBatch batch;

    /// <summary>Prepares the batches.</summary>
    /// <param name="data">What it is fitted to.</param>
    /// <param name="settings">
    /// Settings with <see cref="EpochCount"/>, <see cref="BatchSize"/> and <see cref="Seed"/> among them. If the number
    /// of epochs is automatic, <see cref="ResolveEpochs"/> chooses it.
    /// </param>
    /// <param name="device">What computes.</param>
    /// <param name="rows">
    /// What an epoch passes over; by default, the training users' clicks. A model of items passes over their rows.
    /// </param>
    protected GradientFit(FitData data, Settings settings, Device device, ClickMatrix? rows = null)
        : base(data, ResolveEpochs(rows is null ? data : data with { Train = new Histories(rows) }, settings), device,
            (rows ?? data.Clicks).UserCount)
    {
        this.rows = rows ?? data.Clicks;
        batch = Compute.AllocateBatch();
    }

    /// <summary>
    /// Settings whose number of epochs, if it is automatic, is replaced by the one that follows from the data.
    /// </summary>
    protected static Settings ResolveEpochs(FitData data, Settings settings) => settings.With(EpochCount,
        settings.Get(EpochCount)
        ?? Math.Clamp(UsualUpdates / Math.Max(1, StepsPerEpoch(data, settings)), FewestEpochs, MostEpochs));

    /// <summary>Updates in one epoch.</summary>
    protected static int StepsPerEpoch(FitData data, Settings settings) =>
        (int)(((long)data.Clicks.UserCount + settings.Get(BatchSize) - 1) / settings.Get(BatchSize));

    /// <summary>
    /// The rows of the training clicks that the batch of <see cref="Update(ClickBatch)"/> holds, in its order; for use
    /// during the update.
    /// </summary>
    protected ReadOnlySpan<int> BatchUsers => Drawn;

    /// <summary>One update.</summary>
    /// <param name="batch">The clicks of the batch's users, or rows.</param>
    /// <returns>
    /// What was measured before the update was made, means over the batch's users, or rows; <c>loss</c> among them.
    /// </returns>
    protected abstract IReadOnlyList<Measure> Update(ClickBatch batch);

    /// <inheritdoc/>
    protected sealed override IReadOnlyList<Measure> Update(ReadOnlySpan<int> drawn)
    {
        Compute.Load(rows, drawn, batch);
        return Update(batch);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        batch.Dispose();
    }
}
