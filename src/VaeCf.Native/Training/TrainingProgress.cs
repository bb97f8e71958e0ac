using VaeCf.Native.Evaluation;

namespace VaeCf.Native.Training;

/// <summary>Where a run stands, told after every update and, with <see cref="Finished"/>, after every epoch.</summary>
public sealed record TrainingProgress
{
    /// <summary>The running epoch, from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>Epochs planned.</summary>
    public required int Epochs { get; init; }

    /// <summary>Updates made.</summary>
    public required long Step { get; init; }

    /// <summary>Updates planned.</summary>
    public required long Steps { get; init; }

    /// <summary>Training users a second in this epoch so far, validation left out.</summary>
    public required double UsersPerSecond { get; init; }

    /// <summary>Mean loss over the epoch's users so far.</summary>
    public required double Loss { get; init; }

    /// <summary>Mean reconstruction loss.</summary>
    public required double Reconstruction { get; init; }

    /// <summary>Mean KL, not weighted; RecVAE's times the user's clicks, as its loss has it.</summary>
    public required double Kl { get; init; }

    /// <summary>Weight of the KL in the last update.</summary>
    public required double Beta { get; init; }

    /// <summary>Time left if all epochs are run, at the run's mean pace.</summary>
    public required TimeSpan Remaining { get; init; }

    /// <summary>The epoch's summary when it has just ended, else null.</summary>
    public EpochSummary? Finished { get; init; }

    /// <summary>The epoch's validation, when it has just been made.</summary>
    public EvaluationReport? Validation { get; init; }

    /// <summary>The best validated epoch so far; null before the first.</summary>
    public BestModel? Best { get; init; }
}
