using VaeCf.Kernels;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>
/// The collaborative denoising autoencoder: a hidden layer that also reads who the user is, z = h(x~ W + V_u + b), and
/// an output for every item, o(z W2' + b2). V_u is a row of a user of the training; of others it is 0, or fitted to
/// their clicks. The paper's variants are M1, identity and identity with the square loss; M2, identity and sigmoid with
/// the logistic one; M3, sigmoid and identity with the square loss; M4, sigmoid and sigmoid with the logistic one.
/// </summary>
public static class Cdae
{
    /// <summary>Units of the hidden layer, K; 200 by default.</summary>
    public static readonly Setting<int> Latent =
        Autoencoders.Latent.WithDefault(200, "50; 200 in Liang et al. 2018");

    /// <summary>h; tanh by default.</summary>
    public static readonly Setting<Activation> HiddenActivation = Setting.Choice("hidden_activation",
        "What the hidden units make of their input.", Activation.Tanh,
        paper: "identity (M1, M2) or sigmoid (M3, M4); tanh in Liang et al. 2018");

    /// <summary>o with the square loss, which the logistic one has as the sigmoid; tanh by default.</summary>
    public static readonly Setting<Activation> OutputActivation = Setting.Choice("output_activation",
        "What is made of the outputs before the square loss compares them with the clicks: identity, tanh or sigmoid. "
        + "The logistic loss has the sigmoid.", Activation.Tanh,
        paper: "identity (M1, M3) or sigmoid (M2, M4); tanh in Liang et al. 2018");

    /// <summary>The loss; half the square error by default.</summary>
    public static readonly Setting<ClickLoss> Loss =
        Ae.Loss.WithDefault(ClickLoss.Square, "square (M1, M3; Liang et al. 2018) or logistic (M2, M4)");

    /// <summary>Weight of the clicks in the square loss, where everything else weighs 1; 20 by default.</summary>
    public static readonly Setting<double> WeightOnOnes = Setting.Positive("weight_on_ones",
        "Weight of the clicks in the square loss, where everything else weighs 1.", 20,
        paper: "1; in Liang et al. 2018 1 more than the negatives of a click");

    /// <summary>
    /// Items that a user did not click, drawn for each click anew in every epoch; 0, all of them, by default.
    /// </summary>
    public static readonly Setting<int> Negatives = Setting.Integer("negatives",
        "Items without a click that are in the loss, for each click of the user; drawn anew in every epoch. 0: all.",
        0, least: 0, paper: "5", most: 1_000);

    /// <summary>Strength of the L2 term on all weights and biases, those of all users too; 0.01 by default.</summary>
    public static readonly Setting<double> WeightDecay = Setting.Number("weight_decay",
        "Strength of the L2 term, half the sum of squares of all weights and biases, those of all users too.", 0.01,
        paper: "chosen on the data; from 0.01 to 100 in Liang et al. 2018");

    /// <summary>The optimiser's learning rate; 0.001 by default.</summary>
    public static readonly Setting<double> LearningRate = Setting.Positive("learning_rate",
        "Learning rate of the optimiser.", 1e-3, option: "--lr", paper: "0.001 to 1, chosen on the data");

    /// <summary>The optimiser; Adam by default.</summary>
    public static readonly Setting<OptimizerKind> Optimizer = Setting.Choice("optimizer",
        "How weights are updated.", OptimizerKind.Adam, paper: "AdaGrad; Adam in Liang et al. 2018");

    /// <summary>Gradient steps that fit the node of a user whom training did not see; 0 by default.</summary>
    public static readonly Setting<int> FoldInSteps = Setting.Integer("fold_in_steps",
        "Steps of the optimiser that fit the node V_u of a user whom training did not see to the history, without "
        + "dropout and over all items; 0: V_u is 0.", 0, least: 0, most: 1_000);

    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "cdae",
        Title = "CDAE",
        Summary = "A denoising autoencoder of a user's clicks with a node for the user.",
        Citation = "Wu, DuBois, Zheng, Ester 2016, Collaborative denoising auto-encoders for top-N recommender "
            + "systems; the defaults are near those of Liang, Krishnan, Hoffman, Jebara 2018, Variational autoencoders "
            + "for collaborative filtering (arXiv 1802.05814)",
        Settings =
        [
            Latent, HiddenActivation, OutputActivation, Loss, WeightOnOnes, Negatives,
            Autoencoders.KeepProbability.WithDefault(0.5, "0 to 0.8, chosen on the data"), WeightDecay, Optimizer,
            FoldInSteps, GradientFit.EpochCount, GradientFit.BatchSize.WithDefault(100, "1; 500 in Liang et al. 2018"),
            LearningRate, FitRun.ValidateEvery, FitRun.Patience.WithDefault(100), GradientFit.Seed,
        ],
        Grid =
        [
            WeightOnOnes.Over(5, 20), WeightDecay.Over(1e-3, 0.01), Autoencoders.KeepProbability.Over(0.3, 0.5),
        ],
        Check = CheckTogether,
        KeepsUsers = true,
        Fit = (data, settings, device) => new CdaeFit(data, settings, device),
        Load = (data, device) => new CdaeRecommender(data, device),
    };

    private static void CheckTogether(Settings settings)
    {
        ClickLoss loss = settings.Get(Loss);
        Require(loss != ClickLoss.Multinomial, Loss, "square or logistic");
        Require(settings.Get(OutputActivation) is not (Activation.Relu or Activation.Selu), OutputActivation,
            "identity, tanh or sigmoid");
        Require(loss == ClickLoss.Square || settings.Get(OutputActivation) is Activation.Sigmoid
            || settings.Get(OutputActivation) == OutputActivation.Default, OutputActivation,
            "sigmoid, or its default, with the logistic loss, which has the sigmoid");
        Require(loss == ClickLoss.Square || settings.Get(WeightOnOnes) == WeightOnOnes.Default, WeightOnOnes,
            "its default with the logistic loss, which has no weights");

        void Require(bool holds, Setting setting, string expected)
        {
            if (!holds)
                throw new ArgumentException($"{setting.Name} is {settings.Text(setting)}; expected {expected}",
                    setting.Name);
        }
    }

    internal static OutputLoss LossOf(Settings settings, double scale) => settings.Get(Loss) == ClickLoss.Logistic
        ? new(Likelihood.Logistic, scale)
        : new(Likelihood.Gaussian, scale, settings.Get(WeightOnOnes), C0: 1, settings.Get(OutputActivation));
}
