using VaeCf.Kernels;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>How SVAE weighs the steps of a user's history in the loss.</summary>
public enum SequenceLoss
{
    /// <summary>
    /// The cross-entropies of the steps added up, over the number of items that come next at the first step, and the
    /// mean of their KLs: the KL counts the less the longer the history is.
    /// </summary>
    Authors,
    /// <summary>The mean over the steps of the cross-entropy, over the number of next items, and the KL.</summary>
    Elbo,
}

/// <summary>
/// The sequential variational autoencoder: a recurrent unit reads a history, the oldest item first, and from its state
/// after each step a latent z gives the distribution of the items that come next. Where the order of a history is not
/// known, its items are read by their number.
/// </summary>
public static class Svae
{
    /// <summary>Width of an item's vector, E; 256 by default.</summary>
    public static readonly Setting<int> Embedding =
        Setting.Width("embedding", "Width of the vector by which an item is read.", 256, paper: Setting.Same);

    /// <summary>Width of the recurrent state, H; 200 by default.</summary>
    public static readonly Setting<int> State =
        Setting.Width("state", "Width of the recurrent unit's state.", 200, paper: Setting.Same);

    /// <summary>Width of the layer of the encoder and of that of the decoder; 150 by default.</summary>
    public static readonly Setting<IReadOnlyList<int>> Hidden = Setting.Widths("hidden",
        "Width of the encoder's layer and of the decoder's, one number.", [150], paper: Setting.Same);

    /// <summary>Width of the code, Z; 64 by default.</summary>
    public static readonly Setting<int> Latent = Autoencoders.Latent.WithDefault(64, Setting.Same);

    /// <summary>How many of the items that come next are the target of a step, k; 4 by default.</summary>
    public static readonly Setting<int> Next = Setting.Integer("next",
        "How many of the items that come next a step is to predict; fewer at the end of a history.", 4, least: 1,
        paper: Setting.Same, most: 1_000);

    /// <summary>How steps are weighed; as the authors do by default.</summary>
    public static readonly Setting<SequenceLoss> Loss = Setting.Choice("loss_form",
        "How the steps of a history are weighed: as in the authors' program (the cross-entropies added up, over the "
        + "number of items next to the first step, and the mean of the KLs), or as in the evidence lower bound (the "
        + "mean of both over the steps).", SequenceLoss.Authors, paper: Setting.Same);

    /// <summary>The deviation of z; exp(l / 2) of the log-variance l by default.</summary>
    public static readonly Setting<Sampling> Deviation = Setting.Choice("sampling",
        "The deviation of z by the l that the KL takes for a log-variance: exp(l / 2), or exp(l).",
        Sampling.HalfLogvar, paper: "halflogvar; logsigma in the authors' program");

    /// <summary>What times a weight is added to its gradient; 0.005 by default.</summary>
    public static readonly Setting<double> WeightDecay = Setting.Number("weight_decay",
        "Strength of the L2 term, half the sum of squares of all weights and biases.", 0.005,
        paper: "0.01; 0.005 in the authors' program");

    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "svae",
        Title = "SVAE",
        Summary = "A recurrent variational autoencoder of a user's clicks in their order.",
        Citation = "Sachdeva, Manco, Ritacco, Pudi 2019, Sequential variational autoencoders for collaborative "
            + "filtering (arXiv 1811.09975), with the settings of the authors' program where it differs",
        Settings =
        [
            Embedding, State, Hidden, Latent, Next, Loss, Deviation, WeightDecay,
            Autoencoders.AnnealSteps.WithDefault(null, "200000"), Autoencoders.BetaCap,
            GradientFit.EpochCount.WithDefault(25, Setting.Same), GradientFit.BatchSize.WithDefault(1, Setting.Same),
            Autoencoders.LearningRate, FitRun.ValidateEvery.WithDefault(1), FitRun.Patience, GradientFit.Seed,
        ],
        Grid = [Next.Over(1, 4), WeightDecay.Over(0, 0.005), Autoencoders.BetaCap.Over(0, 0.2)],
        Check = settings =>
        {
            if (settings.Get(Hidden).Count != 1)
                throw new ArgumentException($"{Hidden.Name} is {settings.Text(Hidden)}; expected one width",
                    Hidden.Name);
        },
        ReadsOrder = true,
        Fit = (data, settings, device) => new SvaeFit(data, settings, device),
        Load = (data, device) => new SvaeRecommender(data, device),
    };

    internal static SvaeShape Shape(Settings settings, int items) => new(items, settings.Get(Embedding),
        settings.Get(State), settings.Get(Hidden)[0], settings.Get(Latent));

    /// <summary>What a target of a user with a number of steps weighs, and what the KL of a step.</summary>
    internal static (double Target, double Kl) Weights(SequenceLoss form, int next, int steps) =>
        form == SequenceLoss.Authors
            ? (1.0 / Math.Min(next, steps), 1.0 / steps)
            : (1.0 / ((double)next * steps), 1.0 / steps);
}
