using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using VaeCf.Native.Models;

namespace VaeCf.Cli.Commands;

/// <summary>The options of <c>vaecf train</c> that say what model.</summary>
internal sealed class ModelOptions
{
    private static readonly ModelConfig defaults = new();

    // The authors' 0.01 / 500 per sum of squares is twice that per half the sum.
    private const double MultDaeWeightDecay = 4e-5;

    private readonly Option<ModelKind> kind = Options.Choice<ModelKind>("--model", "Variational or denoising autoencoder.");
    private readonly Option<Likelihood> likelihood = Options.Choice<Likelihood>("--likelihood", "Distribution of the clicks given the scores.");
    private readonly Option<CountList> hidden = new("--hidden")
    {
        Description = "Widths of the encoder's hidden layers, input side first, at most two; the decoder mirrors them; none or 0: no hidden layer.",
        HelpName = "N[,N]|none",
        DefaultValueFactory = _ => new CountList([.. defaults.Hidden]),
        CustomParser = ParseHidden,
    };
    private readonly Option<int> latent = Options.AtLeast("--latent", "Width of the code.", 1, defaults.Latent);
    private readonly Option<double> keep = Options.Number("--keep",
        "Probability that a click of the input survives dropout.", defaults.KeepProbability, "a number above 0, at most 1", value => value is > 0 and <= 1);
    private readonly Option<double?> weightDecay = Options.OptionalNumber<double>("--weight-decay",
        "Strength of the L2 term, 1/2 N sum W^2 over weights. [default: 4e-5 for multdae, as its authors have it; 0 for multvae]",
        "a finite number, at least 0", value => value >= 0 && double.IsFinite(value));
    private readonly Option<double> c1 = Options.Positive("--gaussian-c1", "Weight of clicks under the Gaussian likelihood.", defaults.GaussianC1);
    private readonly Option<double> c0 = Options.Positive("--gaussian-c0", "Weight of everything else under the Gaussian likelihood.", defaults.GaussianC0);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (ReadOnlySpan<Option>)[kind, likelihood, hidden, latent, keep, weightDecay, c1, c0])
            command.Options.Add(option);
    }

    /// <summary>The model asked for.</summary>
    /// <exception cref="Native.InputException">Options do not go together.</exception>
    public ModelConfig Read(ParseResult parsed)
    {
        Likelihood chosen = parsed.GetValue(likelihood);
        if (chosen != Likelihood.Gaussian)
            Options.Refuse(parsed, $"--likelihood {chosen.ToString().ToLowerInvariant()}, which has no such weights", c1, c0);
        ModelKind model = parsed.GetValue(kind);
        return new ModelConfig
        {
            Kind = model,
            Likelihood = chosen,
            Hidden = parsed.GetValue(hidden)!.Values,
            Latent = parsed.GetValue(latent),
            KeepProbability = parsed.GetValue(keep),
            WeightDecay = parsed.GetValue(weightDecay) ?? (model == ModelKind.MultDae ? MultDaeWeightDecay : 0),
            GaussianC1 = parsed.GetValue(c1),
            GaussianC0 = parsed.GetValue(c0),
        };
    }

    private static CountList ParseHidden(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (text is "none" or "0")
            return new CountList([]);
        var widths = new List<int>();
        foreach (string part in text.Split(','))
            if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int width) && width >= 1)
                widths.Add(width);
        if (widths.Count > 2 || widths.Count != text.Split(',').Length)
            result.AddError($"--hidden: found '{text}'; expected one or two whole numbers from 1 to {int.MaxValue}, separated by a comma, or none");
        return new CountList([.. widths]);
    }
}
