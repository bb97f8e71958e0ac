using VaeCf.Kernels;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;
using static System.FormattableString;

namespace VaeCf.Bench;

/// <summary>The schedule by which all models of the comparison are trained.</summary>
internal sealed record Schedule(int Epochs, int WarmUp, int Patience, int Batch, int ValidateEvery, double LearningRate)
{
    /// <summary>A model's defaults, on this schedule.</summary>
    public Settings Of(ModelType type)
    {
        Settings settings = type.Defaults.With(GradientFit.EpochCount, Epochs).With(FitRun.Patience, Patience)
            .With(GradientFit.BatchSize, Batch).With(FitRun.ValidateEvery, ValidateEvery)
            .With(Autoencoders.LearningRate, LearningRate);
        // RecVAE's gamma does not rise.
        return BetaSearch.Suits(type) ? settings.With(Autoencoders.WarmUpEpochs, WarmUp) : settings;
    }

    public override string ToString() => Invariant(
        $"epochs {Epochs}, warm-up {WarmUp}, patience {Patience}, batch {Batch}, learning rate {LearningRate}")
        + $", validated every {ValidateEvery}";
}

/// <summary>A model, by its name in the tables, with one choice of settings.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Choice">The choice in words, one of those from which validation chooses.</param>
/// <param name="Type">The model.</param>
/// <param name="Choose">Turns the model's defaults on the schedule into the settings of this choice.</param>
internal sealed record Candidate(string Model, string Choice, ModelType Type, Func<Settings, Settings> Choose);

/// <summary>The models that are compared, each with the few settings from which validation chooses.</summary>
internal static class FamilyGrid
{
    /// <summary>The models in the order of their ideas; a model's candidates stand together.</summary>
    public static IReadOnlyList<Candidate> Candidates { get; } =
    [
        new(MultDae.Type.Title, "decay 4e-5", MultDae.Type, settings => settings),
        new(MultDae.Type.Title, "decay 4e-4", MultDae.Type, settings => settings.With(Autoencoders.WeightDecay, 4e-4)),
        .. Caps("", settings => settings),
        // It learns popularity alone for hundreds of updates, so in faster steps.
        .. Caps(", logistic", settings => settings.With(Autoencoders.Likelihood, Likelihood.Logistic)
            .With(Autoencoders.LearningRate, 3 * settings.Get(Autoencoders.LearningRate)), ", 3 times the rate"),
        .. Caps(", gaussian", settings => settings.With(Autoencoders.Likelihood, Likelihood.Gaussian)),
        .. Caps(", gated", settings => settings.With(Autoencoders.Gated, true)),
        .. FlexiblePrior(Vamp.Type, gated: false),
        .. FlexiblePrior(HVamp.Type, gated: false),
        .. FlexiblePrior(HVamp.Type, gated: true),
        .. new[] { 0.005, 0.01, 0.02 }.Select(gamma => new Candidate(RecVae.Type.Title, Invariant($"gamma {gamma}"),
            RecVae.Type, settings => Rounds(settings).With(Autoencoders.BetaCap, gamma))),
    ];

    /// <summary>A hierarchical model with one layer and more, all else as chosen for the one.</summary>
    public static IEnumerable<Candidate> Depths(Candidate chosen) => new[] { 1, 2, 3 }.Select(layers =>
        layers == 1 ? chosen : chosen with
        {
            Model = $"{chosen.Model}, {layers} layers",
            Choose = settings => Layers(chosen.Choose(settings), layers),
        });

    private static Settings Layers(Settings settings, int count) => settings.With(Autoencoders.Hidden,
        [.. Enumerable.Repeat(settings.Get(Autoencoders.Hidden)[0], count)]);

    private static IEnumerable<Candidate> Caps(string variant, Func<Settings, Settings> choose, string rate = "") =>
        new[] { 0.2, 0.5 }.Select(cap => new Candidate(MultVae.Type.Title + variant, Invariant($"cap {cap}{rate}"),
            MultVae.Type, settings => choose(settings).With(Autoencoders.BetaCap, cap)));

    // Initial weights and normalised gradients are the models' defaults, as in Kim and Suh's code.
    private static IEnumerable<Candidate> FlexiblePrior(ModelType type, bool gated)
    {
        const int components = 200;
        (Likelihood Likelihood, double Cap)[] choices =
            [(Likelihood.Multinomial, 0.3), (Likelihood.Logistic, 0.3), (Likelihood.Logistic, 1)];
        return choices.Select(one => new Candidate(type.Title + (gated ? ", gated" : ""),
            Invariant($"{one.Likelihood.ToString().ToLowerInvariant()}, cap {one.Cap}"), type,
            settings => Layers(settings, 1).With(Autoencoders.Gated, gated).With(Autoencoders.Components, components)
                .With(Autoencoders.Likelihood, one.Likelihood).With(Autoencoders.BetaCap, one.Cap)));
    }

    // RecVAE's rounds of four passes, one of which updates the decoder: twice the passes.
    private static Settings Rounds(Settings settings) => settings
        .With(GradientFit.EpochCount, 2 * settings.Get(GradientFit.EpochCount))
        .With(FitRun.Patience, 2 * settings.Get(FitRun.Patience))
        .With(FitRun.ValidateEvery, settings.Type.Defaults.Get(FitRun.ValidateEvery));
}
