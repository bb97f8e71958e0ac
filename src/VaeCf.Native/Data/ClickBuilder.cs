namespace VaeCf.Native.Data;

/// <summary>
/// Takes clicks one by one, from a database or another program, and makes of them what <see cref="ClickReader"/> makes
/// of a file with the same rows: the same matrix, to the bit, the same ids, order and report. Memory grows only with
/// the clicks that are kept.
/// </summary>
/// <example>
/// <code>
/// var clicks = new ClickBuilder(new ReadOptions { MinRating = 4 });
/// clicks.Add("alice", "book-7", value: 5);
/// clicks.Add("alice", "book-9", value: 4);
/// clicks.Add("bob", "book-7", value: 2);    // dropped: below 4
/// ClickData data = clicks.Build();
/// Console.WriteLine(data.Report);
/// </code>
/// </example>
public sealed class ClickBuilder
{
    // A quoted text may go over lines, but seldom over so many: a quote may not have been closed.
    private const int ManyLines = 20;

    private readonly ReadOptions options;
    private readonly IdTable users = new(), items = new();
    private ClickRows? rows;
    private readonly bool settles;
    private float? least;
    private bool? timed;
    private long belowMinRating;
    private float lowest = float.PositiveInfinity, highest = float.NegativeInfinity;
    private ClickLayout? layout;
    private (long Line, long Lines)? longest;

    /// <summary>A builder without clicks.</summary>
    /// <param name="options">
    /// What is kept, as for a file: <see cref="ReadOptions.MinRating"/>, <see cref="ReadOptions.KeepCounts"/>,
    /// <see cref="ReadOptions.KeepOrder"/>, <see cref="ReadOptions.KeepTimestamps"/> and
    /// <see cref="ReadOptions.Repeats"/>; the others describe a file and are ignored. Null keeps every click, binary
    /// and without order.
    /// </param>
    /// <exception cref="ArgumentException">The minimum rating is not a finite number.</exception>
    public ClickBuilder(ReadOptions? options = null)
    {
        this.options = options ?? new ReadOptions();
        if (this.options.MinRating is { } lowest && !float.IsFinite(lowest))
            throw new ArgumentException($"{nameof(ReadOptions.MinRating)} is {lowest}; expected a finite number",
                nameof(options));
        least = this.options.MinRating;
        settles = this.options.Repeats != Repeats.Merge;
    }

    internal IdTable Users => users;

    internal IdTable Items => items;

    /// <summary>Whether the rows of the file have values that matter.</summary>
    internal bool ReadsValues { get; private set; }

    /// <summary>Whether the rows of the file have times that matter.</summary>
    internal bool ReadsTimes { get; private set; }

    /// <summary>Adds a click. Nothing is added when it throws.</summary>
    /// <param name="user">Id of the user; text that is a plain whole number is that number.</param>
    /// <param name="item">Id of the item, likewise.</param>
    /// <param name="value">
    /// Rating or count, 1 by default: finite, and above 0 with <see cref="ReadOptions.KeepCounts"/>.
    /// </param>
    /// <param name="time">
    /// The time of the click, in any unit; either all clicks have one or none has. Null, the default, for none.
    /// </param>
    /// <exception cref="ArgumentException">
    /// An id is empty, or the value or the time breaks one of these rules.
    /// </exception>
    public void Add(string user, string item, float value = 1, long? time = null)
    {
        CheckId(user, nameof(user));
        CheckId(item, nameof(item));
        Check(value, time);
        AddIndices(users.Intern(user), items.Intern(item), value, time);
    }

    /// <inheritdoc cref="Add(string, string, float, long?)"/>
    public void Add(string user, long item, float value = 1, long? time = null)
    {
        CheckId(user, nameof(user));
        Check(value, time);
        AddIndices(users.Intern(user), items.Intern(item), value, time);
    }

    /// <inheritdoc cref="Add(string, string, float, long?)"/>
    public void Add(long user, string item, float value = 1, long? time = null)
    {
        CheckId(item, nameof(item));
        Check(value, time);
        AddIndices(users.Intern(user), items.Intern(item), value, time);
    }

    /// <inheritdoc cref="Add(string, string, float, long?)"/>
    public void Add(long user, long item, float value = 1, long? time = null)
    {
        Check(value, time);
        AddIndices(users.Intern(user), items.Intern(item), value, time);
    }

    /// <summary>
    /// Makes the matrix of all clicks so far. The builder stays as it is: more can be added and built again.
    /// </summary>
    /// <param name="name">What the report and messages call the clicks.</param>
    /// <returns>The clicks; the report gives <see cref="ClickFormat.Delimited"/> as their layout.</returns>
    /// <exception cref="InputException">No click was added, or none is left.</exception>
    public ClickData Build(string name = "clicks in memory")
    {
        ArgumentNullException.ThrowIfNull(name);
        return Build(name, "no clicks were added", ClickFormat.Delimited);
    }

    /// <summary>Prepares for the rows of a file.</summary>
    /// <exception cref="InputException">The file lacks a column that the options ask for.</exception>
    internal void Begin(string path, ClickLayout layout)
    {
        if (options.MinRating is not null && layout.Rating < 0)
            throw Lacks($"found a minimum rating of {options.MinRating}", "rating");
        bool placed = layout.Format is ClickFormat.Adjacency or ClickFormat.CountedAdjacency;
        if (options.KeepTimestamps && layout.Timestamp < 0 && !placed)
            throw Lacks("found an option that needs timestamps", "timestamp");
        if (this.layout is not null)
            return;
        this.layout = layout;
        least = options.MinRating ?? (layout.Values switch
        {
            ClickValues.Ratings => options.LeastLiked,
            ClickValues.Counts => float.Epsilon,
            _ => null,
        });
        ReadsValues = layout.Rating >= 0 && (least is not null || options.KeepCounts || settles);
        ReadsTimes = options.KeepTimestamps || (options.KeepOrder || settles) && layout.Timestamp >= 0;

        InputException Lacks(string asked, string column) =>
            new($"{path}: {asked}, and the file has no {column} column ({layout.Columns})")
            {
                Remedy = nameof(ReadOptions.UserColumn),
            };
    }

    /// <summary>Takes note of what a file was like.</summary>
    internal void End(RecordReader record)
    {
        if (record.Longest.Lines > (longest?.Lines ?? ManyLines))
            longest = record.Longest;
    }

    /// <summary>Whether a row with this value can be a click, as far as the row itself says.</summary>
    internal bool MayKeep(float value) => settles || !(value < least);

    /// <summary>Whether a value is not one that the matrix must not have.</summary>
    internal bool Takes(float value) =>
        !options.KeepCounts || value is > 0 and <= ClickMatrix.LargestValue || value < least;

    /// <summary>Adds a click by the indices of its ids, if its rating is not too low.</summary>
    internal void AddIndices(int user, int item, float value, long? time)
    {
        timed ??= time is not null;
        if (value < lowest)
            lowest = value;
        if (value > highest)
            highest = value;
        if (!MayKeep(value))
        {
            belowMinRating++;
            return;
        }
        rows ??= new ClickRows(options.KeepCounts || settles,
            time is not null && (options.KeepOrder || options.KeepTimestamps || settles));
        rows.Add(user, item, value, time ?? 0);
    }

    internal ClickData Build(string name, string none, ClickFormat format)
    {
        long repeated = 0, below = belowMinRating, all = (rows?.Count ?? 0) + belowMinRating;
        ClickRows? kept = rows;
        if (settles && rows is not null)
        {
            try
            {
                kept = rows.Settle(options.Repeats, least ?? float.NegativeInfinity, out repeated, out long low);
                below += low;
            }
            catch (InputException e)
            {
                throw new InputException($"{name}: {e.Message}", e);
            }
        }
        var report = new ReadReport(name, format, least == float.Epsilon ? null : least, all, below, repeated, 0, 0)
        {
            Columns = layout?.Columns ?? "",
            Values = layout?.Values ?? ClickValues.None,
            Range = (ReadsValues || least is not null) && all > 0 ? (lowest, highest) : null,
            Repeats = options.Repeats,
            LongestRecord = longest,
        };
        if (kept is null || kept.Count == 0)
            throw new InputException($"{name}: " + (all == 0 ? none : $"no clicks are left: {report.Kept}"))
            {
                Remedy = all == 0 ? null : nameof(ReadOptions.MinRating),
            };
        bool[] usedUsers = new bool[users.Count], usedItems = new bool[items.Count];
        kept.MarkUsed(usedUsers, usedItems);
        (Vocabulary userIds, int[] newUser) = users.Sort(usedUsers);
        (Vocabulary itemIds, int[] newItem) = items.Sort(usedItems);
        ClickMatrix matrix;
        long merged;
        try
        {
            matrix = kept.ToMatrix(userIds.Count, itemIds.Count, options.KeepOrder, out merged, newUser, newItem);
        }
        catch (InputException e)
        {
            throw new InputException($"{name}, {e.Message}", e);
        }
        return new ClickData(Stripped(matrix), userIds, itemIds, report with
        {
            Repeated = repeated + merged,
            UsersWithoutClicks = users.Count - userIds.Count,
            ItemsWithoutClicks = items.Count - itemIds.Count,
        });
    }

    // Values and times that were read only to choose among repeated pairs are not the matrix's.
    private ClickMatrix Stripped(ClickMatrix matrix)
    {
        if (!options.KeepCounts)
            matrix = matrix.WithoutValues();
        return matrix.HasTimestamps && !options.KeepOrder && !options.KeepTimestamps
            ? new ClickMatrix(matrix.ItemCount, [.. matrix.RowStarts], [.. matrix.Items],
                matrix.HasValues ? [.. matrix.Values] : null)
            : matrix;
    }

    private static void CheckId(string id, string name)
    {
        ArgumentNullException.ThrowIfNull(id, name);
        if (id.Length == 0)
            throw new ArgumentException($"the {name} is ''; expected an id", name);
    }

    private void Check(float value, long? time)
    {
        if (!float.IsFinite(value))
            throw new ArgumentException($"the value is {value}; expected a finite number", nameof(value));
        if (options.KeepCounts && value <= 0 && !(value < options.MinRating))
            throw new ArgumentException($"the value is {value}; expected a count above 0, "
                + $"or a {nameof(ReadOptions.MinRating)} that drops it", nameof(value));
        if (time is null && (timed == true || options.KeepTimestamps))
            throw new ArgumentException("the click has no time; expected one, as "
                + (timed == true ? "the clicks before it have" : $"{nameof(ReadOptions.KeepTimestamps)} asks for"),
                nameof(time));
        if (time is not null && timed == false)
            throw new ArgumentException($"the time is {time}; expected none, as the clicks before it have none",
                nameof(time));
    }
}
