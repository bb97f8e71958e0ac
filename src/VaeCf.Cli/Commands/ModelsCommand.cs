using System.CommandLine;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf models</c>: the models with their papers and the settings that train gives them unless told.</summary>
internal static class ModelsCommand
{
    public static Command Create(CommandContext context)
    {
        Option<bool> json = Options.Json();
        var command = new Command("models", "List the models with their papers' settings, which train takes unless told.") { json };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(json))
                WriteJson(context);
            else
                WriteText(context);
            return ExitCodes.Good;
        });
        return command;
    }

    private static void WriteText(CommandContext context)
    {
        foreach (ModelPreset preset in ModelPreset.All)
        {
            context.WriteLine($"{SettingsText.Lower(preset.Config.Kind)}: {preset.Citation}");
            context.WriteLine($"    {SettingsText.Of(preset.Config)}");
            context.WriteLine($"    {SettingsText.Of(preset.Training, preset.Config)}");
            if (preset.Config.IsVariational)
                context.WriteLine($"    {SettingsText.Beta(preset.Training)}");
        }
    }

    private static void WriteJson(CommandContext context) => context.WriteJson(json =>
    {
        json.WriteStartArray();
        foreach (ModelPreset preset in ModelPreset.All)
        {
            json.WriteStartObject();
            SettingsText.WriteJson(json, preset.Config, preset.Training);
            json.WriteString("citation", preset.Citation);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });
}
