using VaeCf.Native.Training;


namespace VaeCf.Native.Recommenders;

/// <summary>A model with the settings of the paper that it comes from. They suit MovieLens-20M; smaller data may ask for others.</summary>
/// <param name="Citation">The paper, and where the settings are its authors' code's.</param>
/// <param name="Config">The model.</param>
/// <param name="Training">How to train it.</param>
public sealed record ModelPreset(string Citation, ModelConfig Config, TrainingOptions Training)
{
    // The authors' 0.01 / 500 per sum of squares is twice that per half the sum.
    private const double MultDaeWeightDecay = 4e-5;

    private static readonly TrainingOptions flexiblePrior = new()
    {
        Epochs = 400,
        BatchSize = 200,
        LearningRate = 5e-4,
        WarmUpEpochs = 100,
        BetaCap = 0.3,
        Patience = 50,
        WeightStart = WeightStart.HeNormal,
        NormalizeGradients = true,
    };

    /// <summary>A preset for each <see cref="ModelKind"/>, in its order.</summary>
    public static IReadOnlyList<ModelPreset> All { get; } =
    [
        new("Liang, Krishnan, Hoffman, Jebara 2018, Variational autoencoders for collaborative filtering (arXiv 1802.05814); epochs and annealing by the size of the data",
            new ModelConfig(), new TrainingOptions()),
        new("Liang, Krishnan, Hoffman, Jebara 2018, Variational autoencoders for collaborative filtering (arXiv 1802.05814), section 2.4; epochs by the size of the data",
            new ModelConfig { Kind = ModelKind.MultDae, WeightDecay = MultDaeWeightDecay }, new TrainingOptions()),
        new("Kim, Suh 2019, Enhancing VAEs for collaborative filtering: flexible priors and gating mechanisms (arXiv 1911.00936); the authors' code",
            new ModelConfig { Kind = ModelKind.Vamp, Likelihood = Likelihood.Logistic }, flexiblePrior),
        new("Kim, Suh 2019, Enhancing VAEs for collaborative filtering: flexible priors and gating mechanisms (arXiv 1911.00936); the authors' command, gated, of two layers",
            new ModelConfig { Kind = ModelKind.HVamp, Likelihood = Likelihood.Logistic, Hidden = [600, 600], Gated = true }, flexiblePrior),
        new("Shenbin, Alekseev, Tutubalina, Malykh, Nikolenko 2020, RecVAE: a new variational autoencoder for top-N recommendations with implicit feedback (arXiv 1912.11160); 50 rounds of four epochs",
            new ModelConfig { Kind = ModelKind.RecVae, Hidden = [600, 600, 600, 600, 600] },
            new TrainingOptions { Epochs = 200, LearningRate = 5e-4, AnnealSteps = 0, BetaCap = 0.005, ValidateEvery = 4, Patience = 0, WeightStart = WeightStart.UniformFanIn }),
    ];

    /// <summary>The preset of a kind.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such kind.</exception>
    public static ModelPreset Of(ModelKind kind) => All.FirstOrDefault(preset => preset.Config.Kind == kind)
        ?? throw new ArgumentOutOfRangeException(nameof(kind), kind, "expected a kind of model");
}
