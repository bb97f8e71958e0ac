using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>
/// Neural collaborative filtering (He and others 2017): how likely it is that a user clicks an item, from a vector of
/// each, trained on clicks and on items drawn from those that the user did not click.
///
///     GMF    f = h . (p_u * q_i) + c
///     MLP    a_0 = [P_u | Q_i]    a_l = relu(a_(l-1) W_l + b_l)    f = h . a_L + c
///     NeuMF  f = h . [p_u * q_i | a_L] + c, the two parts with vectors of their own
///
/// The loss is the mean over a batch's pairs of the cross-entropy of s(f). A user is known by the id: one whom training
/// did not see has the mean of all users' vectors, so that all strangers get the same list.
/// </summary>
public static class Ncf
{
    /// <summary>Factors of GMF: the width of a user's and of an item's vector; 8 by default.</summary>
    public static readonly Setting<int> Factors = Setting.Width("factors",
        "Factors of a user and of an item, F.", 8, paper: "8, 16, 32 or 64");

    /// <summary>Width of a user's and of an item's vector of the MLP; 32 by default.</summary>
    public static readonly Setting<int> MlpFactors = Setting.Width("mlp_factors",
        "Width of a user's and of an item's vector that the MLP reads.", 32,
        paper: "the last hidden layer's width times 4, with three hidden layers");

    /// <summary>Widths of the MLP's hidden layers; 32, 16, 8 by default.</summary>
    public static readonly Setting<IReadOnlyList<int>> Widths = Setting.Widths("widths",
        "Widths of the MLP's hidden layers, input side first; at least one.", [32, 16, 8],
        paper: "three layers, each half as wide as the one before, to 8, 16, 32 or 64");

    /// <summary>Items without a click that are drawn for each click, anew in every epoch; 4 by default.</summary>
    public static readonly Setting<int> Negatives = Setting.Integer("negatives",
        "Items drawn for each click from those that the user did not click, each as likely as another; drawn anew in "
        + "every epoch.", 4, least: 1, paper: Setting.Same, most: 1_000);

    /// <summary>Whether Adam leaves the vectors alone that no pair of a batch has; off by default.</summary>
    public static readonly Setting<bool> LazyAdam = Setting.Flag("lazy_adam",
        "Let Adam update only the vectors of a batch's users and items, and keep the moments of the others as they "
        + "are; by default it is exact, and every vector moves in every update, which takes time with all users and "
        + "items.");

    /// <summary>Epochs in which NeuMF's parts are trained apart, before it is; 0 by default.</summary>
    public static readonly Setting<int> PretrainEpochs = Setting.Integer("pretrain_epochs",
        "Epochs, the first of all, in which GMF and MLP are trained apart. Then NeuMF starts from their vectors and "
        + "layers and from half of their output weights, and is trained by plain gradient descent. 0: it is trained as "
        + "one by Adam.", 0, least: 0, paper: "both, and better with it");

    /// <summary>Learning rate of gradient descent after the parts were trained; 0.001 by default.</summary>
    public static readonly Setting<double> DescentRate = Setting.Positive("descent_rate",
        "Learning rate of plain gradient descent, after epochs in which the parts were trained apart.", 1e-3);

    /// <summary>Passes over the clicks and their negatives; 20 by default.</summary>
    public static readonly Setting<int> EpochCount = Setting.Integer("epochs",
        "Passes over the clicks and the items drawn for them.", 20, least: 1, paper: Setting.Same);

    /// <summary>Pairs per update, B; 256 by default. The last batch of an epoch may be smaller.</summary>
    public static readonly Setting<int> BatchSize = Setting.Integer("batch",
        "Pairs of a user and an item per update, B; the last batch of an epoch may be smaller.", 256, least: 1,
        paper: "128 to 1,024");

    /// <summary>Adam's learning rate; 0.001 by default.</summary>
    public static readonly Setting<double> LearningRate = Setting.Positive("learning_rate",
        "Learning rate of Adam.", 1e-3, option: "--lr", paper: "0.0001 to 0.005");

    internal const string Paper =
        "He, Liao, Zhang, Nie, Hu, Chua 2017, Neural collaborative filtering (WWW 2017; arXiv 1708.05031)";

    internal static readonly IReadOnlyList<Setting> Training =
    [
        Negatives, LazyAdam, EpochCount, BatchSize, LearningRate, FitRun.ValidateEvery, FitRun.Patience,
        GradientFit.Seed,
    ];

    internal static Fit Fit(FitData data, Settings settings, Device device) => new NcfFit(data, settings, device);

    internal static Recommender Load(ModelData data, Device device) => new NcfRecommender(data, device);

    /// <summary>Throws unless the MLP has a hidden layer.</summary>
    internal static void CheckWidths(Settings settings)
    {
        if (settings.Get(Widths).Count == 0)
            throw new ArgumentException(
                $"{Widths.Name} is {settings.Text(Widths)}; expected at least one hidden layer", Widths.Name);
    }
}
