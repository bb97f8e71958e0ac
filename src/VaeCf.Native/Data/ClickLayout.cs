using System.Globalization;
using System.Text;

namespace VaeCf.Native.Data;

/// <summary>
/// The layout of a file of clicks: its delimiter and its columns, specified or detected from its first line.
/// </summary>
/// <param name="Format">The layout; never Auto.</param>
/// <param name="User">Column of the user.</param>
/// <param name="Item">Column of the item.</param>
/// <param name="Rating">Column of the rating or count, or -1.</param>
/// <param name="Timestamp">Column of the timestamp, or -1.</param>
/// <param name="Columns">Fields of each record, in words.</param>
/// <param name="ColumnCount">Fields of each record; 0 if they differ.</param>
internal sealed record ClickLayout(ClickFormat Format, int User, int Item, int Rating, int Timestamp, string Columns,
    int ColumnCount)
{
    private static readonly string[] UserNames = ["user", "userid", "uid", "reviewerid"];
    /// <summary>Common names of an item column.</summary>
    public static readonly string[] ItemNames =
        ["item", "itemid", "iid", "sid", "movie", "movieid", "animeid", "artistid", "songid", "trackid", "bookid",
            "productid", "isbn", "asin"];
    private static readonly string[] RatingNames =
        ["rating", "score", "feedback", "weight", "count", "value", "plays", "playcount", "overall"];
    private static readonly string[] TimestampNames = ["timestamp", "time", "unixreviewtime"];

    /// <summary>Finds the layout, sets the reader's delimiter, and passes the header if there is one.</summary>
    /// <exception cref="InputException">
    /// The first line is of no known layout, or not of the one that was given.
    /// </exception>
    public static ClickLayout Of(RecordReader reader, ReadOptions options)
    {
        string? column = options.UserColumn ?? options.ItemColumn ?? options.RatingColumn ?? options.TimestampColumn;
        bool named = options.Delimiter is not null || column is not null;
        if (named && options.Format is not (ClickFormat.Auto or ClickFormat.Delimited))
            throw new ArgumentException($"a delimiter or column names are given with the format {options.Format}; "
                + $"expected {ClickFormat.Delimited}", nameof(options));
        switch (options.Format)
        {
            case ClickFormat.MovieLensCsv:
                return Named(reader, options, ",", new()
                {
                    UserColumn = "userId",
                    ItemColumn = "movieId",
                    RatingColumn = "rating",
                    TimestampColumn = "timestamp",
                });
            case ClickFormat.Pairs:
                return Named(reader, options, ",", new() { UserColumn = "uid", ItemColumn = "sid" });
            case ClickFormat.Delimited:
                return Named(reader, options, options.Delimiter ?? GuessDelimiter(reader.Ahead), options);
            case ClickFormat.RatingsDat:
                return ByPosition(reader, options.Format, "::");
            case ClickFormat.UData:
                return ByPosition(reader, options.Format, "\t");
            case ClickFormat.Adjacency or ClickFormat.CountedAdjacency:
                return Adjacency(reader, options.Format);
        }
        string delimiter = options.Delimiter ?? GuessDelimiter(reader.Ahead);
        string[] names = ReadNames(reader, delimiter);
        reader.Unread();
        if (named || Find(names, UserNames).Length > 0 && Find(names, ItemNames).Length > 0)
            return Named(reader, options, delimiter, options);
        if (delimiter == "::")
            return ByPosition(reader, ClickFormat.RatingsDat, delimiter);
        bool numbers = names.All(name =>
            long.TryParse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _));
        if (delimiter == "\t" && numbers)
            return ByPosition(reader, ClickFormat.UData, delimiter);
        if (delimiter == "" && numbers)
            return Adjacency(reader, ClickFormat.Adjacency);
        throw new InputException(reader.Path, 1, RecordReader.Show(reader.Ahead),
            "a layout that is known: a header that names a user and an item column, user::item::rating, "
            + "user, item, rating and timestamp between tabs, or a user and its items between spaces; "
            + "otherwise, specify the format");
    }

    /// <summary>
    /// The delimiter a first line seems to have: <c>::</c>, else tab, comma, semicolon or bar, else runs of spaces
    /// ("").
    /// </summary>
    public static string GuessDelimiter(ReadOnlySpan<byte> line)
    {
        foreach (string delimiter in (ReadOnlySpan<string>)["::", "\t", ",", ";", "|"])
            if (line.IndexOf(Encoding.ASCII.GetBytes(delimiter)) >= 0)
                return delimiter;
        return "";
    }

    /// <summary>Reads a header.</summary>
    public static string[] ReadNames(RecordReader reader, string delimiter)
    {
        reader.DelimitBy(delimiter);
        if (!reader.Read())
            throw new InputException($"{reader.Path}: the file holds nothing but blank lines");
        var names = new string[reader.FieldCount];
        for (int i = 0; i < names.Length; i++)
            names[i] = reader.Text(i);
        return names;
    }

    /// <summary>
    /// The one column that has the given name, or one of the common names where none is given; -1 if no column has
    /// one, or if the given name is "".
    /// </summary>
    /// <exception cref="InputException">No column has the given name, or several fit.</exception>
    public static int Column(RecordReader reader, string[] names, string? given, string[] common, string what)
    {
        if (given is "")
            return -1;
        int[] found = given is null ? Find(names, common)
            : [.. Enumerable.Range(0, names.Length)
                .Where(i => names[i].Equals(given, StringComparison.OrdinalIgnoreCase))];
        string header = $"the columns {string.Join(", ", names)}";
        if (found.Length > 1)
            throw reader.Error(header,
                $"one {what} column, or its name ({string.Join(" or ", found.Select(i => names[i]))})");
        if (found.Length == 0 && given is not null)
            throw reader.Error(header, $"a column '{given}' for the {what}");
        return found.Length == 0 ? -1 : found[0];
    }

    // Common names are in lower case and without '_' and '-'; those of a file may be otherwise.
    private static int[] Find(string[] names, string[] common) =>
        [.. Enumerable.Range(0, names.Length)
            .Where(i => common.Contains(names[i].Replace("_", "").Replace("-", "").ToLowerInvariant()))];

    private static ClickLayout Named(RecordReader reader, ReadOptions options, string delimiter, ReadOptions given)
    {
        if (delimiter.Length > 2 || delimiter.Any(c => c is > '~' or '"' or '\n' or '\r' or '\0'))
            throw new ArgumentException($"the delimiter is '{delimiter}'; "
                + "expected one or two ASCII characters, no quote and no line end", nameof(options));
        string[] names = ReadNames(reader, delimiter);
        int user = Column(reader, names, given.UserColumn, UserNames, "user");
        int item = Column(reader, names, given.ItemColumn, ItemNames, "item");
        int rating = Column(reader, names, given.RatingColumn, RatingNames, "rating");
        int timestamp = Column(reader, names, given.TimestampColumn, TimestampNames, "timestamp");
        if (user < 0 || item < 0)
            throw reader.Error($"the columns {string.Join(", ", names)}",
                $"{(user < 0 ? "a user" : "an item")} column with a common name, or its name");
        string[] lower = [.. names.Select(name => name.ToLowerInvariant())];
        ClickFormat format = options.Format is not ClickFormat.Auto ? options.Format
            : delimiter != "," ? ClickFormat.Delimited
            : lower is ["userid", "movieid", "rating", "timestamp"] ? ClickFormat.MovieLensCsv
            : lower[user] is "uid" && lower[item] is "sid" ? ClickFormat.Pairs : ClickFormat.Delimited;
        return new(format, user, item, rating, timestamp, string.Join(", ", names), names.Length);
    }

    private static ClickLayout ByPosition(RecordReader reader, ClickFormat format, string delimiter)
    {
        int count = ReadNames(reader, delimiter).Length;
        reader.Unread();
        return count is 3 or 4
            ? new(format, 0, 1, 2, count == 4 ? 3 : -1,
                count == 4 ? "user, item, rating, timestamp" : "user, item, rating", count)
            : throw new InputException(reader.Path, 1, RecordReader.Show(reader.Ahead),
                $"user, item, rating and timestamp, {(delimiter == "\t" ? "a tab" : delimiter)} between them");
    }

    private static ClickLayout Adjacency(RecordReader reader, ClickFormat format)
    {
        reader.DelimitBy("");
        return new(format, 0, -1, -1, -1, "a user and its items", 0);
    }
}
