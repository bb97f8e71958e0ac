using System.Globalization;
using System.Text;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli;

/// <summary>
/// The models of the catalog in words, for the help, for <c>vaecf models</c> and for the documentation.
/// </summary>
internal static class ModelsText
{
    /// <summary>What a setting means, for each group of models that say it in the same words.</summary>
    public static string Meaning(string setting)
    {
        IGrouping<string, ModelType>[] groups = [.. Catalog.All.Where(type => type.Find(setting) is not null)
            .GroupBy(type => type.Find(setting)!.Meaning)];
        return groups.Length == 1 ? groups[0].Key
            : string.Join(" ", groups.Select(group => $"{string.Join(", ", group)}: {group.Key}"));
    }

    /// <summary>The defaults of a setting in the models that have it, as a help text's last words.</summary>
    public static string Defaults(string setting)
    {
        ModelType[] types = [.. Catalog.All.Where(type => type.Find(setting) is not null)];
        IGrouping<string, ModelType>[] groups = [.. types.GroupBy(type => type.Find(setting)!.DefaultText)];
        IEnumerable<string> texts = groups.Select((group, i) => i == 0
            ? group.Key : $"{string.Join(", ", group)} {group.Key}");
        string only = types.Length == 1 ? $"{types[0]} only; " : "";
        return $"[{only}default: {string.Join("; ", texts)}]";
    }

    /// <summary>A number to six digits.</summary>
    public static string Number(double? value) => value!.Value.ToString("g6", CultureInfo.InvariantCulture);

    /// <summary>A page on all models: what each is, and a table of its settings.</summary>
    public static string Markdown()
    {
        var text = new StringBuilder();
        text.AppendLine("""
            # Models

            Every model of the catalog with its settings, as `vaecf models --markdown` writes them. The options are
            those of `vaecf train`. In JSON, in model files and in `Settings`, a setting has the name of its option with
            underscores, or the name in brackets. Where the column of the paper is empty, the paper does not say.
            """);
        foreach (ModelType type in Catalog.All)
            text.AppendLine().Append(Markdown(type));
        return text.ToString();
    }

    /// <summary>The section of that page on one model.</summary>
    public static string Markdown(ModelType type)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"## {type.Title}").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"`--model {type.Name}`: {type.Summary}").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Source: {type.Citation}.");
        if (type.Settings.Count == 0)
            return text.ToString();
        text.AppendLine().AppendLine("| option | default | in the paper | range | meaning |")
            .AppendLine("| :-- | :-- | :-- | :-- | :-- |");
        foreach (Setting setting in type.Settings)
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| `{setting.Option}`{Alias(setting)} | {setting.DefaultText} | {setting.Paper} | "
                    + $"{Cell(setting.Expected)} | {Cell(setting.Meaning)} |");
        IEnumerable<string> grid = type.Grid.Select(one => $"{one.Setting.Option} {string.Join(' ', one.Values)}");
        if (type.Grid.Count > 0)
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture,
                $"`tune` and `compare` try {string.Join(", ", grid)}.");
        return text.ToString();
    }

    private static string Cell(string text) => text.Replace("|", "\\|");

    private static string Alias(Setting setting) =>
        setting.Option == $"--{setting.Name.Replace('_', '-')}" ? "" : $" (`{setting.Name}`)";
}
