using System.CommandLine;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf models</c>: the models with their papers and settings.</summary>
internal static class ModelsCommand
{
    public static Command Create(CommandContext context)
    {
        var name = new Argument<string?>("MODEL")
        {
            Description = "The model whose settings to explain.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<bool> json = Options.Json();
        var markdown = new Option<bool>("--markdown")
        {
            Description = "Print the documentation's page on the models, or its section on one.",
        };
        var command = new Command(
            "models", "List the models with their papers and the settings that train uses by default, or explain one.")
        {
            name, json, markdown
        };
        command.SetAction(parsed =>
        {
            ModelType? one = parsed.GetValue(name) is { } given ? Catalog.Find(given) : null;
            IReadOnlyList<ModelType> types = one is null ? Catalog.All : [one];
            if (parsed.GetValue(json))
                WriteJson(context, types);
            else if (parsed.GetValue(markdown))
                context.Output.Profile.Out.Writer.Write(
                    one is null ? ModelsText.Markdown() : ModelsText.Markdown(one));
            else if (one is not null)
                WriteSettings(context, one);
            else
                WriteList(context, types);
            return ExitCodes.Good;
        });
        return command;
    }

    private static void WriteList(CommandContext context, IReadOnlyList<ModelType> types)
    {
        foreach (ModelType type in types)
        {
            context.WriteLine($"{type.Name}: {type.Title}. {type.Summary}");
            context.WriteLine($"    {type.Citation}");
            if (type.Settings.Count > 0)
                context.WriteLine($"    {type.Defaults.Text()}");
        }
    }

    private static void WriteSettings(CommandContext context, ModelType type)
    {
        context.WriteLine($"{type.Title}. {type.Summary}");
        context.WriteLine(type.Citation);
        var table = new ResultTable(["option", "default", "in the paper", "meaning"], 1, 2, 3);
        foreach (Setting setting in type.Settings)
            table.Add(setting.Option, setting.DefaultText, setting.Paper ?? "", setting.Meaning);
        context.WriteTable(table);
        foreach (SettingGrid grid in type.Grid)
            context.WriteLine($"tune and compare try {grid.Setting.Option} {string.Join(", ", grid.Values)}");
    }

    private static void WriteJson(CommandContext context, IReadOnlyList<ModelType> types) => context.WriteJson(json =>
    {
        json.WriteStartArray();
        foreach (ModelType type in types)
        {
            json.WriteStartObject();
            json.WriteString("model", type.Name);
            json.WriteString("title", type.Title);
            json.WriteString("summary", type.Summary);
            json.WriteString("citation", type.Citation);
            json.WritePropertyName("settings");
            type.Defaults.WriteJson(json);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });
}
