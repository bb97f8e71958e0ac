using System.Text;

namespace VaeCf.Native.Data;

/// <summary>Reads what items are called.</summary>
public static class Titles
{
    private const int YearLength = 4;

    /// <summary>
    /// Reads the titles in a table, plain or packed: with a header, such as MovieLens's <c>movies.csv</c>, or without
    /// one, such as its older <c>movies.dat</c> and <c>u.item</c>, whose first two columns are id and title, and the
    /// Netflix Prize's <c>movie_titles.csv</c>, whose titles stand behind a year and may hold commas. Commas (fields
    /// may be quoted as in RFC 4180), tabs (quotes are part of the text), semicolons, bars or <c>::</c>. A title that
    /// is not UTF-8 is taken for Latin-1.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="idColumn">Name of the item's column; null takes common names, such as movieId, id.</param>
    /// <param name="titleColumn">Name of the title's column; null takes title or name.</param>
    /// <param name="encoding">The encoding of the text; null for UTF-8 or Latin-1.</param>
    /// <returns>Title by item id, as <see cref="Vocabulary"/> gives it.</returns>
    /// <exception cref="InputException">
    /// The file is missing or damaged, a column is missing, a line is malformed, or an item has two titles.
    /// </exception>
    public static IReadOnlyDictionary<string, string> Read(string path, string? idColumn = null,
        string? titleColumn = null, Encoding? encoding = null)
    {
        return ReadColumn(path, idColumn, titleColumn, "title", ColumnNames.Title, _ => 1, encoding);
    }

    /// <summary>Reads what a column of such a table says of each item.</summary>
    /// <param name="path">The file.</param>
    /// <param name="idColumn">Name of the item's column; null takes common names.</param>
    /// <param name="textColumn">Name of the column to read; null takes <paramref name="common"/> names.</param>
    /// <param name="what">What the column holds, in a word.</param>
    /// <param name="common">Common names of the column.</param>
    /// <param name="place">Where the column is in a table of so many columns without a header.</param>
    /// <param name="encoding">The encoding of the text; null for UTF-8 or Latin-1.</param>
    internal static IReadOnlyDictionary<string, string> ReadColumn(string path, string? idColumn, string? textColumn,
        string what, string[] common, Func<int, int> place, Encoding? encoding)
    {
        using var record = new RecordReader(path, encoding);
        string delimiter = LayoutGuess.Delimiter(record);
        string[] first = record.Sample(delimiter, 1, quoted: delimiter == ",") is [var fields] ? fields
            : throw ClickLayout.NothingButBlankLines(record);
        bool headerless = idColumn is null && textColumn is null && first is [var number, _, ..]
            && RecordReader.TryNumber(Encoding.UTF8.GetBytes(number), out _);
        int columns = first.Length;
        (int id, int text) = (0, place(columns));
        if (headerless && common == ColumnNames.Title && delimiter == ","
            && first is [_, { Length: YearLength } year, _, ..] && (year == "NULL" || year.All(char.IsAsciiDigit)))
            return NetflixTitles(record);
        if (headerless)
            record.DelimitBy(delimiter, quoted: delimiter == ",");
        else
        {
            string[] names = ClickLayout.ReadNames(record, delimiter);
            columns = names.Length;
            id = ClickLayout.Column(record, names, idColumn, "item", ColumnNames.ItemOfTitle);
            text = ClickLayout.Column(record, names, textColumn, what, common);
            if (id < 0 || text < 0)
                throw ClickLayout.Wrong(record, $"the columns {string.Join(", ", names)}",
                    $"{(id < 0 ? "an item" : $"a {what}")} column with a common name, or its name");
        }
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        while (record.Read())
        {
            if (record.FieldCount != columns)
                throw record.Error(record.Fields, $"{columns}, as in the first line");
            Add(record, texts, what, record.Text(id), Text(record.Field(text)));
        }
        return texts;
    }

    // id,year,title, where the title is the rest of the line.
    private static Dictionary<string, string> NetflixTitles(RecordReader record)
    {
        var titles = new Dictionary<string, string>(StringComparer.Ordinal);
        record.DelimitBy("\n");
        while (record.Read())
        {
            if (Text(record.Field(0)).Split(',', 3) is not [var id, { Length: YearLength }, var title])
                throw record.Error(RecordReader.Show(record.Field(0)), "an id, a year and a title between commas");
            Add(record, titles, "title", id, title);
        }
        return titles;
    }

    private static void Add(RecordReader record, Dictionary<string, string> texts, string what, string item,
        string text)
    {
        if (!texts.TryAdd(item, text) && texts[item] != text)
            throw record.Error($"a second {what} of item {item}, '{text}'", $"'{texts[item]}' as before, or none");
    }

    private static string Text(ReadOnlySpan<byte> field) =>
        (System.Text.Unicode.Utf8.IsValid(field) ? Encoding.UTF8 : Encoding.Latin1).GetString(field);
}
