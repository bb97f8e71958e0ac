using System.Globalization;
using System.Text;

namespace VaeCf.Native.Data;

/// <summary>
/// The clicks of a file, with the ids of their rows and columns, sorted: the order of the file's rows changes nothing
/// but what <see cref="ClickMatrix.InOrder"/> gives for clicks without a time or of the same time.
/// </summary>
/// <param name="Matrix">
/// Clicks; row u is <c>Users[u]</c>, column i is <c>Items[i]</c>. No row and no column is empty.
/// </param>
/// <param name="Users">Original id of each row, ascending (text by code unit).</param>
/// <param name="Items">Original id of each column, ascending (text by code unit).</param>
/// <param name="Report">What was read and what was dropped.</param>
public sealed record ClickData(ClickMatrix Matrix, Vocabulary Users, Vocabulary Items, ReadReport Report)
{
    /// <summary>Clicks in memory; <see cref="ClickBuilder"/> takes values and times too.</summary>
    /// <param name="clicks">User and item of each click, oldest first where the order is to be kept.</param>
    /// <param name="options">
    /// What is kept, as for <see cref="ClickBuilder"/>; null keeps every click, binary and without order.
    /// </param>
    /// <exception cref="ArgumentException">An id is empty, or the options ask for timestamps.</exception>
    /// <exception cref="InputException">There is no click.</exception>
    public static ClickData From(IEnumerable<(string User, string Item)> clicks, ReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(clicks);
        var builder = new ClickBuilder(options);
        foreach ((string user, string item) in clicks)
            builder.Add(user, item);
        return builder.Build();
    }

    /// <summary>What was read, and the sizes and distributions of the clicks, as the command prints them.</summary>
    public override string ToString() =>
        $"{Report}{Environment.NewLine}{Environment.NewLine}{DatasetStatistics.Of(Matrix)}";
}

/// <summary>What a file of clicks held, and what became of it.</summary>
/// <param name="File">The file.</param>
/// <param name="Format">Its layout, as specified or detected.</param>
/// <param name="MinRating">The lowest rating that was kept; null if all were.</param>
/// <param name="Rows">Clicks read.</param>
/// <param name="BelowMinRating">
/// Clicks dropped because their rating was below the minimum, or their count not above 0.
/// </param>
/// <param name="Repeated">Clicks merged into another of the same user and item, or dropped beside one.</param>
/// <param name="UsersWithoutClicks">Users of whom no click was kept; they are not in the matrix.</param>
/// <param name="ItemsWithoutClicks">Items of which no click was kept; they are not in the matrix.</param>
public sealed record ReadReport(string File, ClickFormat Format, float? MinRating, long Rows, long BelowMinRating,
    long Repeated, int UsersWithoutClicks, int ItemsWithoutClicks)
{
    /// <summary>The columns and what they were taken for; "" for clicks in memory.</summary>
    public string Columns { get; init; } = "";

    /// <summary>What the column of values was taken for.</summary>
    public ClickValues Values { get; init; }

    /// <summary>The lowest and the highest value; null if none was read.</summary>
    public (float Least, float Largest)? Range { get; init; }

    /// <summary>What became of repeated pairs.</summary>
    public Repeats Repeats { get; init; }

    /// <summary>
    /// Where the record over the most lines begins, and over how many it goes, if they are more than 20: a quote may
    /// not have been closed where it should; else null.
    /// </summary>
    public (long Line, long Lines)? LongestRecord { get; init; }

    /// <summary>The file, its layout, and what became of its rows, as the command prints them.</summary>
    public override string ToString() =>
        $"{TerminalText.Escape(File)}, layout {Format.ToString().ToLowerInvariant()}"
            + (Columns == "" ? "" : $": {TerminalText.Escape(Columns)}")
            + (Values == ClickValues.None ? "" : $"{Environment.NewLine}  {Kept}")
            + (LongestRecord is var (line, lines)
                ? $"{Environment.NewLine}  from line {line} on, {lines} lines are one record, between quotes" : "")
            + TextTable.Counts(Counts);

    // What values there are, and which of them make a click.
    internal string Kept
    {
        get
        {
            string values = Values == ClickValues.Counts ? "counts" : "ratings";
            if (Range is not { } range)
                return $"{values} are not looked at: each row is a click";
            string share = ((double)(Rows - BelowMinRating) / Rows).ToString("P0", CultureInfo.InvariantCulture);
            return string.Create(CultureInfo.InvariantCulture, $"{values} from {range.Least} to {range.Largest}")
                + (MinRating is { } least ? string.Create(CultureInfo.InvariantCulture,
                    $": those of at least {least} are clicks, {share} of the rows")
                : Values == ClickValues.Counts ? $": those above 0 are clicks, {share} of the rows"
                : ": all are clicks");
        }
    }

    /// <summary>All counts by name, for tables and files.</summary>
    public IReadOnlyList<(string Name, long Count)> Counts =>
    [
        ("rows", Rows), ("belowMinRating", BelowMinRating), ("repeated", Repeated),
        ("usersWithoutClicks", UsersWithoutClicks), ("itemsWithoutClicks", ItemsWithoutClicks),
    ];
}

/// <summary>Layouts of a file of clicks.</summary>
public enum ClickFormat
{
    /// <summary>Detected from the first lines: every other layout except <see cref="CountedAdjacency"/>.</summary>
    Auto,
    /// <summary>Commas, a header with <c>userId</c>, <c>movieId</c>, <c>rating</c>, <c>timestamp</c>.</summary>
    MovieLensCsv,
    /// <summary><c>user::item::rating::timestamp</c>, no header; the timestamp may be missing.</summary>
    RatingsDat,
    /// <summary>User, item, rating, timestamp between tabs, no header; the timestamp may be missing.</summary>
    UData,
    /// <summary>Commas, a header with <c>uid</c>, <c>sid</c> and perhaps <c>count</c>.</summary>
    Pairs,
    /// <summary>A user and then its items on each line, between spaces; no header.</summary>
    Adjacency,
    /// <summary>
    /// On each line the number of items and then the items, between spaces; the user is the line's number, from 0.
    /// </summary>
    CountedAdjacency,
    /// <summary>A header with named columns, and one delimiter.</summary>
    Delimited,
    /// <summary>
    /// One delimiter, or runs of spaces, and no header: user, item, and perhaps a rating or count and a time.
    /// </summary>
    Headerless,
    /// <summary>A JSON object on each line, whose keys are the names of the columns.</summary>
    JsonLines,
    /// <summary>
    /// As in the Netflix Prize: a line with an item and a colon, then on each line a user and perhaps rating and date,
    /// between commas.
    /// </summary>
    Netflix,
    /// <summary>
    /// On each line a user, a tab, and its items with their times: <c>item,time:item,time</c>.
    /// </summary>
    TimedItems,
}

/// <summary>What the values in a file of clicks are.</summary>
public enum ClickValues
{
    /// <summary>There are none.</summary>
    None,
    /// <summary>Ratings on a scale: a low one is a dislike.</summary>
    Ratings,
    /// <summary>How often something was done: each above 0 is a click.</summary>
    Counts,
}

/// <summary>What becomes of the rows of one user and item.</summary>
public enum Repeats
{
    /// <summary>
    /// Each row is kept or dropped by its own value; those that are kept become one click, at the latest's time, and
    /// its value is their sum.
    /// </summary>
    Merge,
    /// <summary>The earliest row alone counts.</summary>
    First,
    /// <summary>The latest row alone counts, so that a like that was taken back later is no click.</summary>
    Latest,
    /// <summary>The sum of the values counts, at the latest's time.</summary>
    Sum,
    /// <summary>None of them counts.</summary>
    Drop,
}

/// <summary>How a file of clicks is read, and which of its clicks are kept.</summary>
public sealed record ReadOptions
{
    /// <summary>The layout; detected by default.</summary>
    public ClickFormat Format { get; init; }

    /// <summary>
    /// Keeps the clicks whose rating (or count) is at least this; null, the default, keeps all but counts that are not
    /// above 0.
    /// </summary>
    public float? MinRating { get; init; }

    /// <summary>
    /// The lowest rating that is kept where <see cref="MinRating"/> is null and the values are ratings on a scale, not
    /// counts; null, the default, keeps all. A column is known by its name, such as rating or plays, or else taken for
    /// ratings if its first values are steps of a half from 0 to 10 and half of them are at least 3.
    /// </summary>
    public float? LeastLiked { get; init; }

    /// <summary>
    /// What the column of values holds; null, the default, tells by its name or its first values.
    /// </summary>
    public ClickValues? Values { get; init; }

    /// <summary>
    /// What becomes of the rows of one user and item; they are merged by default. The others choose before the least
    /// rating is applied. Earlier and later are by time, then by the order of the rows.
    /// </summary>
    public Repeats Repeats { get; init; }

    /// <summary>
    /// Whether the matrix gets values: the rating or count column, or 1 a row where the file has none; repeated pairs
    /// are added up. If not, the default, clicks are binary and a repeated pair is one click.
    /// </summary>
    public bool KeepCounts { get; init; }

    /// <summary>
    /// Whether the matrix gets the order of each user's clicks; false by default. If the file has a timestamp column,
    /// the order is by time, and the matrix gets timestamps too; clicks of the same time, and those of a file without
    /// times, are in the order of the rows. A repeated pair stands where its latest row does. A timestamp column that
    /// <see cref="TimestampColumn"/> does not name is not used if the first values are no times.
    /// </summary>
    public bool KeepOrder { get; init; }

    /// <summary>
    /// Whether the matrix must get timestamps and with them the order; false by default. Numbers are taken as they are,
    /// dates in seconds since 1970, and both in thousandths where the first ones have fractions. A file without a
    /// timestamp column is then an error. A repeated pair has its latest. In adjacency text the
    /// timestamp is the click's place in the file.
    /// </summary>
    public bool KeepTimestamps { get; init; }

    /// <summary>
    /// The text between fields: one ASCII character, or two as in <c>::</c>, or "" for runs of spaces; null guesses it
    /// from the first lines. Only for <see cref="ClickFormat.Delimited"/> and <see cref="ClickFormat.Headerless"/>.
    /// </summary>
    public string? Delimiter { get; init; }

    /// <summary>
    /// Name of the user column, in upper or lower case, or its number from 1 where no column has a name; null accepts
    /// common names, such as userId, user_id, uid.
    /// </summary>
    public string? UserColumn { get; init; }

    /// <summary>Name of the item column; null accepts common names, such as movieId, item_id, sid, artistID.</summary>
    public string? ItemColumn { get; init; }

    /// <summary>
    /// Name of the rating or count column; null accepts common names, such as rating, plays, count; "" says that there
    /// is none.
    /// </summary>
    public string? RatingColumn { get; init; }

    /// <summary>
    /// Name of the timestamp column; null accepts common names, such as timestamp, time; "" says that there is none.
    /// </summary>
    public string? TimestampColumn { get; init; }

    /// <summary>The encoding of the text; null for UTF-8, or UTF-16 with a byte order mark.</summary>
    public Encoding? Encoding { get; init; }

    /// <summary>
    /// How many times its size a gzip file or zip archive may unpack to, at least 1; 200 by default. Files of clicks
    /// unpack to 3 to 20 times their size, and no gzip data to more than 1,032 times. What unpacks to at most 64 MiB is
    /// read in any case. The size of gzip data is that of what has been read so far.
    /// </summary>
    public int MaxExpansion { get; init; } = DefaultExpansion;

    internal const int DefaultExpansion = 200;
}
