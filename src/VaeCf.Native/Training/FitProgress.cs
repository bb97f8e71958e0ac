using VaeCf.Native.Evaluation;

namespace VaeCf.Native.Training;

/// <summary>
/// How far a run has come, reported after every step and, with <see cref="Finished"/>, after every epoch.
/// </summary>
public sealed record FitProgress
{
    /// <summary>The run, which may be captured now, unless a long step is under way.</summary>
    public required FitRun Run { get; init; }

    /// <summary>The current epoch, from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>Epochs planned.</summary>
    public required int Epochs { get; init; }

    /// <summary>Steps made.</summary>
    public required long Step { get; init; }

    /// <summary>Steps planned.</summary>
    public required long Steps { get; init; }

    /// <summary>Share of the run that is done, from 0 to 1; within a long step it rises too.</summary>
    public required double Share { get; init; }

    /// <summary>Training users a second in this epoch so far, validation left out.</summary>
    public required double UsersPerSecond { get; init; }

    /// <summary>Time spent in the steps of this epoch so far, validation left out.</summary>
    public required TimeSpan Fitting { get; init; }

    /// <summary>What was measured in the epoch so far: means of the loss and its parts.</summary>
    public required IReadOnlyList<Measure> Measures { get; init; }

    /// <summary>Time left if all epochs are run, at the run's mean pace.</summary>
    public required TimeSpan Remaining { get; init; }

    /// <summary>The epoch's summary when it has just ended, else null.</summary>
    public EpochSummary? Finished { get; init; }

    /// <summary>
    /// The epoch's validation when it has just been made, else null; of a model that predicts ratings,
    /// <see cref="Finished"/> and <see cref="ValidationError"/> have all there is.
    /// </summary>
    public EvaluationReport? Validation { get; init; }

    /// <summary>
    /// The standard error of <see cref="EpochSummary.Validation"/> when it has just been measured on more than one user
    /// or rating, else null.
    /// </summary>
    public double? ValidationError { get; init; }

    /// <summary>The best validated epoch so far; null before the first.</summary>
    public BestModel? Best { get; init; }
}
