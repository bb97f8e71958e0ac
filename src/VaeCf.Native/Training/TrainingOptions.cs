using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Training;

/// <summary>What weights and biases start as.</summary>
public enum WeightStart
{
    /// <summary>Weights uniform in ±sqrt(6 / (inputs + outputs)), biases normal of deviation 0.001, truncated at two deviations (Liang et al. 2018, the authors' code).</summary>
    Xavier,
    /// <summary>Weights normal of variance 2 / inputs, biases uniform in ±1 / sqrt(inputs) (Kim and Suh 2019, the authors' code).</summary>
    HeNormal,
    /// <summary>Weights and biases uniform in ±1 / sqrt(inputs) (Shenbin et al. 2020, the authors' code).</summary>
    UniformFanIn,
}

/// <summary>What the VampPrior's pseudo-inputs start as.</summary>
public enum PseudoInputStart
{
    /// <summary>Normal of mean 0.05 and deviation 0.01.</summary>
    Random,
    /// <summary>Rows of training users, with normal noise of deviation 0.01.</summary>
    Data,
}

/// <summary>
/// How to train. What is left null is chosen for the data by <see cref="Resolve"/>.
/// </summary>
public sealed record TrainingOptions
{
    /// <summary>Passes over the training users (of RecVAE three in four update the encoder, the fourth the decoder); null: as many as make about 5,000 updates, between 100 and 500 (the paper's 200 on ML-20M make 46,800).</summary>
    public int? Epochs { get; init; }

    /// <summary>Users per update, B; the last batch of an epoch may be smaller.</summary>
    public int BatchSize { get; init; } = 500;

    /// <summary>Adam's learning rate.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>beta = min(<see cref="BetaCap"/>, updates / AnnealSteps) (Liang et al. 2018, section 2.2.2); null: the cap is reached half-way through the run, or by <see cref="WarmUpEpochs"/>.</summary>
    public double? AnnealSteps { get; init; }

    /// <summary>beta rises by epoch, in equal parts, and is <see cref="BetaCap"/> from this epoch on (Kim and Suh 2019); null: it rises by update, as <see cref="AnnealSteps"/> says.</summary>
    public int? WarmUpEpochs { get; init; }

    /// <summary>Highest weight of the KL term; of RecVAE, of the KL term times the user's clicks, which the paper calls gamma.</summary>
    public double BetaCap { get; init; } = 0.2;

    /// <summary>Seed of weights, shuffles, dropout and noise. The same seed gives the same bits.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>What weights and biases start as.</summary>
    public WeightStart WeightStart { get; init; }

    /// <summary>What the VampPrior's pseudo-inputs start as.</summary>
    public PseudoInputStart PseudoInputStart { get; init; }

    /// <summary>Whether each tensor's gradient is divided by its Euclidean norm before Adam (Kim and Suh 2019, the authors' code).</summary>
    public bool NormalizeGradients { get; init; }

    /// <summary>Epochs from one validation to the next.</summary>
    public int ValidateEvery { get; init; } = 1;

    /// <summary>Stop after this many epochs without a better validation, counted from the epoch in which beta reached its cap; 0: never.</summary>
    public int Patience { get; init; } = 50;

    /// <summary>These options with nothing left null but one of <see cref="AnnealSteps"/> and <see cref="WarmUpEpochs"/>.</summary>
    /// <param name="users">Users to train on.</param>
    /// <exception cref="ArgumentException">Names the option, its value and what was expected.</exception>
    public TrainingOptions Resolve(int users)
    {
        ModelConfig.Require(Epochs is null or >= 0, nameof(Epochs), Epochs ?? 0, "at least 0");
        ModelConfig.Require(BatchSize >= 1, nameof(BatchSize), BatchSize, "at least 1");
        ModelConfig.Require(LearningRate is > 0 and < double.PositiveInfinity, nameof(LearningRate), LearningRate, "a positive number");
        ModelConfig.Require(AnnealSteps is null or >= 0 and < double.PositiveInfinity, nameof(AnnealSteps), AnnealSteps ?? 0, "a finite number, at least 0");
        ModelConfig.Require(WarmUpEpochs is null or >= 1, nameof(WarmUpEpochs), WarmUpEpochs ?? 0, "at least 1");
        ModelConfig.Require(WarmUpEpochs is null || AnnealSteps is null, nameof(WarmUpEpochs), WarmUpEpochs ?? 0, "null beside AnnealSteps: beta rises by epoch or by update");
        ModelConfig.Require(BetaCap is >= 0 and < double.PositiveInfinity, nameof(BetaCap), BetaCap, "a finite number, at least 0");
        ModelConfig.Require(ValidateEvery >= 1, nameof(ValidateEvery), ValidateEvery, "at least 1");
        ModelConfig.Require(Patience >= 0, nameof(Patience), Patience, "at least 0");
        int perEpoch = StepsPerEpoch(users);
        int epochs = Epochs ?? Math.Clamp(5_000 / Math.Max(1, perEpoch), 100, 500);
        double half = 0.5 * epochs * perEpoch;
        return this with { Epochs = epochs, AnnealSteps = WarmUpEpochs is null ? AnnealSteps ?? (BetaCap > 0 ? half / BetaCap : 0) : null };
    }

    /// <summary>Updates in one epoch.</summary>
    internal int StepsPerEpoch(int users) => (users + BatchSize - 1) / BatchSize;

    /// <summary>beta of the update that follows <paramref name="updates"/> others, in an epoch counted from 0, by resolved options.</summary>
    internal double BetaAt(long updates, int epoch)
    {
        if (WarmUpEpochs is int warmUp)
            return BetaCap * Math.Min(epoch + 1, warmUp) / warmUp;
        return updates >= BetaCap * AnnealSteps!.Value ? BetaCap : updates / AnnealSteps.Value;
    }

    /// <summary>The epoch, from 1, in which beta reaches its cap, by resolved options.</summary>
    internal long CapEpoch(int users) =>
        WarmUpEpochs ?? (long)Math.Min(int.MaxValue, Math.Ceiling(BetaCap * AnnealSteps!.Value / StepsPerEpoch(users)));
}
