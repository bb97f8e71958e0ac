using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Training;

/// <summary>
/// The search for the cap of beta (Liang et al. 2018, section 2.2.2): one run anneals beta to 1; the beta at which the
/// validation NDCG@100 peaks is the cap to train with, on the same slope.
/// </summary>
/// <param name="Settings">The settings to train with: cap and annealing set.</param>
/// <param name="Curve">The annealed run, epoch by epoch.</param>
/// <example>
/// <code>
/// BetaSearch search = BetaSearch.Run(split, MultVae.Type.Defaults);
/// using var run = new FitRun(split, search.Settings);
/// using Recommender model = run.Run();
/// </code>
/// </example>
public sealed record BetaSearch(Settings Settings, IReadOnlyList<EpochSummary> Curve)
{
    /// <summary>The validated epoch of the highest NDCG@100.</summary>
    public EpochSummary Peak =>
        Curve.Where(epoch => epoch.Validation is not null).MaxBy(epoch => epoch.Validation)!;

    /// <summary>beta at the peak.</summary>
    public double Beta => Peak["beta"];

    /// <summary>
    /// Whether a model's beta can be searched: it must have a KL term, and one that is not weighed per click as
    /// RecVAE's is.
    /// </summary>
    public static bool Suits(ModelType type) => type.Find(Autoencoders.BetaCap.Name) is not null && type != RecVae.Type;

    /// <summary>Makes the annealed run.</summary>
    /// <param name="split">Data with validation users.</param>
    /// <param name="settings">
    /// A variational model other than RecVAE, whose KL term is weighed per click. Cap and patience are ignored; by
    /// default annealing to 1 takes the whole run.
    /// </param>
    /// <param name="device">What computes; not disposed. By default this CPU with all its cores.</param>
    /// <param name="progress">Called after every update; null for none.</param>
    /// <param name="cancellationToken">Ends the run; the cap is then chosen from the epochs so far.</param>
    /// <param name="from">Where to resume the search; by default it starts anew.</param>
    /// <remarks>A run that diverges ends there; the cap is then chosen from the epochs validated before.</remarks>
    /// <exception cref="InputException">
    /// There are no validation users, the model is none of these, or the run was cancelled or diverged before its first
    /// validation.
    /// </exception>
    public static BetaSearch Run(DataSplit split, Settings settings, Device? device = null,
        Action<FitProgress>? progress = null, CancellationToken cancellationToken = default, Checkpoint? from = null)
    {
        if (!Suits(settings.Type) || split.Validation is null)
            throw new InputException("beta can be searched for a variational model (not recvae, "
                + "whose KL term is weighed per click) on data with validation users only; "
                + $"found {settings.Type.Name} and {(split.Validation is null ? "no " : "")}validation users");
        Settings bySteps = BySteps(split, settings, device);
        using var run = new FitRun(split, bySteps.With(Autoencoders.BetaCap, 1).With(FitRun.Patience, 0), device, from);
        run.Run(progress, cancellationToken).Dispose();
        if (run.Best is null)
            throw new InputException("the search for beta was stopped before its first validation");
        return Of(bySteps, run.History);
    }

    /// <summary>A search whose run has been made before.</summary>
    /// <param name="split">The data of that run.</param>
    /// <param name="settings">The settings that it was given.</param>
    /// <param name="curve">Its epochs, at least one of them validated.</param>
    /// <param name="device">What computes; not disposed. By default this CPU with all its cores.</param>
    public static BetaSearch Made(DataSplit split, Settings settings, IReadOnlyList<EpochSummary> curve,
        Device? device = null) => Of(BySteps(split, settings, device), curve);

    private static BetaSearch Of(Settings bySteps, IReadOnlyList<EpochSummary> curve)
    {
        var search = new BetaSearch(bySteps, curve);
        return search with { Settings = bySteps.With(Autoencoders.BetaCap, search.Beta) };
    }

    private static Settings BySteps(DataSplit split, Settings settings, Device? device)
    {
        using var unannealed = new FitRun(split, settings.Has(Autoencoders.WarmUpEpochs)
            ? settings.With(Autoencoders.WarmUpEpochs, null) : settings, device);
        return unannealed.Settings.With(Autoencoders.AnnealSteps,
            settings.Get(Autoencoders.AnnealSteps) ?? unannealed.Fit.Steps);
    }
}
