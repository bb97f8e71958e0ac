using System.Globalization;
using Spectre.Console;

namespace VaeCf.Cli;

/// <summary>An answer for one user.</summary>
/// <param name="User">Original id; null for the one user who was given on the command line.</param>
/// <param name="Items">Original ids, the best first, with their scores where they are known.</param>
/// <param name="UnknownItems">Ids of the history that did not count.</param>
internal sealed record Answer(string? User, IReadOnlyList<(string Item, float? Score)> Items, IReadOnlyList<string> UnknownItems);

/// <summary>Writes answers as they come: a table each, or JSON.</summary>
/// <param name="context">Where to.</param>
/// <param name="titles">Title by item id; null: no titles.</param>
/// <param name="json">Whether to write JSON: one object, or one a line where users have ids.</param>
internal sealed class Answers(CommandContext context, IReadOnlyDictionary<string, string>? titles, bool json)
{
    /// <summary>Writes an answer.</summary>
    public void Write(Answer answer)
    {
        if (json)
            WriteJson(answer);
        else
            WriteTable(answer);
    }

    private void WriteTable(Answer answer)
    {
        string user = answer.User is null ? "rank" : $"user {answer.User}";
        if (answer.UnknownItems.Count > 0)
            context.WriteErrorLine($"{(answer.User is null ? "" : $"{user}: ")}the model does not know {string.Join(", ", answer.UnknownItems)}");
        bool scored = answer.Items.Any(item => item.Score is not null);
        Table table = context.NewTable([user, "item", .. scored ? ["score"] : Array.Empty<string>(), .. titles is null ? Array.Empty<string>() : ["title"]]);
        if (titles is not null)
            table.Columns[^1].Alignment = Justify.Left;
        for (int i = 0; i < answer.Items.Count; i++)
        {
            (string item, float? score) = answer.Items[i];
            string[] cells = [$"{i + 1}", item, .. score is float value ? [value.ToString("0.000", CultureInfo.InvariantCulture)] : Array.Empty<string>(),
                .. titles is null ? Array.Empty<string>() : [titles.GetValueOrDefault(item, "")]];
            table.AddRow(cells.Select(cell => new Text(cell)));
        }
        context.Output.Write(table);
    }

    private void WriteJson(Answer answer) => context.WriteLine(JsonText.Of(writer =>
    {
        writer.WriteStartObject();
        if (answer.User is not null)
            writer.WriteString("user", answer.User);
        writer.WriteStartArray("items");
        foreach ((string item, float? score) in answer.Items)
        {
            writer.WriteStartObject();
            writer.WriteString("item", item);
            if (score is float value)
                writer.WriteNumber("score", value);
            if (titles is not null)
                writer.WriteString("title", titles.GetValueOrDefault(item));
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteStartArray("unknown_items");
        foreach (string item in answer.UnknownItems)
            writer.WriteStringValue(item);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }, indented: answer.User is null));
}
