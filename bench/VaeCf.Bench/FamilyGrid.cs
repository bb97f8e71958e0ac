using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;
using static System.FormattableString;

namespace VaeCf.Bench;

/// <summary>A model, by its name in the tables, with one choice of settings.</summary>
/// <param name="Model">The model.</param>
/// <param name="Settings">What the choice is, of those that validation chooses from.</param>
/// <param name="Config">Shape and loss.</param>
/// <param name="Train">From the schedule that all share to the options of this one.</param>
internal sealed record Candidate(string Model, string Settings, ModelConfig Config, Func<TrainingOptions, TrainingOptions> Train);

/// <summary>The models that are compared, each with the few settings from which validation chooses.</summary>
internal static class FamilyGrid
{
    private static readonly ModelConfig multVae = new(), multDae = ModelPreset.Of(ModelKind.MultDae).Config, recVae = ModelPreset.Of(ModelKind.RecVae).Config,
        vamp = new() { Kind = ModelKind.Vamp, Components = 200 }, hvamp = vamp with { Kind = ModelKind.HVamp };

    /// <summary>The models in the order of their ideas; a model's candidates stand together.</summary>
    public static IReadOnlyList<Candidate> Candidates { get; } =
    [
        new("Mult-DAE", "decay 4e-5", multDae, t => t),
        new("Mult-DAE", "decay 4e-4", multDae with { WeightDecay = 4e-4 }, t => t),
        .. Caps("Mult-VAE", multVae, t => t),
        // It learns popularity alone for hundreds of updates, so in faster steps.
        .. Caps("Mult-VAE, logistic", multVae with { Likelihood = Likelihood.Logistic }, t => t with { LearningRate = 3 * t.LearningRate }, ", 3 times the rate"),
        .. Caps("Mult-VAE, gaussian", multVae with { Likelihood = Likelihood.Gaussian }, t => t),
        .. Caps("Mult-VAE, gated", multVae with { Gated = true }, t => t),
        .. FlexiblePrior("Vamp", vamp),
        .. FlexiblePrior("H+Vamp", hvamp),
        .. FlexiblePrior("H+Vamp, gated", hvamp with { Gated = true }),
        .. new[] { 0.005, 0.01, 0.02 }.Select(gamma => new Candidate("RecVAE", Invariant($"gamma {gamma}"), recVae, t => Rounds(t) with { BetaCap = gamma })),
    ];

    /// <summary>A hierarchical model with one layer and more, all else as chosen for the one.</summary>
    public static IEnumerable<Candidate> Depths(Candidate chosen) => new[] { 1, 2, 3 }.Select(layers => layers == 1 ? chosen
        : chosen with { Model = $"{chosen.Model}, {layers} layers", Config = chosen.Config with { Hidden = [.. Enumerable.Repeat(chosen.Config.Hidden[0], layers)] } });

    private static IEnumerable<Candidate> Caps(string model, ModelConfig config, Func<TrainingOptions, TrainingOptions> train, string rate = "") =>
        new[] { 0.2, 0.5 }.Select(cap => new Candidate(model, Invariant($"cap {cap}{rate}"), config, t => train(t) with { BetaCap = cap }));

    private static IEnumerable<Candidate> FlexiblePrior(string model, ModelConfig config)
    {
        ModelConfig logistic = config with { Likelihood = Likelihood.Logistic };
        yield return new(model, "multinomial, cap 0.3", config, t => Eased(t) with { BetaCap = 0.3 });
        yield return new(model, "logistic, cap 0.3", logistic, t => Eased(t) with { BetaCap = 0.3 });
        yield return new(model, "logistic, cap 1", logistic, t => Eased(t) with { BetaCap = 1 });
    }

    // As Kim and Suh's code has it.
    private static TrainingOptions Eased(TrainingOptions schedule) => schedule with { WeightStart = WeightStart.HeNormal, NormalizeGradients = true };

    // RecVAE's rounds of four passes, one of which updates the decoder: twice the passes.
    private static TrainingOptions Rounds(TrainingOptions schedule) => schedule with
    {
        Epochs = 2 * schedule.Epochs,
        Patience = 2 * schedule.Patience,
        WarmUpEpochs = null,
        AnnealSteps = 0,
        ValidateEvery = 4,
        WeightStart = WeightStart.UniformFanIn,
    };
}
