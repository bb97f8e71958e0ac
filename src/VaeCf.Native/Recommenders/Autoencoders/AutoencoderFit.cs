using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Networks;
using VaeCf.Native.Training;
using static VaeCf.Native.Recommenders.Autoencoders;

namespace VaeCf.Native.Recommenders;

/// <summary>Trains an autoencoder: Adam's updates with an annealed weight of the KL term.</summary>
internal sealed class AutoencoderFit : GradientFit
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;
    private const string UpdatesOf = "updates of ";

    private readonly Autoencoder network;
    private readonly AdamOptimizer adam;
    private readonly AutoencoderRanker ranker;
    private readonly bool anneals;
    private bool startsFromModel;

    public AutoencoderFit(FitData data, Settings settings, Device device) : base(data, Resolve(data, settings), device)
    {
        anneals = Settings.Has(BetaCap);
        var memory = new Arena(Compute);
        try
        {
            network = Autoencoder.Create(memory, Settings, data.Items.Count);
            bool fromData = Settings.Has(Autoencoders.PseudoInputStart)
                && Settings.Get(Autoencoders.PseudoInputStart) == PseudoInputStart.Data;
            network.Initialize(Settings.Get(Seed), Settings.Get(Autoencoders.WeightStart),
                fromData ? data.Clicks : null);
            adam = OptimizerOf(Compute, network);
            ranker = new AutoencoderRanker(Compute, network, ownsNetwork: false);
        }
        catch
        {
            adam?.Dispose();
            memory.Dispose();
            base.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Checks the clicks, before anything is opened, and makes every choice that the settings leave open; of the two
    /// ways in which beta can rise one is left.
    /// </summary>
    private static Settings Resolve(FitData data, Settings settings)
    {
        CheckClicks(data.Clicks, settings.Get(Autoencoders.Likelihood));
        settings = ResolveEpochs(data, settings);
        if (!settings.Has(BetaCap))
            return settings;
        // A way that was given takes precedence over the model's default.
        if (settings.IsGiven(WarmUpEpochs) && settings.Get(WarmUpEpochs) is not null)
            return settings.With(AnnealSteps, null);
        if (settings.Get(AnnealSteps) is not null)
            return settings.With(WarmUpEpochs, null);
        if (settings.Get(WarmUpEpochs) is not null)
            return settings;
        double cap = settings.Get(BetaCap),
            half = 0.5 * settings.Get(EpochCount)!.Value * StepsPerEpoch(data, settings);
        double steps = cap > 0 ? half / cap : 0;
        return double.IsFinite(steps) ? settings.With(AnnealSteps, steps)
            : throw new ArgumentException($"beta_cap is {settings.Text(BetaCap)}; expected 0, or a number that "
                + $"{half} updates can be divided by to give a finite anneal_steps");
    }

    private static void CheckClicks(ClickMatrix clicks, Kernels.Likelihood likelihood)
    {
        for (int user = 0; user < clicks.UserCount && clicks.HasValues; user++)
            foreach (float value in clicks.ValuesOf(user))
                if (value < 0 || (likelihood == Kernels.Likelihood.Logistic && value > 1))
                    throw new InputException($"user {user} has a click that counts {value}; "
                        + $"the {likelihood.ToString().ToLowerInvariant()} likelihood expects "
                        + $"{(likelihood == Kernels.Likelihood.Logistic ? "0 to 1" : "at least 0")}");
    }

    /// <summary>The optimiser that trains a network.</summary>
    internal static AdamOptimizer OptimizerOf(Compute c, Autoencoder network) => new(c, network.Parameters,
        new AdamStep(network.Settings.Get(LearningRate), Beta1, Beta2, Epsilon, T: 1,
            network.Settings.Get(WeightDecay)),
        network.Settings.Get(NormalizeGradients));

    /// <summary>The network, for measuring a step.</summary>
    internal Autoencoder Network => network;

    public override long WarmUpEnd => !anneals ? 0 : Settings.Get(WarmUpEpochs)
        ?? (long)Math.Min(int.MaxValue,
            Math.Ceiling(Settings.Get(BetaCap) * Settings.Get(AnnealSteps)!.Value / StepsPerEpoch(Data, Settings)));

    // beta is that of the last update.
    public override IReadOnlyList<Measure> Measures => !anneals || Position.Step == 0 ? base.Measures
        : [.. base.Measures,
            new Measure("beta", Beta(Position.Step - 1, EndsEpoch ? Position.Epoch - 1 : Position.Epoch))];

    public override IReadOnlyList<NamedTensor> Model => [.. network.Parameters.Select(p => p.Named)];

    public override IReadOnlyList<NamedTensor> State => [.. adam.State, .. network.State];

    public override IReadOnlyList<Measure> Numbers =>
        [.. base.Numbers, .. adam.Updates.Select(one => new Measure(UpdatesOf + one.Name, one.Updates))];

    public override Ranker Ranker => ranker;

    protected override IReadOnlyList<Measure> Update(ClickBatch batch)
    {
        (long step, int epoch, int done) = Position;
        if (Epochs < network.FewestEpochs && !startsFromModel)
            throw new InputException($"{EpochCount.Name} is {Epochs}; expected at least {network.FewestEpochs} for "
                + $"{Settings.Type}, whose decoder is first trained in epoch {network.FewestEpochs}, or a model to "
                + "start from");
        network.DrawNoise(batch, Settings.Get(Seed), (ulong)step);
        double beta = anneals ? Beta(step, epoch) : 0;
        LossTerms terms = network.Train(batch, new TrainingStep(beta, epoch, BeginsEpoch: done == 0), adam);
        Measure loss = new("loss", terms.Total(beta)), reconstruction = new("reconstruction", terms.Reconstruction);
        return anneals ? [loss, reconstruction, new("kl", terms.Kl)] : [loss, reconstruction];
    }

    // The weight of the KL term after a number of updates, in an epoch counted from 0.
    private double Beta(long updates, int epoch)
    {
        double cap = Settings.Get(BetaCap);
        if (Settings.Get(WarmUpEpochs) is int warmUp)
            return cap * Math.Min(epoch + 1, warmUp) / warmUp;
        double steps = Settings.Get(AnnealSteps)!.Value;
        return updates >= cap * steps ? cap : updates / steps;
    }

    public override WarmStart StartFrom(Recommender from)
    {
        if (Position.Step > 0)
            throw new InvalidOperationException(
                $"{Position.Step} steps have been made; expected none before a model is started from");
        if (from.Settings.Type != Settings.Type)
            throw new ArgumentException($"the model to start from is {from.Settings.Type}; expected {Settings.Type}",
                nameof(from));
        int[] old = [.. Enumerable.Range(0, ItemCount).Select(item => from.Items.IndexOf(Data.Items[item]))];
        Dictionary<string, SavedTensor> weights = from.CopyTensors().ToDictionary(tensor => tensor.Name);
        foreach (Parameter p in network.Parameters)
            StartFrom(p, weights.GetValueOrDefault(p.Name) ?? throw new ArgumentException("the model to start from "
                + $"has no tensor '{p.Name}': expected {Settings}", nameof(from)), old, from.ItemCount);
        startsFromModel = true;
        int shared = old.Count(item => item >= 0);
        return new WarmStart(shared, ItemCount - shared, from.ItemCount - shared);
    }

    // The rows or columns of the items move to their items' new places; those that follow them, in a layer that also
    // reads a code, still follow them.
    private void StartFrom(Parameter p, SavedTensor weights, int[] old, int oldItems)
    {
        (int rows, int columns, ItemAxis axis) = (p.Value.Rows, p.Value.Columns, network.ItemsOf(p));
        int oldRows = p.IsVector ? 1 : (int)weights.Shape[0], oldColumns = (int)weights.Shape[^1];
        int shift = axis == ItemAxis.None ? 0 : ItemCount - oldItems;
        if ((rows, columns) != (oldRows + (axis == ItemAxis.Rows ? shift : 0),
            oldColumns + (axis == ItemAxis.Columns ? shift : 0)))
            throw new ArgumentException($"the model to start from has a tensor '{p.Name}' of the shape "
                + $"[{string.Join(", ", weights.Shape)}], which does not fit {Settings}", nameof(weights));
        float[] values = p.Named.Copy(Compute);
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++)
                if (From(row, axis == ItemAxis.Rows) is >= 0 and var oldRow
                    && From(column, axis == ItemAxis.Columns) is >= 0 and var oldColumn)
                    values[row * columns + column] = weights.Values[oldRow * oldColumns + oldColumn];
        Compute.Write(values, p.Value);

        int From(int index, bool isOfItems) => !isOfItems ? index : index < ItemCount ? old[index] : index - shift;
    }

    private int ItemCount => Data.Items.Count;

    protected internal override void Restore(FitPosition position, IReadOnlyDictionary<string, double> numbers)
    {
        base.Restore(position, numbers);
        adam.SetUpdates(name => numbers.TryGetValue(UpdatesOf + name, out double updates)
            && updates is >= 0 and < long.MaxValue ? (long)updates
            : throw new ArgumentException($"the checkpoint does not say how many updates '{name}' has had",
                nameof(numbers)));
    }

    public override void Dispose()
    {
        base.Dispose();
        ranker.Dispose();
        adam.Dispose();
        network.Dispose();
    }
}
