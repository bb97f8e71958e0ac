using System.Text;

namespace VaeCf.Native.Data;

/// <summary>Reads what items are called.</summary>
public static class Titles
{
    private static readonly string[] IdNames = ["id", .. ClickLayout.ItemNames, "animeids"],
        TitleNames = ["title", "name"];

    /// <summary>
    /// Reads the titles in a table with a header, such as MovieLens's <c>movies.csv</c>, plain or gzip. Commas (fields
    /// may be quoted as in RFC 4180), tabs (quotes are part of the text), semicolons or bars, as in the header. Bytes
    /// that are not UTF-8 become U+FFFD.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="idColumn">Name of the item's column; null takes common names, such as movieId, id.</param>
    /// <param name="titleColumn">Name of the title's column; null takes title or name.</param>
    /// <returns>Title by item id, as <see cref="Vocabulary"/> gives it.</returns>
    /// <exception cref="InputException">
    /// The file is missing or damaged, a column is missing, a line is malformed, or an item has two titles.
    /// </exception>
    public static IReadOnlyDictionary<string, string> Read(string path, string? idColumn = null,
        string? titleColumn = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        using var record = new RecordReader(path);
        string[] names = ClickLayout.ReadNames(record, ClickLayout.GuessDelimiter(record.Ahead));
        int id = ClickLayout.Column(record, names, idColumn, IdNames, "item"),
            title = ClickLayout.Column(record, names, titleColumn, TitleNames, "title");
        if (id < 0 || title < 0)
            throw record.Error($"the columns {string.Join(", ", names)}",
                $"{(id < 0 ? "an item" : "a title")} column with a common name, or its name");
        var titles = new Dictionary<string, string>(StringComparer.Ordinal);
        while (record.Read())
        {
            if (record.FieldCount != names.Length)
                throw record.Error($"{record.FieldCount} fields", $"{names.Length}: {string.Join(", ", names)}");
            string item = record.Text(id), text = Encoding.UTF8.GetString(record.Field(title));
            if (!titles.TryAdd(item, text) && titles[item] != text)
                throw record.Error($"a second title of item {item}, '{text}'", $"'{titles[item]}' as before, or none");
        }
        return titles;
    }
}
