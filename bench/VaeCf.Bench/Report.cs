using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace VaeCf.Bench;

/// <summary>A column: its name in JSON and its heading in Markdown.</summary>
internal sealed record Column(string Key, string Heading);

/// <summary>Rows of text and numbers; null is a figure that could not be measured, and is printed as absent.</summary>
internal sealed class Table(string key, string heading, params Column[] columns)
{
    private readonly List<object?[]> rows = [];

    public void Add(params object?[] cells) =>
        rows.Add(cells.Length == columns.Length
            ? cells : throw new ArgumentException($"{cells.Length} cells; expected {columns.Length}", nameof(cells)));

    public void WriteMarkdown(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n## {heading}\n\n");
        text.Append(CultureInfo.InvariantCulture,
            $"| {string.Join(" | ", columns.Select(column => column.Heading))} |\n");
        text.Append(CultureInfo.InvariantCulture,
            $"| {string.Join(" | ", columns.Select((_, i) => rows.All(row => row[i] is string) ? "---" : "---:"))} "
                + $"|\n");
        foreach (object?[] row in rows)
            text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", row.Select(Report.Text))} |\n");
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartArray(key);
        foreach (object?[] row in rows)
        {
            json.WriteStartObject();
            for (int i = 0; i < row.Length; i++)
                Report.WriteJson(json, columns[i].Key, row[i]);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}

/// <summary>
/// What a verb found: facts, tables and remarks, as Markdown or JSON, headed by what they depend on; perhaps with
/// a chart.
/// </summary>
internal sealed class Report(string title, string threads)
{
    private readonly List<(string Key, string Name, object? Value, string Unit)> facts = [];
    private readonly List<Table> tables = [];
    private readonly List<string> notes = [];

    public BarChart? Chart { get; set; }

    /// <summary>A number or a text, with its unit; null where there is none.</summary>
    public void Fact(string key, string name, object? value, string unit = "") => facts.Add((key, name, value, unit));

    public Table Add(Table table)
    {
        tables.Add(table);
        return table;
    }

    /// <summary>A remark, below the tables; not in JSON.</summary>
    public void Note(string text) => notes.Add(text);

    public string Markdown()
    {
        var text = new StringBuilder($"# {title}\n\n`{Machine.Command}`\n\n");
        foreach ((_, string name, string value) in Machine.Facts(threads))
            text.Append(CultureInfo.InvariantCulture, $"- {name}: {value}\n");
        if (facts.Count > 0)
            text.Append('\n');
        foreach ((_, string name, object? value, string unit) in facts)
            text.Append(CultureInfo.InvariantCulture,
                $"- {name}: {Text(value)}{(value is null || unit.Length == 0 ? "" : $" {unit}")}\n");
        foreach (Table table in tables)
            table.WriteMarkdown(text);
        foreach (string note in notes)
            text.Append(CultureInfo.InvariantCulture, $"\n{note}\n");
        return text.ToString();
    }

    public string Json()
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes,
            new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("command", Machine.Command);
            foreach ((string key, _, string value) in Machine.Facts(threads))
                json.WriteString(key, value);
            foreach ((string key, _, object? value, _) in facts)
                WriteJson(json, key, value);
            foreach (Table table in tables)
                table.WriteJson(json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.WrittenSpan) + "\n";
    }

    /// <summary>Numbers with three or four significant digits.</summary>
    public static string Text(object? cell) => cell switch
    {
        null => "absent",
        double number => number.ToString(Format(Math.Abs(number)), CultureInfo.InvariantCulture),
        int or long => string.Create(CultureInfo.InvariantCulture, $"{cell:N0}"),
        _ => cell.ToString()!,
    };

    private static string Format(double magnitude) => magnitude switch
    {
        >= 1000 => "N0",
        >= 100 => "F1",
        >= 1 => "F2",
        >= 0.1 => "F3",
        _ => "G3",
    };

    internal static void WriteJson(Utf8JsonWriter json, string key, object? cell)
    {
        json.WritePropertyName(key);
        switch (cell)
        {
            case null: json.WriteNullValue(); break;
            case double number: json.WriteNumberValue(number); break;
            case int or long: json.WriteNumberValue(Convert.ToInt64(cell, CultureInfo.InvariantCulture)); break;
            default: json.WriteStringValue(cell.ToString()); break;
        }
    }
}
