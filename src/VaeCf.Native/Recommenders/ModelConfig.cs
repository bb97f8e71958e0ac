using VaeCf.Native.Data;


namespace VaeCf.Native.Recommenders;

/// <summary>Which autoencoder.</summary>
public enum ModelKind
{
    /// <summary>Variational: a normal posterior over the code, sampled in training.</summary>
    MultVae,
    /// <summary>Denoising: a deterministic code after tanh.</summary>
    MultDae,
    /// <summary>Mult-VAE with the VampPrior, a mixture of the posteriors of learnt pseudo-inputs (Kim and Suh 2019, "Enhancing VAEs for collaborative filtering").</summary>
    Vamp,
    /// <summary>Two stochastic layers, the upper with the VampPrior (the same).</summary>
    HVamp,
    /// <summary>A residual encoder trained in turns with a linear decoder, and a prior that holds the encoder near its last copy (Shenbin et al. 2020, "RecVAE").</summary>
    RecVae,
}

/// <summary>Distribution of the clicks given the logits.</summary>
public enum Likelihood
{
    /// <summary>Multinomial over the items (Liang et al. 2018, eq. 2).</summary>
    Multinomial,
    /// <summary>Gaussian with weights c1 on clicks and c0 elsewhere (eq. 3).</summary>
    Gaussian,
    /// <summary>Bernoulli with logistic link (eq. 4).</summary>
    Logistic,
}

/// <summary>The shape and loss of a model: Liang et al. 2018, "Variational autoencoders for collaborative filtering", unless <see cref="ModelKind"/> names another source.</summary>
public sealed record ModelConfig
{
    /// <summary>Which autoencoder.</summary>
    public ModelKind Kind { get; init; } = ModelKind.MultVae;

    /// <summary>Likelihood of the clicks.</summary>
    public Likelihood Likelihood { get; init; } = Likelihood.Multinomial;

    /// <summary>
    /// Widths of the encoder's hidden layers, input side first; the decoder mirrors them. Mult-VAE and Mult-DAE may have none. RecVAE's are
    /// of one width, and its decoder has none.
    /// </summary>
    public IReadOnlyList<int> Hidden { get; init; } = [600];

    /// <summary>Width of the code, Z.</summary>
    public int Latent { get; init; } = 200;

    /// <summary>Whether hidden layers are gated linear units, (x W + b) sigmoid(x V + c), in place of tanh (Kim and Suh 2019, section 3.3). Not for RecVAE.</summary>
    public bool Gated { get; init; }

    /// <summary>Pseudo-inputs of the VampPrior, C.</summary>
    public int Components { get; init; } = 1000;

    /// <summary>Probability that a click of the input survives dropout, in (0, 1].</summary>
    public double KeepProbability { get; init; } = 0.5;

    /// <summary>Strength of the L2 term 1/2 weightDecay sum W^2, over weights, not biases.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Weight of clicks in the Gaussian likelihood.</summary>
    public double GaussianC1 { get; init; } = 2;

    /// <summary>Weight of everything else in the Gaussian likelihood.</summary>
    public double GaussianC0 { get; init; } = 1;

    /// <summary>Whether the code is sampled.</summary>
    public bool IsVariational => Kind != ModelKind.MultDae;

    /// <summary>Throws if a setting is out of its range.</summary>
    /// <exception cref="ArgumentException">Names the setting, its value and what was expected.</exception>
    public void Validate()
    {
        Require(Hidden.Count > 0 || Kind is ModelKind.MultVae or ModelKind.MultDae, nameof(Hidden), "empty", $"at least one layer for {Kind}");
        foreach (int width in Hidden)
            Require(width >= 1, nameof(Hidden), width, "at least 1 unit a layer");
        if (Kind == ModelKind.RecVae)
        {
            Require(Hidden.All(width => width == Hidden[0]), nameof(Hidden), string.Join(',', Hidden), "one width for all layers, which RecVae adds up");
            Require(!Gated, nameof(Gated), Gated, "false for RecVae, whose layers have an activation of their own");
        }
        Require(Components >= 1, nameof(Components), Components, "at least 1");
        Require(Latent >= 1, nameof(Latent), Latent, "at least 1");
        Require(KeepProbability is > 0 and <= 1, nameof(KeepProbability), KeepProbability, "a number in (0, 1]");
        Require(WeightDecay is >= 0 and < double.PositiveInfinity, nameof(WeightDecay), WeightDecay, "a finite number, at least 0");
        Require(GaussianC1 is > 0 and < double.PositiveInfinity, nameof(GaussianC1), GaussianC1, "a positive number");
        Require(GaussianC0 is > 0 and < double.PositiveInfinity, nameof(GaussianC0), GaussianC0, "a positive number");
    }

    internal static void Require(bool holds, string name, object value, string expected)
    {
        if (!holds)
            throw new ArgumentException(FormattableString.Invariant($"{name} is {value}; expected {expected}"), name);
    }

    /// <summary>Throws if the data does not suit the likelihood.</summary>
    /// <exception cref="InputException">The clicks carry negative counts, or counts under a likelihood for 0 and 1.</exception>
    internal void Validate(ClickMatrix clicks)
    {
        for (int user = 0; user < clicks.UserCount && clicks.HasValues; user++)
            foreach (float value in clicks.ValuesOf(user))
                if (value < 0 || (Likelihood == Likelihood.Logistic && value > 1))
                    throw new InputException($"user {user} has a click that counts {value}; the {Likelihood.ToString().ToLowerInvariant()} likelihood expects {(Likelihood == Likelihood.Logistic ? "0 to 1" : "at least 0")}");
    }
}
