using System.CommandLine;
using VaeCf.Native.Models;
using VaeCf.Native.Training;

namespace VaeCf.Cli.Commands;

/// <summary>The options of <c>vaecf train</c> that say how to train.</summary>
internal sealed class TrainerOptions
{
    private static readonly TrainingOptions defaults = new();

    private readonly Option<int?> epochs = Options.OptionalNumber<int>("--epochs",
        "Passes over the training users. [default: as many as make about 5,000 updates, from 100 to 500]", $"a whole number from 1 to {int.MaxValue}", value => value >= 1);
    private readonly Option<int> batch = Options.AtLeast("--batch", "Users per update.", 1, defaults.BatchSize);
    private readonly Option<double> learningRate = Options.Positive("--lr", "Learning rate of Adam.", defaults.LearningRate);
    private readonly Option<double?> annealSteps = Options.OptionalNumber<double>("--anneal-steps",
        "beta, the weight of the KL term, is updates / N up to its cap. [default: the cap is reached half-way through the run; with --find-beta, beta reaches 1 at the end of the search]",
        "a finite number, at least 0", value => value >= 0 && double.IsFinite(value));
    private readonly Option<double> betaCap = Options.Number("--beta-cap", "Highest beta.", defaults.BetaCap, "a finite number, at least 0", value => value >= 0 && double.IsFinite(value));
    private readonly Option<bool> findBeta = new("--find-beta")
    {
        Description = "First anneal beta to 1 in a run of its own, then train with the beta of the best validation as the cap.",
    };
    private readonly Option<int> validateEvery = Options.AtLeast("--validate-every", "Epochs from one validation to the next.", 1, defaults.ValidateEvery);
    private readonly Option<int> patience = Options.AtLeast("--patience",
        "Stop after so many epochs without a better validation, counted from the epoch in which beta reaches its cap; 0: never.", 0, defaults.Patience);
    private readonly Option<ulong> seed = Options.Seed(defaults.Seed);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (ReadOnlySpan<Option>)[epochs, batch, learningRate, annealSteps, betaCap, findBeta, validateEvery, patience, seed])
            command.Options.Add(option);
    }

    /// <summary>Whether the cap of beta is to be searched.</summary>
    public bool FindsBeta(ParseResult parsed) => parsed.GetValue(findBeta);

    /// <summary>How to train a model of some kind.</summary>
    /// <exception cref="Native.InputException">Options do not go together.</exception>
    public TrainingOptions Read(ParseResult parsed, ModelKind model)
    {
        if (model == ModelKind.MultDae)
            Options.Refuse(parsed, "--model multdae, which has no KL term", annealSteps, betaCap, findBeta);
        if (FindsBeta(parsed))
            Options.Refuse(parsed, "--find-beta, which finds it", betaCap);
        return new TrainingOptions
        {
            Epochs = parsed.GetValue(epochs),
            BatchSize = parsed.GetValue(batch),
            LearningRate = parsed.GetValue(learningRate),
            AnnealSteps = parsed.GetValue(annealSteps),
            BetaCap = parsed.GetValue(betaCap),
            ValidateEvery = parsed.GetValue(validateEvery),
            Patience = parsed.GetValue(patience),
            Seed = parsed.GetValue(seed),
        };
    }
}
