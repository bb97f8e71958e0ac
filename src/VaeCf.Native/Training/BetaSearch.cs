using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Training;

/// <summary>
/// The search for the cap of beta (Liang et al. 2018, section 2.2.2): one run anneals beta to 1; beta where the validation
/// NDCG@100 peaks is the cap to train with, on the same slope.
/// </summary>
/// <param name="Options">The options to retrain with: cap and annealing set.</param>
/// <param name="Curve">The annealed run, epoch by epoch.</param>
public sealed record BetaSearch(TrainingOptions Options, IReadOnlyList<EpochSummary> Curve)
{
    /// <summary>The validated epoch of the highest NDCG@100.</summary>
    public EpochSummary Peak => Curve.Where(epoch => epoch.ValidationNdcg is not null).MaxBy(epoch => epoch.ValidationNdcg)!;

    /// <summary>Makes the annealed run.</summary>
    /// <param name="split">Data with validation users.</param>
    /// <param name="config">A variational model but RecVAE, whose KL term is weighed per click.</param>
    /// <param name="options">How to train; its cap is ignored, its patience too. Annealing to 1 takes the whole run unless it says otherwise.</param>
    /// <param name="device">What trains, not disposed; null: this processor, all its cores.</param>
    /// <param name="progress">Called after every update.</param>
    /// <param name="cancellationToken">Ends the run after the running update; the epochs so far decide.</param>
    /// <exception cref="InputException">There are no validation users, the model is not such a one, or nothing was validated.</exception>
    public static BetaSearch Run(DataSplit split, ModelConfig config, TrainingOptions options, Device? device = null,
        Action<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        if (!config.IsVariational || config.Kind == ModelKind.RecVae || split.Validation is null)
            throw new InputException($"beta can be searched for a variational model (not RecVae, whose KL term is weighed per click) on data with validation users only; found {config.Kind} and {(split.Validation is null ? "no validation users" : "validation users")}");
        TrainingOptions resolved = options.Resolve(split.Train.UserCount);
        long updates = (long)resolved.Epochs!.Value * resolved.StepsPerEpoch(split.Train.UserCount);
        TrainingOptions annealed = resolved with { BetaCap = 1, AnnealSteps = options.AnnealSteps ?? updates, WarmUpEpochs = null, Patience = 0 };
        using var trainer = new Trainer(split, config, annealed, device);
        trainer.Run(progress, cancellationToken).Dispose();
        if (trainer.Best is null)
            throw new InputException("the search for beta was stopped before its first validation");
        var search = new BetaSearch(resolved with { AnnealSteps = annealed.AnnealSteps, WarmUpEpochs = null }, trainer.History);
        return search with { Options = search.Options with { BetaCap = search.Peak.Beta } };
    }
}
