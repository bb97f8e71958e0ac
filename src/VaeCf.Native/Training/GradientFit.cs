using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Training;

/// <summary>
/// A fit by gradients: each epoch passes over the users in an order of its own, in batches, with one update per step. A
/// derived class says what an update does.
/// </summary>
public abstract class GradientFit : Fit
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
    private readonly int[] permutation;
    private readonly ClickBatch batch;
    private readonly int batchSize;
    private readonly Dictionary<string, double> sums = [];
    private int counted;

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
        : base(data, ResolveEpochs(rows is null ? data : data with { Train = new Histories(rows) }, settings), device)
    {
        this.rows = rows ?? data.Clicks;
        permutation = new int[this.rows.UserCount];
        batch = Compute.AllocateBatch();
        batchSize = settings.Get(BatchSize);
        Epochs = Settings.Get(EpochCount)!.Value;
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

    /// <inheritdoc/>
    public override int EpochLength => permutation.Length;

    /// <inheritdoc/>
    public override int Epochs { get; }

    /// <inheritdoc/>
    public override long Steps => (long)Epochs * ((permutation.Length + (long)batchSize - 1) / batchSize);

    /// <inheritdoc/>
    public override IReadOnlyList<Measure> Measures =>
        [.. sums.Select(sum => new Measure(sum.Key, sum.Value / Math.Max(1, counted)))];

    /// <inheritdoc/>
    public override IReadOnlyList<Measure> Numbers => Position.Done == 0 ? []
        : [.. sums.Select(sum => new Measure("sum of " + sum.Key, sum.Value))];

    /// <summary>
    /// The rows of the training clicks that the batch of <see cref="Update"/> holds, in its order; for use during the
    /// update.
    /// </summary>
    protected ReadOnlySpan<int> BatchUsers =>
        permutation.AsSpan(Position.Done, Math.Min(batchSize, permutation.Length - Position.Done));

    /// <summary>One update.</summary>
    /// <param name="batch">The clicks of the batch's users, or rows.</param>
    /// <returns>
    /// What was measured before the update was made, means over the batch's users, or rows; <c>loss</c> among them.
    /// </returns>
    protected abstract IReadOnlyList<Measure> Update(ClickBatch batch);

    /// <inheritdoc/>
    protected override void RunStep(IProgress<double>? progress, CancellationToken cancellationToken)
    {
        (long step, int epoch, int done) = Position;
        if (done == 0)
        {
            Shuffle(epoch);
            sums.Clear();
            counted = 0;
        }
        int users = BatchUsers.Length;
        Compute.Load(rows, BatchUsers, batch);
        IReadOnlyList<Measure> measures;
        try
        {
            measures = Update(batch);
        }
        catch (NotFiniteNumberException e)
        {
            throw new DivergenceException(e.Message, step + 1, epoch + 1);
        }
        foreach ((string name, double mean) in measures)
        {
            if (!double.IsFinite(mean))
                throw Diverged($"the {name} is {mean}", step + 1, epoch + 1);
            sums[name] = sums.GetValueOrDefault(name) + users * mean;
        }
        counted += users;
        done += users;
        bool ends = done == permutation.Length;
        Position = new FitPosition(step + 1, ends ? epoch + 1 : epoch, ends ? 0 : done);
    }

    /// <inheritdoc/>
    protected internal override void Restore(FitPosition position, IReadOnlyDictionary<string, double> numbers)
    {
        const string sumOf = "sum of ";
        Position = position;
        counted = position.Done;
        sums.Clear();
        foreach ((string name, double value) in numbers)
            if (name.StartsWith(sumOf, StringComparison.Ordinal))
                sums[name[sumOf.Length..]] = value;
        if (position.Done > 0)
            Shuffle(position.Epoch);
    }

    // The order follows from seed and epoch alone.
    private void Shuffle(int epoch)
    {
        for (int i = 0; i < permutation.Length; i++)
            permutation[i] = i;
        new RandomSequence(new RandomStream(Settings.Get(Seed), RandomPurpose.Shuffle, (ulong)epoch))
            .Shuffle<int>(permutation);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        batch.Dispose();
    }
}
