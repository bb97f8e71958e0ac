using System.Globalization;
using System.Text;

namespace VaeCf.Native.Data;

/// <summary>A table as text, in Markdown: the first column holds names, the others numbers.</summary>
internal sealed class TextTable(params string[] header)
{
    private readonly List<string[]> rows = [header];

    public void Add(params string[] row) => rows.Add(row);

    public override string ToString()
    {
        int[] widths = [.. header.Select((_, column) => Math.Max(3, rows.Max(row => row[column].Length)))];
        var text = new StringBuilder();
        for (int i = 0; i < rows.Count; i++)
        {
            Line(rows[i]);
            if (i == 0)
                Line([.. widths.Select((width, column) =>
                    column == 0 ? ":".PadRight(width, '-') : ":".PadLeft(width, '-'))]);
        }
        return text.ToString().TrimEnd();

        void Line(string[] row) => text.AppendLine(
            $"| {string.Join(" | ", row.Select((cell, column) =>
                column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column])))} |");
    }

    /// <summary>A whole number with commas between thousands.</summary>
    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>
    /// Counts by name in lines; those of 0 are not worth one. <c>usersBelowMinimum</c> is "users below minimum".
    /// </summary>
    public static string Counts(IEnumerable<(string Name, long Count)> counts) =>
        string.Concat(counts.Where(one => one.Count != 0)
            .Select(one => $"{Environment.NewLine}  {Words(one.Name)}: {Number(one.Count)}"));

    /// <summary>A name in camel case as words.</summary>
    public static string Words(string name) =>
        string.Concat(name.Select(c => char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : $"{c}"));
}
