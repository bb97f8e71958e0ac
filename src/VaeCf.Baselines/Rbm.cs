using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>What the gradient of an item's weights is averaged over.</summary>
public enum RbmAveraging
{
    /// <summary>All users of the batch, as the hidden units' is: an item that few rated learns slowly.</summary>
    Users,
    /// <summary>Those users of the batch who rated the item.</summary>
    Raters,
}

/// <summary>
/// Restricted Boltzmann machines (Salakhutdinov, Mnih, Hinton 2007): a user's visible units and F hidden ones, with
/// weights between the two layers and none within. For ratings, an item that the user rated is a softmax unit of K
/// values, and what was not rated has no unit; v is 1 at a rating's value. For clicks, every item is a unit of 0 or 1:
///
///     p(h_j = 1 | v) = s(b_j + sum of v_ik W_ikj)
///     ratings: p(v_i = k | h) = softmax over k of (a_ik + sum of h_j W_ikj)
///     clicks:  p(v_i = 1 | h) = s(a_i + sum of h_j W_ij)
///
/// Contrastive divergence runs a Markov chain of T steps from the data v_0 to v_T, and ascends v_0 p(h | v_0) - v_T
/// p(h | v_T). All users of a batch make their steps at once.
/// </summary>
public static class Rbm
{
    /// <summary>Hidden units, F; 100 by default.</summary>
    public static readonly Setting<int> Units =
        Setting.Width("units", "Hidden units, F.", 100, paper: Setting.Same);

    /// <summary>Steps of the Markov chain, T; 1, 3, 5, 9 by default, a quarter of the epochs each.</summary>
    public static readonly Setting<IReadOnlyList<int>> ChainSteps = Setting.Widths("chain_steps",
        "Steps T of the Markov chain of contrastive divergence; of several, each has an equal part of the epochs.",
        [1, 3, 5, 9], paper: "1 at first, then 3, 5, 9");

    /// <summary>Learning rate of the mean gradient; 0.01 by default.</summary>
    public static readonly Setting<double> LearningRate = Setting.Positive("learning_rate",
        "Learning rate, of gradients that are means.", 0.01, option: "--lr", paper: Setting.Same);

    /// <summary>Momentum; 0.9 by default.</summary>
    public static readonly Setting<double> Momentum = DeepRec.Momentum;

    /// <summary>Strength of the decay of weights, not of biases; 0.001 by default.</summary>
    public static readonly Setting<double> WeightDecay = Setting.Number("weight_decay",
        "Strength of the decay of the weights, not of the biases.", 0.001, paper: Setting.Same);

    /// <summary>What the gradient of an item's weights is averaged over; the batch's users by default.</summary>
    public static readonly Setting<RbmAveraging> Averaging = Setting.Choice("averaging",
        "What the gradient of an item's weights is averaged over: the batch's users, or those who rated it (raters).",
        RbmAveraging.Users, paper: Setting.Same);

    internal const string Paper = "Salakhutdinov, Mnih, Hinton 2007, Restricted Boltzmann machines for collaborative "
        + "filtering (ICML 2007)";

    /// <summary>The model of ratings, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "rbm",
        Title = "RBM",
        Summary = "Predicts ratings: a Boltzmann machine with a softmax unit for each rating, for any user who has "
            + "some.",
        Citation = Paper,
        Settings = [Units, ChainSteps, LearningRate, Momentum, WeightDecay, Averaging, .. Training],
        PredictsRatings = true,
        Grid = [LearningRate.Over(0.01, 0.05, 0.2), Units.Over(50, 100), ChainSteps.Over([1], [1, 3, 5])],
        Check = Check,
        Fit = (data, settings, device) => new RatingRbmFit(data, settings, device),
        Load = (data, device) => new RatingRbmRecommender(data, device),
    };

    internal static IReadOnlyList<Setting> Training =>
    [
        GradientFit.EpochCount, GradientFit.BatchSize.WithDefault(100, "1,000"), FitRun.ValidateEvery, FitRun.Patience,
        GradientFit.Seed,
    ];

    internal static void Check(Settings settings)
    {
        if (settings.Get(ChainSteps).Count == 0)
            throw new ArgumentException(
                $"{ChainSteps.Name} is {settings.Text(ChainSteps)}; expected at least one number", ChainSteps.Name);
    }

    /// <summary>T in an epoch.</summary>
    internal static int StepsAt(Settings settings, int epoch, int epochs)
    {
        IReadOnlyList<int> steps = settings.Get(ChainSteps);
        return steps[(int)((long)epoch * steps.Count / epochs)];
    }
}

/// <summary>The RBM for clicks: a Bernoulli unit for every item. See <see cref="Rbm"/>.</summary>
public static class ClickRbm
{
    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "rbmclicks",
        Title = "RBM of clicks",
        Summary = "A Boltzmann machine with a unit of 0 or 1 for every item, whatever a click counts.",
        Citation = Rbm.Paper + "; with Bernoulli units in place of softmax units, and all items visible",
        Settings = [Rbm.Units, Rbm.ChainSteps, Rbm.LearningRate, Rbm.Momentum, Rbm.WeightDecay, .. Rbm.Training],
        Grid = [Rbm.LearningRate.Over(0.01, 0.05, 0.2), Rbm.Units.Over(100, 300), Rbm.ChainSteps.Over([1], [1, 3, 5])],
        Check = Rbm.Check,
        Fit = (data, settings, device) => new ClickRbmFit(data, settings, device),
        Load = (data, device) => new ClickRbmRecommender(data, device),
    };
}
