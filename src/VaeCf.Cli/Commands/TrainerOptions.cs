using System.CommandLine;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Cli.Commands;

/// <summary>The options of <c>vaecf train</c> that say how to train; what is not given is the preset's.</summary>
internal sealed class TrainerOptions
{
    private const string NotNegative = "a finite number, at least 0";

    private readonly Option<int?> epochs = Options.OptionalAtLeast("--epochs",
        "Passes over the training users. For multvae and multdae as many as make about 5,000 updates, from 100 to 500, unless told.", 1);
    private readonly Option<int?> batch = Options.OptionalAtLeast("--batch", "Users per update.", 1);
    private readonly Option<double?> learningRate = Options.OptionalPositive("--lr", "Learning rate of Adam.");
    private readonly Option<double?> annealSteps = Options.OptionalNumber<double>("--anneal-steps",
        "beta, the weight of the KL term, is updates / N up to its cap. For multvae the cap is reached half-way through the run unless told; with --find-beta, beta reaches 1 at the end of the search.",
        NotNegative, value => value >= 0 && double.IsFinite(value));
    private readonly Option<int?> warmUp = Options.OptionalAtLeast("--warm-up", "beta rises by epoch instead, and is at its cap from epoch N on.", 1);
    private readonly Option<double?> betaCap = Options.OptionalNumber<double>("--beta-cap", "Highest beta; of recvae the weight of the KL term per click, gamma.", NotNegative, value => value >= 0 && double.IsFinite(value));
    private readonly Option<bool> findBeta = new("--find-beta")
    {
        Description = "First anneal beta to 1 in a run of its own, then train with the beta of the best validation as the cap.",
    };
    private readonly Option<WeightStart?> weightStart = Options.OptionalChoice<WeightStart>("--weight-start", "Distribution of the first weights.");
    private readonly Option<PseudoInputStart?> pseudoInputStart = Options.OptionalChoice<PseudoInputStart>("--pseudo-input-start", "What pseudo-inputs start as: noise, or rows of the data with noise.");
    private readonly Option<bool?> normalizeGradients = Options.Switch("--normalize-gradients", "Divide each tensor's gradient by its norm before Adam.");
    private readonly Option<int?> validateEvery = Options.OptionalAtLeast("--validate-every", "Epochs from one validation to the next.", 1);
    private readonly Option<int?> patience = Options.OptionalAtLeast("--patience",
        "Stop after so many epochs without a better validation, counted from the epoch in which beta reaches its cap; 0: never.", 0);
    private readonly Option<ulong> seed = Options.Seed(new TrainingOptions().Seed);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (ReadOnlySpan<Option>)[epochs, batch, learningRate, annealSteps, warmUp, betaCap, findBeta, weightStart, pseudoInputStart, normalizeGradients, validateEvery, patience, seed])
            command.Options.Add(option);
    }

    /// <summary>Whether the cap of beta is to be searched.</summary>
    public bool FindsBeta(ParseResult parsed) => parsed.GetValue(findBeta);

    /// <summary>How to train.</summary>
    /// <exception cref="Native.InputException">Options do not go together.</exception>
    public TrainingOptions Read(ParseResult parsed, ModelPreset model)
    {
        ModelKind kind = model.Config.Kind;
        TrainingOptions preset = model.Training;
        if (kind == ModelKind.MultDae)
            Options.Refuse(parsed, "--model multdae, which has no KL term", annealSteps, warmUp, betaCap, findBeta);
        if (kind == ModelKind.RecVae)
            Options.Refuse(parsed, "--model recvae, whose KL term is weighed per click", findBeta);
        if (kind is not (ModelKind.Vamp or ModelKind.HVamp))
            Options.Refuse(parsed, $"--model {SettingsText.Lower(kind)}, which has no pseudo-inputs", pseudoInputStart);
        if (FindsBeta(parsed))
            Options.Refuse(parsed, "--find-beta, which finds it by update", betaCap, warmUp);
        int? byEpoch = parsed.GetValue(warmUp);
        double? byUpdate = parsed.GetValue(annealSteps);
        if (byEpoch is not null)
            Options.Refuse(parsed, "--warm-up, which has beta rise by epoch", annealSteps);
        return preset with
        {
            Epochs = parsed.GetValue(epochs) ?? preset.Epochs,
            BatchSize = parsed.GetValue(batch) ?? preset.BatchSize,
            LearningRate = parsed.GetValue(learningRate) ?? preset.LearningRate,
            AnnealSteps = byUpdate ?? (byEpoch is null ? preset.AnnealSteps : null),
            WarmUpEpochs = byEpoch ?? (byUpdate is null ? preset.WarmUpEpochs : null),
            BetaCap = parsed.GetValue(betaCap) ?? preset.BetaCap,
            WeightStart = parsed.GetValue(weightStart) ?? preset.WeightStart,
            PseudoInputStart = parsed.GetValue(pseudoInputStart) ?? preset.PseudoInputStart,
            NormalizeGradients = parsed.GetValue(normalizeGradients) ?? preset.NormalizeGradients,
            ValidateEvery = parsed.GetValue(validateEvery) ?? preset.ValidateEvery,
            Patience = parsed.GetValue(patience) ?? preset.Patience,
            Seed = parsed.GetValue(seed),
        };
    }
}
