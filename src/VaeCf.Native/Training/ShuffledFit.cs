using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Training;

/// <summary>
/// A fit whose epochs pass over things that are numbered from 0, each epoch in an order of its own, in batches, with
/// one update per step. <see cref="GradientFit"/> passes over users; another may pass over clicks.
/// </summary>
public abstract class ShuffledFit : Fit
{
    private readonly int[] permutation;
    private readonly int batchSize;
    private readonly Dictionary<string, double> sums = [];
    private int counted;

    /// <summary>Prepares the orders.</summary>
    /// <param name="data">What it is fitted to.</param>
    /// <param name="settings">
    /// Settings with <see cref="GradientFit.EpochCount"/>, which is not automatic, <see cref="GradientFit.BatchSize"/>
    /// and <see cref="GradientFit.Seed"/> among them.
    /// </param>
    /// <param name="device">What computes.</param>
    /// <param name="length">How many things an epoch passes over; 0 or more.</param>
    protected ShuffledFit(FitData data, Settings settings, Device device, int length) : base(data, settings, device)
    {
        permutation = new int[length];
        batchSize = settings.Get(GradientFit.BatchSize);
        Epochs = settings.Get(GradientFit.EpochCount)!.Value;
    }

    /// <inheritdoc/>
    public override int EpochLength => permutation.Length;

    /// <inheritdoc/>
    public override int Epochs { get; }

    /// <inheritdoc/>
    public override long Steps => Epochs * Math.Max(1, (permutation.Length + (long)batchSize - 1) / batchSize);

    /// <inheritdoc/>
    public override IReadOnlyList<Measure> Measures =>
        [.. sums.Select(sum => new Measure(sum.Key, sum.Value / Math.Max(1, counted)))];

    /// <inheritdoc/>
    public override IReadOnlyList<Measure> Numbers => Position.Done == 0 ? []
        : [.. sums.Select(sum => new Measure("sum of " + sum.Key, sum.Value))];

    /// <summary>The numbers of the things in the current batch, in its order; for use during the update.</summary>
    protected ReadOnlySpan<int> Drawn =>
        permutation.AsSpan(Position.Done, Math.Min(batchSize, permutation.Length - Position.Done));

    /// <summary>One update.</summary>
    /// <param name="drawn">The numbers of the batch's things, in its order.</param>
    /// <returns>
    /// What was measured before the update was made, means over the batch; <c>loss</c> among them.
    /// </returns>
    protected abstract IReadOnlyList<Measure> Update(ReadOnlySpan<int> drawn);

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
        int length = Drawn.Length;
        IReadOnlyList<Measure> measures;
        try
        {
            measures = Update(Drawn);
        }
        catch (NotFiniteNumberException e)
        {
            throw new DivergenceException(e.Message, step + 1, epoch + 1);
        }
        foreach ((string name, double mean) in measures)
        {
            if (!double.IsFinite(mean))
                throw Diverged($"the {name} is {mean}", step + 1, epoch + 1);
            sums[name] = sums.GetValueOrDefault(name) + length * mean;
        }
        counted += length;
        done += length;
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
        new RandomSequence(new RandomStream(Settings.Get(GradientFit.Seed), RandomPurpose.Shuffle, (ulong)epoch))
            .Shuffle<int>(permutation);
    }
}
