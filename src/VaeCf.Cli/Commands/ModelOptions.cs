using System.CommandLine;
using VaeCf.Native;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Cli.Commands;

/// <summary>
/// The options of a command that say what model and how to train it: one for each setting that a model of the catalog
/// declares.
/// </summary>
/// <param name="findsBeta">Whether the command can search for the cap of beta.</param>
/// <param name="wanted">The settings that the command has options for; null, the default, for all.</param>
/// <param name="which">What the model is for.</param>
internal sealed class ModelOptions(bool findsBeta, Func<Setting, bool>? wanted = null,
    string which = "Which model to train; 'vaecf models' lists them.")
{
    private readonly Option<string> model = new("--model")
    {
        Description = which,
        HelpName = "NAME",
        DefaultValueFactory = _ => MultVae.Type.Name,
    };
    private readonly Option<int?> layers = Options.OptionalNumber<int>("--layers",
        "Number of hidden layers, each as wide as --hidden says.", $"a whole number from 1 to {Setting.MostWidths}",
        value => value is >= 1 and <= Setting.MostWidths);
    private readonly Option<bool> findBeta = new("--find-beta")
    {
        Description =
            "First anneal beta to 1 in a run of its own, then train with the beta of the best validation as the cap.",
    };
    private readonly IReadOnlyList<(string Name, Option<string> Option)> settings =
        [.. Catalog.All.SelectMany(type => type.Settings).DistinctBy(setting => setting.Name)
            .Where(setting => wanted?.Invoke(setting) ?? true).Select(setting => (setting.Name, OptionOf(setting)))];

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        model.Validators.Add(result =>
        {
            string name = result.GetValueOrDefault<string>();
            if (Catalog.All.All(type => type.Name != name))
                result.AddError($"--model: found '{name}'; expected one of {string.Join(", ", Catalog.All)}");
        });
        command.Options.Add(model);
        foreach ((_, Option<string> option) in settings)
            command.Options.Add(option);
        command.Options.Add(layers);
        if (findsBeta)
            command.Options.Add(findBeta);
    }

    /// <summary>Whether the cap of beta is to be searched.</summary>
    public bool FindsBeta(ParseResult parsed) => findsBeta && parsed.GetValue(findBeta);

    /// <summary>
    /// The model and the settings asked for; what is not given is the model's default, or as in a model to start from.
    /// </summary>
    /// <exception cref="InputException">Options do not go together.</exception>
    public Settings Read(ParseResult parsed, Settings? from)
    {
        if (from is not null && parsed.GetResult(model) is { Implicit: false }
            && parsed.GetValue(model) != from.Type.Name)
            throw new InputException(
                $"--model: found {parsed.GetValue(model)} with --from a model that is {from.Type}; expected the same");
        ModelType type = from?.Type ?? Catalog.Find(parsed.GetValue(model)!);
        Settings read = from ?? type.Defaults;
        foreach ((string name, Option<string> option) in settings)
        {
            if (type.Find(name) is null)
                Options.Refuse(parsed, $"--model {type}, which has no such setting", option);
            else if (parsed.GetResult(option) is { Implicit: false })
                read = With(read, type.Find(name)!, parsed.GetValue(option) ?? "true");
        }
        if (read.Has(Autoencoders.BetaCap) && from is not null)
            read = WithOneWayUp(parsed, read);
        if (parsed.GetValue(layers) is int count)
            read = WithLayers(read, count);
        if (FindsBeta(parsed))
        {
            if (!BetaSearch.Suits(type))
            {
                string why = type == RecVae.Type ? "whose KL term is weighed per click" : "which has no KL term";
                Options.Refuse(parsed, $"--model {type}, {why}", findBeta);
            }
            Options.Refuse(parsed, "--find-beta, which finds it by update", Of(Autoencoders.BetaCap),
                Of(Autoencoders.WarmUpEpochs));
        }
        try
        {
            read.Check();
        }
        catch (ArgumentException e)
        {
            string message = InputException.About($"--model {type}", e).Message;
            throw new InputException(InOptions(message, e.ParamName, type), e);
        }
        return read;
    }

    // A message about settings in the names of their options: "--model recvae: hidden is 8,4; expected ..." is
    // "--hidden: found 8,4; expected ...".
    private static string InOptions(string message, string? name, ModelType type)
    {
        if (name is not null && type.Find(name) is { } setting)
            message = message.Replace($"--model {type}: {name} is ", $"{setting.Option}: found ");
        return type.Settings.Where(other => other.Name.Contains('_'))
            .Aggregate(message, (text, other) => text.Replace(other.Name, other.Option));
    }

    // A given way for beta to rise takes the place of that of the model to start from.
    private Settings WithOneWayUp(ParseResult parsed, Settings read)
    {
        return IsGiven(parsed, Autoencoders.WarmUpEpochs) ? read.With(Autoencoders.AnnealSteps, null)
            : IsGiven(parsed, Autoencoders.AnnealSteps) ? read.With(Autoencoders.WarmUpEpochs, null)
            : read;
    }

    /// <summary>Whether the command line has a setting's own option.</summary>
    public bool IsGiven(ParseResult parsed, Setting setting) => parsed.GetResult(Of(setting)) is { Implicit: false };

    // What another model would take in a setting of that name has passed so far.
    private static Settings With(Settings read, Setting setting, string text)
    {
        if (Refusal(setting, text) is { } refusal)
            throw new InputException($"{setting.Option}: {refusal} with --model {read.Type}");
        return read.With(setting.Name, text);
    }

    /// <summary>The files that settings on the command line name.</summary>
    public IEnumerable<string> FilesIn(ParseResult parsed) =>
        Catalog.All.SelectMany(type => type.Settings).OfType<Setting<string>>().DistinctBy(setting => setting.Name)
            .Select(setting => parsed.GetValue(Of(setting))).OfType<string>();

    private Option<string> Of(Setting setting) => settings.Single(one => one.Name == setting.Name).Option;

    private Settings WithLayers(Settings read, int count)
    {
        if (!read.Has(Autoencoders.Hidden))
            throw new InputException($"--layers: found with --model {read.Type}, which has no such setting");
        IReadOnlyList<int> widths = read.Get(Autoencoders.Hidden);
        return widths.Distinct().Count() == 1 ? read.With(Autoencoders.Hidden, [.. Enumerable.Repeat(widths[0], count)])
            : throw new InputException(
                $"--layers: found with --hidden {read.Text(Autoencoders.Hidden)}; expected one width");
    }

    private static Option<string> OptionOf(Setting setting)
    {
        Setting[] same = [.. Catalog.All.Select(type => type.Find(setting.Name)).OfType<Setting>()];
        (string meaning, string placeholder) = Options.Help(ModelsText.Meaning(setting.Name),
            string.Join('|', same.SelectMany(one => one.Placeholder.Split('|')).Distinct()));
        var option = new Option<string>(setting.Option)
        {
            Description = $"{meaning} {ModelsText.Defaults(setting.Name)}",
            HelpName = placeholder,
            Arity = setting is Setting<bool> ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens is not [var token])
                return;
            string?[] refusals = [.. same.Select(one => Refusal(one, token.Value))];
            if (refusals.All(refusal => refusal is not null))
                result.AddError($"{setting.Option}: {refusals[0]}");
        });
        return option;
    }

    private static string? Refusal(Setting setting, string text)
    {
        try
        {
            setting.Check(text);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }
}
