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
    private readonly ReadOptions options;
    private readonly IdTable users = new(), items = new();
    private ClickRows? rows;
    private bool? timed;
    private long belowMinRating;

    /// <summary>A builder without clicks.</summary>
    /// <param name="options">
    /// What is kept, as for a file: <see cref="ReadOptions.MinRating"/>, <see cref="ReadOptions.KeepCounts"/>,
    /// <see cref="ReadOptions.KeepOrder"/> and <see cref="ReadOptions.KeepTimestamps"/>; the others describe the
    /// layout of a file and are ignored. Null keeps every click, binary and without order.
    /// </param>
    /// <exception cref="ArgumentException">The least rating is not a finite number.</exception>
    public ClickBuilder(ReadOptions? options = null)
    {
        this.options = options ?? new ReadOptions();
        if (this.options.MinRating is { } least && !float.IsFinite(least))
            throw new ArgumentException($"{nameof(ReadOptions.MinRating)} is {least}; expected a finite number",
                nameof(options));
    }

    internal IdTable Users => users;

    internal IdTable Items => items;

    /// <summary>Whether no click was kept so far.</summary>
    internal bool IsEmpty => rows is null;

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

    /// <summary>Adds a click by the indices of its ids, if its rating is not too low.</summary>
    internal void AddIndices(int user, int item, float value, long? time)
    {
        timed ??= time is not null;
        if (value < options.MinRating)
        {
            belowMinRating++;
            return;
        }
        rows ??= new ClickRows(options.KeepCounts, time is not null && (options.KeepOrder || options.KeepTimestamps));
        rows.Add(user, item, value, time ?? 0);
    }

    internal ClickData Build(string name, string none, ClickFormat format)
    {
        if (rows is null)
            throw new InputException($"{name}: " + (belowMinRating == 0 ? none
                : $"no clicks are left: all {belowMinRating} have a rating below {options.MinRating}"));
        bool[] usedUsers = new bool[users.Count], usedItems = new bool[items.Count];
        rows.MarkUsed(usedUsers, usedItems);
        (Vocabulary userIds, int[] newUser) = users.Sort(usedUsers);
        (Vocabulary itemIds, int[] newItem) = items.Sort(usedItems);
        ClickMatrix matrix = rows.ToMatrix(userIds.Count, itemIds.Count, options.KeepOrder, out long repeated,
            newUser, newItem);
        return new ClickData(matrix, userIds, itemIds, new ReadReport(name, format, options.MinRating,
            rows.Count + belowMinRating, belowMinRating, repeated,
            users.Count - userIds.Count, items.Count - itemIds.Count));
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
