using VaeCf.Kernels;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>
/// DeepRec (Kuchaiev and Ginsburg 2017): a deep autoencoder of a user's ratings r, 0 where there is none, with the same
/// widths on both sides and dropout of its code alone. Its loss is one ratio over the whole batch, with mask m:
///
///     y = f(r)        loss = sum of m (y - r)^2 / sum of m
///
/// A batch may be fed again: its outputs y, dense and a constant, are then input and target alike, f(y) = y, for what a
/// good autoencoder returns it returns again.
/// </summary>
public static class DeepRec
{
    /// <summary>Widths of the encoder; 512, 512, 1024 by default. The decoder has them in reverse.</summary>
    public static readonly Setting<IReadOnlyList<int>> Widths = Setting.Widths("widths",
        "Widths of the encoder's layers, input side first, at least one; the last is a user's code, and the decoder "
        + "has the others in reverse.", [512, 512, 1024], paper: Setting.Same);

    /// <summary>Whether the decoder's weights are the encoder's; off by default.</summary>
    public static readonly Setting<bool> Tied = Setting.Flag("tied",
        "Let the decoder multiply by the encoder's weights transposed; it has biases of its own.");

    /// <summary>Probability that a unit of the code survives dropout; 0.2 by default.</summary>
    public static readonly Setting<double> KeepProbability = Setting.Probability("keep_probability",
        "Probability that a unit of the code survives dropout.", 0.2, option: "--keep", paper: Setting.Same);

    /// <summary>How often a batch's outputs are fed again; 1 by default.</summary>
    public static readonly Setting<int> Refeeding = Setting.Integer("refeeding",
        "How often the outputs of a batch are fed to the network again, each time with an update of its own.", 1,
        least: 0, paper: "0, and 1 with a learning rate of 0.005", most: 100);

    /// <summary>
    /// Whether the mean of the training ratings is subtracted before, and added to what is predicted; off by default.
    /// Otherwise the outputs start near 0 and have to climb to the ratings first. Ratings less their mean are below
    /// SELU's range, so the output layer is then linear, as the paper has it for such data.
    /// </summary>
    public static readonly Setting<bool> SubtractMean = Setting.Flag("subtract_mean",
        "Subtract the mean of the training ratings before, and add it to what is predicted. The output layer is then "
        + "linear, for SELU's range ends at -1.76; otherwise its outputs start near 0, and the first losses are near "
        + "the mean square of the ratings.");

    /// <summary>Learning rate; 0.005 by default.</summary>
    public static readonly Setting<double> LearningRate = Setting.Positive("learning_rate",
        "Learning rate of gradient descent.", 0.005, option: "--lr", paper: "0.001, and 0.005 with re-feeding");

    /// <summary>Epochs at whose start the learning rate is halved; none by default.</summary>
    public static readonly Setting<IReadOnlyList<int>> HalveAfter = Setting.Widths("halve_after",
        "Numbers of epochs after which the learning rate is halved.", [],
        paper: "none; 24, 36, 48, 66, 72 in the authors' program");

    /// <summary>Momentum; 0.9 by default.</summary>
    public static readonly Setting<double> Momentum = Setting.Share("momentum",
        "Share of the last step's velocity that stays.", 0.9, paper: Setting.Same);

    /// <summary>Strength of the L2 term on the weights; 0 by default.</summary>
    public static readonly Setting<double> WeightDecay = Autoencoders.WeightDecay;

    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "deeprec",
        Title = "DeepRec",
        Summary = "Predicts ratings: a deep autoencoder of each user's ratings, for any user who has some.",
        Citation = "Kuchaiev, Ginsburg 2017, Training deep autoencoders for collaborative filtering (arXiv 1708.01715)",
        Settings =
        [
            Widths, Tied, KeepProbability, Refeeding, SubtractMean, LearningRate, HalveAfter, Momentum, WeightDecay,
            GradientFit.EpochCount, GradientFit.BatchSize.WithDefault(128, Setting.Same), FitRun.ValidateEvery,
            FitRun.Patience, GradientFit.Seed,
        ],
        PredictsRatings = true,
        Grid = [LearningRate.Over(0.001, 0.005, 0.02), KeepProbability.Over(0.2, 0.35), SubtractMean.Over(false, true)],
        Check = settings =>
        {
            if (settings.Get(Widths).Count == 0)
                throw new ArgumentException($"{Widths.Name} is {settings.Text(Widths)}; expected at least one layer",
                    Widths.Name);
        },
        Fit = (data, settings, device) => new DeepRecFit(data, settings, device),
        Load = (data, device) => new DeepRecRecommender(data, device),
    };

    internal static Activation Output(Settings settings) =>
        settings.Get(SubtractMean) ? Activation.Identity : Activation.Selu;
}
