using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>
/// Hidden layers of rectified units, all of one width and so without a bottleneck, trained to tell a user's other
/// clicks from some of them: 70 % of the clicks, drawn anew for each epoch, are the input and the rest the target.
/// </summary>
public static class DeepCollaborative
{
    /// <summary>
    /// Whether the clicks of the input are left out of the loss, in which they otherwise count as not clicked; off by
    /// default.
    /// </summary>
    public static readonly Setting<bool> ExcludeInputs = Setting.Flag("exclude_inputs",
        "Leave the clicks that are the input out of the loss, which otherwise has them as not clicked.");

    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "deepcollaborative",
        Title = "Deep Collaborative",
        Summary = "A deep network without a bottleneck, from 70 % of a user's clicks to the rest.",
        Citation = "of no paper; layers of 1,000 units that read 70 % of the clicks are known from comparisons on "
            + "MovieLens 20M",
        Settings =
        [
            Ae.Widths.WithDefault([1000, 1000, 1000]), ExcludeInputs,
            Autoencoders.WeightDecay, GradientFit.EpochCount, GradientFit.BatchSize.WithDefault(100),
            Autoencoders.LearningRate.WithDefault(1e-3), FitRun.ValidateEvery, FitRun.Patience.WithDefault(100),
            GradientFit.Seed,
        ],
        Grid =
        [
            Ae.Widths.Over([300, 300], [1000, 1000, 1000]), ExcludeInputs.Over(false, true),
            Autoencoders.LearningRate.Over(3e-4, 1e-3),
        ],
        Check = settings => Ae.CheckWidths(settings,
            settings.Get(Ae.Widths).Count > 0 && settings.Get(Ae.Widths).Distinct().Count() == 1,
            "at least one layer, all of the same width"),
        Fit = (data, settings, device) => new DeepCollaborativeFit(data, settings, device),
        Load = (data, device) => new NetworkRecommender(data, device, Shape(data.Settings)),
    };

    internal static NetworkShape Shape(Settings settings) =>
        new(settings.Get(Ae.Widths), Activation.Relu, Normalizes: false);
}

internal sealed class DeepCollaborativeFit : NetworkFit
{
    private const double InputShare = 0.7;

    // What a click of the input counts in the target: that it was not clicked, or that it is left out of the loss.
    private readonly float inTarget;
    private readonly ClickBatch targets;

    public DeepCollaborativeFit(FitData data, Settings settings, Device device)
        : base(data, settings, device, DeepCollaborative.Shape(settings))
    {
        inTarget = settings.Get(DeepCollaborative.ExcludeInputs) ? -1 : 0;
        targets = Compute.AllocateBatch();
    }

    // The input is the batch with 0 at the clicks that are not chosen.
    protected override (ClickBatch Inputs, ClickBatch Targets) Prepare(ClickBatch batch)
    {
        var stream = new RandomStream(Settings.Get(Seed), RandomPurpose.Dropout, (ulong)Position.Epoch);
        float[][] inputs = [.. BatchUsers.ToArray().Select(user => Chosen(stream, user, Data.Clicks.CountOf(user)))];
        X.Resize(batch.ClickCount);
        Compute.Write([.. inputs.SelectMany(x => x)], X);
        Load(inputs);
        return (batch, targets);
    }

    private static float[] Chosen(RandomStream stream, int user, int clicks)
    {
        var x = new float[clicks];
        if (clicks > 0)
            foreach (int place in Drawing.Distinct(stream, user, Math.Max(1, (int)(InputShare * clicks)), clicks))
                x[place] = 1;
        return x;
    }

    private void Load(float[][] inputs)
    {
        var rows = new SampleRows(Data.Items.Count);
        for (int row = 0; row < inputs.Length; row++)
            rows.Add(Data.Clicks.ItemsOf(BatchUsers[row]),
                [.. inputs[row].Select(x => x == 0 ? 1 : inTarget)]);
        rows.Load(Compute, targets);
    }

    protected override OutputLoss Loss(double scale) => new(Likelihood.Logistic, scale);

    public override void Dispose()
    {
        base.Dispose();
        targets.Dispose();
    }
}
