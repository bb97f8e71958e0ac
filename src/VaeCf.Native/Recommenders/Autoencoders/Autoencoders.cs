using VaeCf.Kernels;
using VaeCf.Native.Networks;
using VaeCf.Native.Training;

namespace VaeCf.Native.Recommenders;

/// <summary>
/// The settings that the autoencoders share (Liang et al. 2018, "Variational autoencoders for collaborative filtering",
/// where no other source is named). Each model lists those that it has, with the defaults of its paper; the defaults
/// given here hold where a model has none of its own.
/// </summary>
public static class Autoencoders
{
    /// <summary>Distribution of the clicks given the logits; multinomial by default.</summary>
    public static readonly Setting<Likelihood> Likelihood =
        Setting.Choice("likelihood", "Distribution of the clicks given the logits.", Kernels.Likelihood.Multinomial,
            paper: Setting.Same);

    /// <summary>Widths of the encoder's hidden layers, input side first; one layer of 600 by default.</summary>
    public static readonly Setting<IReadOnlyList<int>> Hidden = Setting.Widths("hidden",
        "Widths of the encoder's hidden layers, input side first; none or 0: no hidden layer. The decoder mirrors "
        + "them, but recvae's has none. Vamp, hvamp and recvae need at least one layer, recvae layers of one width.",
        [600],
        paper: Setting.Same);

    /// <summary>Width of the code, Z; 200 by default.</summary>
    public static readonly Setting<int> Latent = Setting.Width("latent", "Width of the code, Z.", 200,
        paper: Setting.Same);

    /// <summary>
    /// Gated linear units, (x W + b) sigmoid(x V + c), in place of tanh (Kim and Suh 2019, section 3.3); off by
    /// default.
    /// </summary>
    public static readonly Setting<bool> Gated =
        Setting.Flag("gated", "Gated linear units in place of tanh in hidden layers.");

    /// <summary>Number of pseudo-inputs of the VampPrior, C; 1,000 by default.</summary>
    public static readonly Setting<int> Components =
        Setting.Width("components", "Pseudo-inputs of the VampPrior.", 1000, paper: Setting.Same);

    /// <summary>Probability that a click of the input survives dropout; 0.5 by default.</summary>
    public static readonly Setting<double> KeepProbability = Setting.Probability("keep_probability",
        "Probability that a click of the input survives dropout.", 0.5, option: "--keep",
        paper: Setting.Same);

    /// <summary>Strength N of the L2 term N/2 sum W^2, over weights but not biases; 0 by default.</summary>
    public static readonly Setting<double> WeightDecay =
        Setting.Number("weight_decay", "Strength of the L2 term, 1/2 N sum W^2 over weights.", 0);

    /// <summary>Weight of the clicks in the Gaussian likelihood; 2 by default.</summary>
    public static readonly Setting<double> GaussianC1 =
        Setting.Positive("gaussian_c1", "Weight of clicks in the Gaussian likelihood.", 2);

    /// <summary>Weight of everything else in the Gaussian likelihood; 1 by default.</summary>
    public static readonly Setting<double> GaussianC0 =
        Setting.Positive("gaussian_c0", "Weight of everything else in the Gaussian likelihood.", 1);

    /// <summary>Adam's learning rate; 0.001 by default.</summary>
    public static readonly Setting<double> LearningRate =
        Setting.Positive("learning_rate", "Learning rate of Adam.", 1e-3, option: "--lr", paper: Setting.Same);

    /// <summary>
    /// N of beta = min(cap, updates / N) (Liang et al. 2018, section 2.2.2). By default it is chosen so that beta
    /// reaches its cap half-way through the run.
    /// </summary>
    public static readonly Setting<double?> AnnealSteps = Setting.OptionalNumber("anneal_steps",
        "beta, the weight of the KL term, is updates / N up to its cap. By default the cap is reached half-way through "
        + "the run; with --find-beta, beta reaches 1 at the end of the search.");

    /// <summary>
    /// The epoch from which beta is at its cap, to which it rises by equal parts each epoch (Kim and Suh 2019). By
    /// default beta rises by update instead, see <see cref="AnnealSteps"/>.
    /// </summary>
    public static readonly Setting<int?> WarmUpEpochs = Setting.OptionalInteger("warm_up_epochs",
        "beta rises epoch by epoch, in place of --anneal-steps, and is at its cap from epoch N on.", least: 1,
        option: "--warm-up");

    /// <summary>
    /// Highest weight of the KL term; for RecVAE that of the KL term times the number of the user's clicks, which the
    /// paper calls gamma. 0.2 by default.
    /// </summary>
    public static readonly Setting<double> BetaCap =
        Setting.Number("beta_cap", "Highest beta; in recvae the weight of the KL term per click, gamma.", 0.2,
            paper: Setting.Same);

    /// <summary>What weights and biases start as; <see cref="Recommenders.WeightStart.Xavier"/> by default.</summary>
    public static readonly Setting<WeightStart> WeightStart =
        Setting.Choice("weight_start", "Distribution of the first weights.", Recommenders.WeightStart.Xavier,
            paper: Setting.Same);

    /// <summary>
    /// What the VampPrior's pseudo-inputs start as; <see cref="Recommenders.PseudoInputStart.Random"/> by default.
    /// </summary>
    public static readonly Setting<PseudoInputStart> PseudoInputStart = Setting.Choice("pseudo_input_start",
        "What pseudo-inputs start as: noise, or rows of the data with noise.", Recommenders.PseudoInputStart.Random,
        paper: Setting.Same);

    /// <summary>
    /// Whether each tensor's gradient is divided by its Euclidean norm before Adam uses it (Kim and Suh 2019, the
    /// authors' code); off by default.
    /// </summary>
    public static readonly Setting<bool> NormalizeGradients =
        Setting.Flag("normalize_gradients", "Divide each tensor's gradient by its norm before Adam.");

    // In the order in which texts and files list them.
    internal static IReadOnlyList<Setting> Shape { get; } =
        [Likelihood, Hidden, Latent, Gated, KeepProbability, WeightDecay, GaussianC1, GaussianC0];

    internal static IReadOnlyList<Setting> Kl { get; } = [AnnealSteps, WarmUpEpochs, BetaCap];

    internal static IReadOnlyList<Setting> PseudoInputs { get; } = [Components, PseudoInputStart];

    internal static IReadOnlyList<Setting> TrainingSettings { get; } =
        [GradientFit.EpochCount.WithDefault(null, "200 on ML-20M"),
            GradientFit.BatchSize.WithDefault(500, Setting.Same), LearningRate, WeightStart, NormalizeGradients,
            FitRun.ValidateEvery, FitRun.Patience, GradientFit.Seed];

    /// <summary>
    /// The description of an autoencoder. Its settings are the given ones, each with the model's own default where it
    /// has one.
    /// </summary>
    internal static ModelType Describe(string name, string title, string summary, string citation,
        Func<Arena, Settings, int, Autoencoder> network, IEnumerable<Setting> settings, IReadOnlyList<Setting> own,
        IReadOnlyList<SettingGrid> grid, Action<Settings>? check = null) => new AutoencoderType
        {
            Network = network,
            Name = name,
            Title = title,
            Summary = summary,
            Citation = citation,
            Settings = [.. settings.Select(setting =>
                own.FirstOrDefault(other => other.Name == setting.Name) ?? setting)],
            Grid = grid,
            Check = values =>
            {
                CheckTogether(values);
                check?.Invoke(values);
            },
            Fit = (data, values, device) => new AutoencoderFit(data, values, device),
            Load = (data, device) => new AutoencoderRecommender(data, device),
        };

    private static void CheckTogether(Settings settings)
    {
        if (settings.Get(Likelihood) != Kernels.Likelihood.Gaussian)
            foreach (Setting<double> weight in (ReadOnlySpan<Setting<double>>)[GaussianC1, GaussianC0])
                Require(settings.Get(weight) == weight.Default, weight, settings,
                    "its default with another likelihood than gaussian, which alone has such weights");
        if (settings.Has(BetaCap))
            Require(!settings.IsGiven(WarmUpEpochs) || !settings.IsGiven(AnnealSteps)
                    || settings.Get(WarmUpEpochs) is null || settings.Get(AnnealSteps) is null,
                WarmUpEpochs, settings, "none beside anneal_steps: beta rises by epoch or by update");
    }

    /// <summary>Throws unless a value goes with the others.</summary>
    internal static void Require(bool holds, Setting setting, Settings settings, string expected)
    {
        if (!holds)
            throw new ArgumentException($"{setting.Name} is {settings.Text(setting)}; expected {expected}",
                setting.Name);
    }
}

/// <summary>The description of an autoencoder, which also makes its network.</summary>
internal sealed class AutoencoderType : ModelType
{
    public required Func<Arena, Settings, int, Autoencoder> Network { get; init; }
}
