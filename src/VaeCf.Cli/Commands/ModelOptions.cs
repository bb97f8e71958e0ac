using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using VaeCf.Native;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli.Commands;

/// <summary>The options of <c>vaecf train</c> that say what model; what is not given is the preset's.</summary>
internal sealed class ModelOptions
{
    private readonly Option<ModelKind> kind = Options.Choice<ModelKind>("--model", "Which model.");
    private readonly Option<Likelihood?> likelihood = Options.OptionalChoice<Likelihood>("--likelihood", "Distribution of the clicks given the scores.");
    private readonly Option<CountList?> hidden = new("--hidden")
    {
        Description = "Widths of the encoder's hidden layers, input side first; the decoder mirrors them; none or 0: no hidden layer.",
        HelpName = "N[,N...]|none",
        CustomParser = ParseHidden,
    };
    private readonly Option<int?> layers = Options.OptionalAtLeast("--layers", "So many hidden layers, all as wide as --hidden says.", 1);
    private readonly Option<bool?> gated = Options.Switch("--gated", "Gated linear units in place of tanh in hidden layers.");
    private readonly Option<int?> latent = Options.OptionalAtLeast("--latent", "Width of the code.", 1);
    private readonly Option<int?> components = Options.OptionalAtLeast("--components", "Pseudo-inputs of vamp and hvamp.", 1);
    private readonly Option<double?> keep = Options.OptionalNumber<double>("--keep",
        "Probability that a click of the input survives dropout.", "a number above 0, at most 1", value => value is > 0 and <= 1);
    private readonly Option<double?> weightDecay = Options.OptionalNumber<double>("--weight-decay",
        "Strength of the L2 term, 1/2 N sum W^2 over weights.", "a finite number, at least 0", value => value >= 0 && double.IsFinite(value));
    private readonly Option<double?> c1 = Options.OptionalPositive("--gaussian-c1", "Weight of clicks under the Gaussian likelihood.");
    private readonly Option<double?> c0 = Options.OptionalPositive("--gaussian-c0", "Weight of everything else under the Gaussian likelihood.");

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (ReadOnlySpan<Option>)[kind, likelihood, hidden, layers, gated, latent, components, keep, weightDecay, c1, c0])
            command.Options.Add(option);
    }

    /// <summary>The preset of the model asked for.</summary>
    public ModelPreset Preset(ParseResult parsed) => ModelPreset.Of(parsed.GetValue(kind));

    /// <summary>The model asked for.</summary>
    /// <exception cref="InputException">Options do not go together.</exception>
    public ModelConfig Read(ParseResult parsed)
    {
        ModelConfig preset = Preset(parsed).Config;
        Likelihood chosen = parsed.GetValue(likelihood) ?? preset.Likelihood;
        if (chosen != Likelihood.Gaussian)
            Options.Refuse(parsed, $"--likelihood {SettingsText.Lower(chosen)}, which has no such weights", c1, c0);
        if (preset.Kind is not (ModelKind.Vamp or ModelKind.HVamp))
            Options.Refuse(parsed, $"--model {SettingsText.Lower(preset.Kind)}, which has no pseudo-inputs", components);
        if (preset.Kind == ModelKind.RecVae)
            Options.Refuse(parsed, "--model recvae, whose layers have an activation of their own", gated);
        var config = new ModelConfig
        {
            Kind = preset.Kind,
            Likelihood = chosen,
            Hidden = Widths(parsed, preset),
            Latent = parsed.GetValue(latent) ?? preset.Latent,
            Gated = parsed.GetValue(gated) ?? preset.Gated,
            Components = parsed.GetValue(components) ?? preset.Components,
            KeepProbability = parsed.GetValue(keep) ?? preset.KeepProbability,
            WeightDecay = parsed.GetValue(weightDecay) ?? preset.WeightDecay,
            GaussianC1 = parsed.GetValue(c1) ?? preset.GaussianC1,
            GaussianC0 = parsed.GetValue(c0) ?? preset.GaussianC0,
        };
        try
        {
            config.Validate();
        }
        catch (ArgumentException e)
        {
            throw new InputException($"--model {SettingsText.Lower(preset.Kind)}: {e.Message}", e);
        }
        return config;
    }

    private IReadOnlyList<int> Widths(ParseResult parsed, ModelConfig preset)
    {
        IReadOnlyList<int> widths = parsed.GetValue(hidden)?.Values ?? preset.Hidden;
        if (parsed.GetValue(layers) is not int count)
            return widths;
        if (widths.Distinct().Count() != 1)
            throw new InputException($"--layers: found with --hidden {string.Join(',', widths)}; expected one width");
        return [.. Enumerable.Repeat(widths[0], count)];
    }

    private static CountList? ParseHidden(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (text is "none" or "0")
            return new CountList([]);
        var widths = new List<int>();
        foreach (string part in text.Split(','))
            if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int width) && width >= 1)
                widths.Add(width);
        if (widths.Count != text.Split(',').Length)
            result.AddError($"--hidden: found '{text}'; expected whole numbers from 1 to {int.MaxValue}, separated by commas, or none");
        return new CountList([.. widths]);
    }
}
