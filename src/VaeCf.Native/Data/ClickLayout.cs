namespace VaeCf.Native.Data;

/// <summary>
/// The layout of a file of clicks: its delimiter and its columns, specified or guessed from its first lines.
/// </summary>
/// <param name="Format">The layout; never Auto.</param>
/// <param name="User">Column of the user.</param>
/// <param name="Item">Column of the item, or -1 where a line holds a user's items.</param>
/// <param name="Rating">Column of the rating or count, or -1.</param>
/// <param name="Timestamp">Column of the timestamp, or -1.</param>
/// <param name="Names">Names of all columns; numbers from 1 where they have none.</param>
internal sealed record ClickLayout(ClickFormat Format, int User, int Item, int Rating, int Timestamp, string[] Names)
{
    /// <summary>Records that a layout is guessed from.</summary>
    public const int SampleSize = 1000;

    /// <summary>What the column of ratings or counts holds.</summary>
    public ClickValues Values { get; init; }

    /// <summary>How times are read.</summary>
    public ClickTime Time { get; init; } = new(areDates: false, inThousandths: false);

    /// <summary>Fields of each record that is a click.</summary>
    public int FieldCount => Names.Length;

    /// <summary>Whether it was guessed.</summary>
    public bool IsGuessed { get; init; }

    /// <summary>Whether the first lines of adjacency could be user, item and rating just as well.</summary>
    public bool MayBeRatings { get; init; }

    /// <summary>The columns and what they are taken for: "user userId, item movieId; not used: title".</summary>
    public string Columns
    {
        get
        {
            if (Item < 0 || Format == ClickFormat.Netflix)
                return string.Join(", ", Names);
            int[] used = [User, Item, Rating, Timestamp];
            string[] meanings = ["user", "item", Values == ClickValues.Counts ? "count" : "rating", "time"];
            string[] unused = [.. Names.Where((_, i) => !used.Contains(i))];
            return string.Join(", ", used.Zip(meanings).Where(one => one.First >= 0)
                    .Select(one => $"{one.Second} {Names[one.First]}"))
                + (unused.Length == 0 ? "" : $"; not used: {string.Join(", ", unused)}");
        }
    }

    /// <summary>The fields of a record, as a message names them.</summary>
    public string Fields => Format is ClickFormat.Headerless or ClickFormat.RatingsDat or ClickFormat.UData ? Columns
        : string.Join(", ", Names);

    /// <summary>Whether a record is the header once more, as where files were joined.</summary>
    public bool IsHeader(RecordReader record) => itemName.Length > 0
        && record.Field(Item).SequenceEqual(itemName) && record.Text(User) == Names[User];

    // Empty where there is no header.
    private readonly byte[] itemName = Item < 0 || Format is not (ClickFormat.Delimited or ClickFormat.Pairs) ? []
        : System.Text.Encoding.UTF8.GetBytes(Names[Item]);

    /// <summary>Finds the layout, sets the reader's delimiter, and passes the header if there is one.</summary>
    /// <exception cref="InputException">
    /// The first lines are of no known layout, or not of the one that was given.
    /// </exception>
    public static ClickLayout Of(RecordReader reader, ReadOptions options)
    {
        CheckOptions(options);
        if (options.Format == ClickFormat.Auto)
            return LayoutGuess.Of(reader, options) with { IsGuessed = true };
        string Delimiter() => options.Delimiter ?? LayoutGuess.Delimiter(reader);
        return options.Format switch
        {
            ClickFormat.MovieLensCsv => Named(reader, options.Format, ",", new()
            {
                UserColumn = "userId",
                ItemColumn = "movieId",
                RatingColumn = "rating",
                TimestampColumn = "timestamp",
            }),
            ClickFormat.Pairs => Named(reader, options.Format, ",", new() { UserColumn = "uid", ItemColumn = "sid" }),
            ClickFormat.Delimited => Named(reader, options.Format, Delimiter(), options),
            ClickFormat.RatingsDat => ByPosition(reader, options.Format, "::", options),
            ClickFormat.UData => ByPosition(reader, options.Format, "\t", options),
            ClickFormat.Headerless => ByPosition(reader, options.Format, Delimiter(), options),
            ClickFormat.JsonLines => Objects(reader, options),
            ClickFormat.Netflix => Netflix(reader),
            ClickFormat.TimedItems => TimedItems(reader),
            _ => Adjacency(reader, options.Format),
        };
    }

    /// <summary>Columns with names, in a header.</summary>
    public static ClickLayout Named(RecordReader reader, ClickFormat format, string delimiter, ReadOptions given)
    {
        string[] names = ReadNames(reader, delimiter);
        return Complete(reader, ByNames(reader, format, names, given), given, reader.Sample(SampleSize));
    }

    /// <summary>JSON objects, whose keys are the names.</summary>
    public static ClickLayout Objects(RecordReader reader, ReadOptions given)
    {
        string[] names = reader.KeysAhead(SampleSize);
        if (names.Length == 0)
            throw new InputException(reader.Path, 1, RecordReader.Show(reader.Ahead), "a JSON object on each line");
        reader.CutObjects(names);
        return Complete(reader, ByNames(reader, ClickFormat.JsonLines, names, given), given, reader.Sample(SampleSize));
    }

    /// <summary>
    /// Columns without names, by number in the options, or user, item and perhaps value and time.
    /// </summary>
    public static ClickLayout ByPosition(RecordReader reader, ClickFormat format, string delimiter, ReadOptions given)
    {
        List<string[]> sample = reader.Sample(delimiter, SampleSize);
        if (sample.Count == 0)
            throw NothingButBlankLines(reader);
        int count = sample[0].Length;
        string[] names = [.. Enumerable.Range(1, count).Select(i => $"{i}")];
        int[] columns = LayoutGuess.Numbers(given) ?? LayoutGuess.Positions(sample)
            ?? throw Unknown(reader, "user, item, and perhaps a rating or count and a time, "
                + $"with {LayoutGuess.Words(delimiter)} between them");
        if (columns.Max() >= count)
            throw Wrong(reader, $"{count} fields", $"a column {columns.Max() + 1}");
        CheckDistinct(reader, columns, names);
        return Complete(reader, new(format, columns[0], columns[1], columns[2], columns[3], names), given, sample);
    }

    /// <summary>A user and its items on each line.</summary>
    public static ClickLayout Adjacency(RecordReader reader, ClickFormat format)
    {
        reader.DelimitBy("");
        return new(format, 0, -1, -1, -1, ["a user and its items"]);
    }

    /// <summary>A user, a tab, and items with their times.</summary>
    public static ClickLayout TimedItems(RecordReader reader)
    {
        reader.DelimitBy("\t");
        return new(ClickFormat.TimedItems, 0, -1, -1, 1, ["a user, and items with their times"]);
    }

    /// <summary>Blocks of an item and the users that rated it.</summary>
    public static ClickLayout Netflix(RecordReader reader)
    {
        List<string[]> sample = reader.Sample(",", SampleSize);
        if (sample.Count == 0)
            throw NothingButBlankLines(reader);
        int count = sample.Max(fields => fields.Length);
        return new(ClickFormat.Netflix, 0, 0, count > 1 ? 1 : -1, count > 2 ? 2 : -1,
            ["an item and a colon, then on each line a user", .. new[] { "rating", "date" }.Take(count - 1)])
        {
            Values = count > 1 ? ClickValues.Ratings : ClickValues.None,
            Time = new(areDates: sample.Any(fields => fields is [_, _, var date] && LayoutGuess.IsDate(date)), false),
        };
    }

    /// <summary>Reads a header.</summary>
    public static string[] ReadNames(RecordReader reader, string delimiter)
    {
        reader.DelimitBy(delimiter);
        if (!reader.Read())
            throw NothingButBlankLines(reader);
        var names = new string[reader.FieldCount];
        for (int i = 0; i < names.Length; i++)
            names[i] = reader.Text(i).Trim();
        return names;
    }

    /// <summary>
    /// The one column that has the given name, or one of the common names where none is given; -1 if no column has
    /// one, or if the given name is "".
    /// </summary>
    /// <exception cref="InputException">No column has the given name, or several fit.</exception>
    public static int Column(RecordReader reader, string[] names, string? given, string what,
        params ReadOnlySpan<string> common)
    {
        if (given is "")
            return -1;
        int[] found = given is null ? ColumnNames.Find(names, common)
            : [.. Enumerable.Range(0, names.Length)
                .Where(i => names[i].Equals(given, StringComparison.OrdinalIgnoreCase))];
        string header = $"the columns {string.Join(", ", names)}";
        if (found.Length > 1)
            throw Wrong(reader, header,
                $"one {what} column, or its name ({string.Join(" or ", found.Select(i => names[i]))})");
        if (found.Length == 0 && given is not null)
            throw Wrong(reader, header, $"a column '{given}' for the {what}");
        return found.Length == 0 ? -1 : found[0];
    }

    /// <summary>An error about a file whose layout is not known.</summary>
    public static InputException Unknown(RecordReader reader, string expected) =>
        new(reader.Path, 1, RecordReader.Show(reader.Ahead), expected) { Remedy = nameof(ReadOptions.Format) };

    /// <summary>An error about the columns.</summary>
    public static InputException Wrong(RecordReader reader, string found, string expected) =>
        new(reader.Path, 1, found, expected) { Remedy = nameof(ReadOptions.UserColumn) };

    /// <summary>An error about a file without a record; throws what is wrong with the first if there is one.</summary>
    public static InputException NothingButBlankLines(RecordReader reader)
    {
        while (reader.Read()) { }
        return new($"{reader.Path}: the file holds nothing but blank lines");
    }

    private static ClickLayout ByNames(RecordReader reader, ClickFormat format, string[] names, ReadOptions given)
    {
        int user = Column(reader, names, given.UserColumn, "user", ColumnNames.User);
        int item = Column(reader, names, given.ItemColumn, "item", ColumnNames.Item);
        int rating = Column(reader, names, given.RatingColumn, "rating",
            [.. ColumnNames.Rating, .. ColumnNames.Count, .. ColumnNames.Value]);
        int timestamp = Column(reader, names, given.TimestampColumn, "timestamp", ColumnNames.Time);
        if (user < 0 || item < 0)
            throw Wrong(reader, $"the columns {string.Join(", ", names)}",
                $"{(user < 0 ? "a user" : "an item")} column with a common name, or its name");
        CheckDistinct(reader, [user, item, rating, timestamp], names);
        return new(format, user, item, rating, timestamp, names);
    }

    // What the values and times of the first records say about their columns.
    private static ClickLayout Complete(RecordReader reader, ClickLayout layout, ReadOptions given,
        List<string[]> sample)
    {
        string[] Of(int column) => column < 0 ? []
            : [.. sample.Where(fields => fields.Length == layout.Names.Length).Select(fields => fields[column])];
        string[] times = Of(layout.Timestamp);
        string[] present = [.. times.Where(time => time.Length > 0)];
        bool dates = present.Length > 0 && present.All(LayoutGuess.IsDate);
        bool areTimes = dates || times.Length == 0 || present.Length > 0 && present.All(LayoutGuess.IsNumber);
        return layout with
        {
            Timestamp = areTimes || given.KeepTimestamps || given.TimestampColumn is not null ? layout.Timestamp : -1,
            Time = new(dates, ClickTime.HaveFractions(times)),
            Values = layout.Rating < 0 ? ClickValues.None
                : given.Values is { } values ? values
                : layout.Format is ClickFormat.RatingsDat or ClickFormat.UData or ClickFormat.MovieLensCsv
                ? ClickValues.Ratings
                : LayoutGuess.Kind(layout.Names[layout.Rating], Of(layout.Rating)),
        };
    }

    private static void CheckDistinct(RecordReader reader, int[] columns, string[] names)
    {
        int[] used = [.. columns.Where(column => column >= 0)];
        if (used.GroupBy(column => column).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw Wrong(reader, $"the column {names[twice.Key]} given twice", "a column of its own for each");
    }

    private static void CheckOptions(ReadOptions options)
    {
        if (options.MaxExpansion < 1)
            throw new ArgumentException($"{nameof(ReadOptions.MaxExpansion)} is {options.MaxExpansion}; expected at "
                + "least 1", nameof(options));
        if (options.Delimiter is { } delimiter
            && (delimiter.Length > 2 || delimiter.Any(c => c is > '~' or '"' or '\n' or '\r' or '\0')))
            throw new ArgumentException($"the delimiter is '{delimiter}'; "
                + "expected one or two ASCII characters, no quote and no line end", nameof(options));
        string?[] columns = [options.UserColumn, options.ItemColumn, options.RatingColumn, options.TimestampColumn];
        bool byName = options.Format is ClickFormat.Auto or ClickFormat.Delimited or ClickFormat.Headerless;
        if (options.Delimiter is not null && !byName
            || columns.Any(column => column is not null) && !byName && options.Format != ClickFormat.JsonLines)
            throw new ArgumentException($"a delimiter or columns are given with the format {options.Format}; "
                + $"expected {ClickFormat.Delimited} or {ClickFormat.Headerless}", nameof(options));
    }
}
