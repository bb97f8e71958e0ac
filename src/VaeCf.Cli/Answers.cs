using System.Globalization;
using System.Text.Json;
using VaeCf.Native;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli;

/// <summary>Writes answers as they come: a table each, or JSON.</summary>
/// <param name="context">Where to.</param>
/// <param name="titles">Title by item id; null: no titles.</param>
/// <param name="json">Whether to write JSON: one object, or one a line where users have ids.</param>
/// <param name="score">What the score of an item is called.</param>
internal sealed class Answers(CommandContext context, IReadOnlyDictionary<string, string>? titles, bool json,
    string score = "score")
{
    /// <summary>Writes an answer.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="why">Why each item is in it; null: no reasons are written.</param>
    public void Write(Recommendations answer, IReadOnlyList<Explanation>? why = null)
    {
        if (json)
            WriteJson(answer, why);
        else
            WriteTable(answer, why);
    }

    // Reasons shown for each item.
    private const int Reasons = 3;

    private void WriteTable(Recommendations answer, IReadOnlyList<Explanation>? why)
    {
        string user = answer.User is null ? "rank" : $"user {answer.User}";
        if (answer.UnknownItems.Count > 0)
            context.WriteErrorLine($"{(answer.User is null ? "" : $"{user}: ")}the model does not know "
                + $"{TerminalText.List(answer.UnknownItems)}");
        var table = new ResultTable([
            user, "item", score,
            .. titles is null ? Array.Empty<string>() : ["title"],
            .. why is null ? Array.Empty<string>() : ["because of"],
        ], 3, 4);
        for (int i = 0; i < answer.Items.Count; i++)
        {
            (string item, float value) = answer.Items[i];
            table.Add([
                $"{i + 1}", item, value.ToString("0.000", CultureInfo.InvariantCulture),
                .. titles is null ? Array.Empty<string>() : [titles.GetValueOrDefault(item, "")],
                .. why is null ? Array.Empty<string>()
                    : [string.Join("; ", why[i].Reasons.Take(Reasons).Select(Reason))],
            ]);
        }
        context.WriteTable(table);
    }

    private string Reason(ScoredItem reason) =>
        string.Create(CultureInfo.InvariantCulture,
            $"{titles?.GetValueOrDefault(reason.Item) ?? reason.Item} {reason.Score:+0.000;-0.000}");

    private void WriteJson(Recommendations answer, IReadOnlyList<Explanation>? why) =>
        context.WriteJson(writer => WriteJson(writer, answer, why), indented: answer.User is null);

    private void WriteJson(Utf8JsonWriter writer, Recommendations answer, IReadOnlyList<Explanation>? why)
    {
        writer.WriteStartObject();
        if (answer.User is not null)
            writer.WriteString("user", answer.User);
        writer.WriteStartArray("items");
        for (int i = 0; i < answer.Items.Count; i++)
        {
            (string item, float value) = answer.Items[i];
            writer.WriteStartObject();
            writer.WriteString("item", item);
            writer.WriteNumberOrNull(score, float.IsFinite(value) ? value : null);
            if (titles is not null)
                writer.WriteString("title", titles.GetValueOrDefault(item));
            if (why is not null)
            {
                writer.WriteStartArray("reasons");
                foreach (ScoredItem reason in why[i].Reasons)
                {
                    writer.WriteStartObject();
                    writer.WriteString("item", reason.Item);
                    writer.WriteNumberOrNull("contribution", float.IsFinite(reason.Score) ? reason.Score : null);
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
            }
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteStartArray("unknown_items");
        foreach (string item in answer.UnknownItems)
            writer.WriteStringValue(item);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
