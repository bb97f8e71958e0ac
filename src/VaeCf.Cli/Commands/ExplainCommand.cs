using System.CommandLine;
using System.Text.Json;
using VaeCf.Baselines;
using VaeCf.Cli.Explain;
using VaeCf.Cli.Pages;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Verification;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf explain</c>: a training step, or what scores are made of, in numbers.</summary>
internal static class ExplainCommand
{
    /// <summary>The models of which a training step is shown.</summary>
    public static IReadOnlyList<ModelType> Traced { get; } =
        [.. Catalog.All.Where(type => !BaselineModels.All.Contains(type))];

    // Numbers of each gradient that are held to central differences.
    private const int Checks = 2;

    public static Command Create(CommandContext context)
    {
        var modelFile = new Argument<string?>("MODEL")
        {
            Description = $"A model file written by train: of {string.Join(", ", Traced.Select(type => type.Name))}, "
                + $"{string.Join(" or ", ScoreParts.Types.Select(type => type.Name))}.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var tiny = new Option<bool>("--tiny")
        {
            Description = "In place of MODEL and a user, a model that is small enough to print every number of it.",
        };
        var model = new Option<string>("--model")
        {
            Description = $"With --tiny, which of {string.Join(", ", Traced.Select(type => type.Name))}.",
            HelpName = "NAME",
            DefaultValueFactory = _ => MultVae.Type.Name,
        };
        var users = new HistoryOptions();
        var user = new Option<string>("--user")
        {
            Description = "Which user of --histories; not needed where there is one.",
            HelpName = "ID",
        };
        var titleFile = new TitleOptions();
        Option<int> k = Options.AtLeast("-k", "Lines of a table of items or units at most.", 1, 10);
        k.Aliases.Add("--k");
        Option<double?> beta = Options.OptionalNumber<double>("--beta",
            "Weight of the KL term, of recvae per click. [default: the cap that the model was trained with]",
            "a finite number of at least 0", value => value >= 0 && double.IsFinite(value));
        Option<ulong> seed = Options.Seed(1);
        Option<int?> checks = Options.OptionalNumber<int>("--checks",
            "Numbers of each gradient that are held to central differences. "
            + $"[default: {Checks}; 0 where pseudo-inputs make each one a matter of seconds]",
            "a whole number of at least 0", value => value >= 0);
        Option<bool> json = Options.Json();
        var page = new Option<string>("--html")
        {
            Description = "File to write the explanation to as a web page, in which a tiny Mult-VAE computes as the "
                + "reader moves its numbers.",
            HelpName = "FILE",
        };
        Option<bool> force = Options.Force();
        var command = new Command("explain", "Show one user's training step in numbers, gradients beside central "
            + "differences; of EASE and WMF what the scores are made of.")
        {
            modelFile, tiny, model,
        };
        users.AddTo(command, instead: tiny);
        titleFile.AddTo(command);
        foreach (Option option in (ReadOnlySpan<Option>)[user, k, beta, seed, checks, json, page, force])
            command.Options.Add(option);
        command.SetAction(parsed =>
        {
            string? path = parsed.GetValue(modelFile), file = parsed.GetValue(page);
            if (file is not null)
                OutputFile.Check(file, "a page that explain wrote", one => Page.IsPage(one, ExplainPage.Mark),
                    parsed.GetValue(force),
                    OutputFile.Read(path, parsed.GetValue<string>("--histories"), parsed.GetValue<string>("--titles")));
            if (parsed.GetValue(tiny))
            {
                if (path is not null)
                    throw new InputException($"MODEL: found {path} with --tiny; expected one of them");
                Options.Refuse(parsed, "--tiny, whose user and numbers are fixed", [.. command.Options.Except(
                    [tiny, model, json, page, force])]);
                return Tiny(context, parsed.GetValue(model)!, parsed.GetValue(json), file);
            }
            if (path is null)
                throw new InputException("MODEL: found neither a model nor --tiny; expected one of them");
            Options.Refuse(parsed, "a MODEL, which says itself what it is; expected it with --tiny only", model);
            using Recommender loaded = Recommender.Load(path);
            IReadOnlyDictionary<string, string>? titles = titleFile.Read(context, parsed, loaded.Items);
            HistoryItem[] history = History(context, parsed, loaded, users, parsed.GetValue(user));
            int most = parsed.GetValue(k);
            ModelType type = loaded.Settings.Type;
            (string Note, ResultSection[] Sections, Action<Utf8JsonWriter> Json) explained;
            if (ScoreParts.Types.Contains(type))
            {
                Options.Refuse(parsed, $"{type.Title}, which takes no training steps", beta, seed, checks);
                var parts = new ScoreParts(loaded, history, Math.Min(most, loaded.ItemCount));
                explained = (parts.Note, [.. parts.Sections(titles)], parts.Write);
            }
            else
            {
                TracedStep step = Step(path, loaded, history, new()
                {
                    Beta = parsed.GetValue(beta),
                    Seed = parsed.GetValue(seed),
                    Checks = parsed.GetValue(checks) ?? (loaded.Settings.Has(Autoencoders.Components) ? 0 : Checks),
                });
                var sections = new StepSections(step);
                explained = (sections.Note(parsed.GetValue(seed)), [.. sections.Most(loaded.Items, titles, most)],
                    writer => StepJson.Write(writer, step, item => loaded.Items[item]));
            }
            int known = history.Count(one => loaded.Items.IndexOf(one.Item) >= 0);
            string note = $"{Path.GetFileName(path)}, a history of {DataText.Count(known, "item")}: {explained.Note}.";
            if (file is not null)
                ExplainPage.Write(file, type, note, explained.Sections);
            return Write(context, note, explained.Sections, parsed.GetValue(json) ? explained.Json : null);
        });
        return command;
    }

    private static int Tiny(CommandContext context, string name, bool json, string? file)
    {
        TracedStep step;
        try
        {
            step = TracedStep.Tiny(Catalog.Find(name));
        }
        catch (Exception e) when (e is NotSupportedException or InputException)
        {
            throw InputException.About("--model", e);
        }
        ResultSection[] sections = [.. new StepSections(step).All()];
        if (file is not null)
            // Of Mult-VAE the page computes these numbers itself.
            ExplainPage.Write(file, step.Settings.Type, "", step.Settings.Type == MultVae.Type ? [] : sections);
        return Write(context, "", sections, json ? writer => StepJson.Write(writer, step, item => $"{item}") : null);
    }

    private static TracedStep Step(string path, Recommender model, HistoryItem[] history, TraceOptions options)
    {
        TracedStep step;
        try
        {
            step = TracedStep.Of(model, history, options);
        }
        catch (NotSupportedException)
        {
            throw new InputException($"{path}: found {model.Settings.Type.Title}; expected "
                + $"{string.Join(", ", Traced.Select(type => type.Title))}, whose training step is shown, or "
                + string.Join(" or ", ScoreParts.Types.Select(type => type.Title)));
        }
        return double.IsFinite(step.Loss) ? step : throw new InputException(
            $"{path}: the loss is {step.Loss}; expected weights that are small enough to compute with");
    }

    // The user that is explained: a history of at least one item that the model knows.
    private static HistoryItem[] History(CommandContext context, ParseResult parsed, Recommender model,
        HistoryOptions users, string? user)
    {
        HistoryItem[] history;
        string option = "--items";
        if (users.Items(parsed) is { } ids)
        {
            if (user is not null)
                throw new InputException("--user: found with --items; expected it with --histories only");
            history = [.. ids.Distinct().Select(id => new HistoryItem(id))];
        }
        else
        {
            option = "--histories";
            ClickData data = users.Read(context, parsed, model);
            int count = data.Users.Count;
            int row = user is not null ? data.Users.IndexOf(user) : count == 1 ? 0 : throw new InputException(
                $"--histories: found {DataText.Count(count, "user")}; expected one, or --user to name one");
            if (row < 0)
                throw new InputException($"--user: found '{user}'; expected a user of --histories, such as "
                    + data.Users[0]);
            history = HistoryOptions.Of(data, row);
        }
        IdSpelling.ReportUnknown(context, option, [.. history.Select(one => one.Item)], model.Items);
        return history.Any(one => model.Items.IndexOf(one.Item) >= 0) ? history
            : throw new InputException($"{option}: found no item that the model knows; expected one at least");
    }

    private static int Write(CommandContext context, string note, ResultSection[] sections,
        Action<Utf8JsonWriter>? json)
    {
        if (json is not null)
        {
            context.WriteJson(json);
            return ExitCodes.Good;
        }
        if (note.Length > 0)
            context.WriteLine(note);
        foreach (ResultSection section in sections)
            section.Write(context);
        return ExitCodes.Good;
    }
}
