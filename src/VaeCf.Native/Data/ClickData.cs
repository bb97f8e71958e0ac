namespace VaeCf.Native.Data;

/// <summary>The clicks of a file, with the ids of their rows and columns, sorted: the order of the file's rows changes nothing.</summary>
/// <param name="Matrix">Clicks; row u is <c>Users[u]</c>, column i is <c>Items[i]</c>. No row and no column is empty.</param>
/// <param name="Users">Original id of each row, ascending (text by code unit).</param>
/// <param name="Items">Original id of each column, ascending (text by code unit).</param>
/// <param name="Report">What was read and what was dropped.</param>
public sealed record ClickData(ClickMatrix Matrix, Vocabulary Users, Vocabulary Items, ReadReport Report);

/// <summary>What a file of clicks held, and what became of it.</summary>
/// <param name="File">The file.</param>
/// <param name="Format">Its layout, as told or detected.</param>
/// <param name="Rows">Clicks read.</param>
/// <param name="BelowMinRating">Clicks dropped because their rating was below the least asked for.</param>
/// <param name="Repeated">Clicks merged into another of the same user and item.</param>
/// <param name="UsersWithoutClicks">Users of whom no click was kept; they are not in the matrix.</param>
/// <param name="ItemsWithoutClicks">Items of which no click was kept; they are not in the matrix.</param>
public sealed record ReadReport(string File, ClickFormat Format, long Rows, long BelowMinRating, long Repeated, int UsersWithoutClicks, int ItemsWithoutClicks)
{
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
    /// <summary>Told by the first line: every other layout except <see cref="CountedAdjacency"/>.</summary>
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
    /// <summary>On each line the number of items and then the items, between spaces; the user is the line's number, from 0.</summary>
    CountedAdjacency,
    /// <summary>A header with named columns, and one delimiter.</summary>
    Delimited,
}

/// <summary>How a file of clicks is read, and which of its clicks are kept.</summary>
public sealed record ReadOptions
{
    /// <summary>The layout.</summary>
    public ClickFormat Format { get; init; }

    /// <summary>Keeps the clicks whose rating (or count) is at least this; null keeps all and reads no ratings.</summary>
    public float? MinRating { get; init; }

    /// <summary>
    /// Whether the matrix gets values: the rating or count column, or 1 a row where the file has none; repeated pairs are
    /// added up. If not, clicks are binary and a repeated pair is one click.
    /// </summary>
    public bool KeepCounts { get; init; }

    /// <summary>
    /// Whether the matrix gets timestamps, whole numbers in any unit; a repeated pair has its latest. In adjacency text the
    /// timestamp is the item's place in its line.
    /// </summary>
    public bool KeepTimestamps { get; init; }

    /// <summary>Between fields: one character, or two as in <c>::</c>, ASCII; null guesses it from the header. Only with named columns.</summary>
    public string? Delimiter { get; init; }

    /// <summary>Name of the user column (upper and lower case are the same); null takes common names, such as userId, user_id, uid.</summary>
    public string? UserColumn { get; init; }

    /// <summary>Name of the item column; null takes common names, such as movieId, item_id, sid, artistID.</summary>
    public string? ItemColumn { get; init; }

    /// <summary>Name of the rating or count column; null takes common names, such as rating, weight, count.</summary>
    public string? RatingColumn { get; init; }

    /// <summary>Name of the timestamp column; null takes common names, such as timestamp, time.</summary>
    public string? TimestampColumn { get; init; }
}
