using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>How a network's outputs f are compared with a user's clicks x.</summary>
public enum ClickLoss
{
    /// <summary>Cross-entropy of s(f): every item is a coin of its own.</summary>
    Logistic,
    /// <summary>1/2 (x - o)^2 of every item's output o.</summary>
    Square,
    /// <summary>Cross-entropy of softmax(f) over the clicks.</summary>
    Multinomial,
}

/// <summary>
/// A denoising autoencoder of a user's clicks: dropout, hidden layers of tanh that narrow and widen again, and an
/// output for every item. With normalised input and the multinomial loss it is Mult-DAE with another weight decay.
/// </summary>
public static class Ae
{
    /// <summary>Widths of all hidden layers; 600, 200, 600 by default.</summary>
    public static readonly Setting<IReadOnlyList<int>> Widths = Setting.Widths("widths",
        "Widths of all hidden layers, input side first; at least one. The narrowest, or the last of several, is a "
        + "user's code.", [600, 200, 600]);

    /// <summary>The loss; cross-entropy of the sigmoid by default.</summary>
    public static readonly Setting<ClickLoss> Loss = Setting.Choice("click_loss",
        "How the outputs are compared with the clicks: cross-entropy of the sigmoid of each (logistic), half its "
        + "square error (square), or, but not in cdae, cross-entropy of the softmax over all (multinomial).",
        ClickLoss.Logistic);

    /// <summary>Whether a user's clicks are divided by their Euclidean norm; off by default.</summary>
    public static readonly Setting<bool> Normalize = Setting.Flag("normalize",
        "Divide a user's clicks by their Euclidean norm, so that who clicked much is read no louder.");

    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "ae",
        Title = "AE",
        Summary = "A denoising autoencoder of a user's clicks, whatever each of them counts.",
        Citation = "Vincent, Larochelle, Lajoie, Bengio, Manzagol 2010, Stacked denoising autoencoders: learning "
            + "useful representations in a deep network with a local denoising criterion; the defaults are of no paper",
        Settings =
        [
            Widths, Loss, Normalize, Autoencoders.KeepProbability.WithDefault(0.5),
            Autoencoders.WeightDecay, GradientFit.EpochCount, GradientFit.BatchSize.WithDefault(100),
            Autoencoders.LearningRate.WithDefault(1e-3), FitRun.ValidateEvery, FitRun.Patience.WithDefault(100),
            GradientFit.Seed,
        ],
        Grid = [Loss.Over(ClickLoss.Logistic, ClickLoss.Multinomial), Normalize.Over(false, true),
            Autoencoders.LearningRate.Over(1e-3, 3e-3)],
        Check = settings => CheckWidths(settings, settings.Get(Widths).Count > 0, "at least one layer"),
        Fit = (data, settings, device) => new AeFit(data, settings, device),
        Load = (data, device) => new NetworkRecommender(data, device, Shape(data.Settings)),
    };

    internal static NetworkShape Shape(Settings settings) =>
        new(settings.Get(Widths), Activation.Tanh, settings.Get(Normalize));

    internal static OutputLoss LossOf(Settings settings, double scale) => settings.Get(Loss) switch
    {
        ClickLoss.Square => new(Likelihood.Gaussian, scale, C1: 1, C0: 1, Activation.Sigmoid),
        ClickLoss.Multinomial => new(Likelihood.Multinomial, scale),
        _ => new(Likelihood.Logistic, scale),
    };

    internal static void CheckWidths(Settings settings, bool holds, string expected)
    {
        if (!holds)
            throw new ArgumentException($"{Widths.Name} is {settings.Text(Widths)}; expected {expected}", Widths.Name);
    }
}

internal sealed class AeFit(FitData data, Settings settings, Device device)
    : NetworkFit(data, settings, device, Ae.Shape(settings))
{
    protected override (ClickBatch Inputs, ClickBatch Targets) Prepare(ClickBatch batch)
    {
        var dropout = new RandomStream(Settings.Get(Seed), RandomPurpose.Dropout, (ulong)Position.Step);
        double keep = Settings.Get(Autoencoders.KeepProbability);
        if (Settings.Get(Ae.Normalize))
            Compute.NormalizeRowsDropout(dropout, keep, batch, X); // x~ = x / ||x||, mask / keep
        else
            Compute.ClickDropout(dropout, keep, batch, X);        // x~ = x mask / keep
        return (batch, batch);
    }

    protected override OutputLoss Loss(double scale) => Ae.LossOf(Settings, scale);
}
