namespace VaeCf.Native.Data;

/// <summary>
/// Clicks of users on items, compressed by row: user u's items are <c>Items[RowStarts[u] … RowStarts[u + 1] - 1]</c>,
/// ascending and without repeats. Never dense; a matrix of 20 M clicks takes 80 MB.
/// </summary>
public sealed class ClickMatrix
{
    private readonly long[] rowStarts;
    private readonly int[] items;
    private readonly float[]? values;
    private readonly long[]? timestamps;

    /// <summary>Wraps arrays that are already in order; they are not copied.</summary>
    /// <param name="itemCount">Number of columns.</param>
    /// <param name="rowStarts">One entry per user and one more; starts at 0, never falls, ends at the number of clicks.</param>
    /// <param name="items">Item of each click, in [0, <paramref name="itemCount"/>), strictly ascending within a user.</param>
    /// <param name="values">Count or rating of each click, finite; null means every click counts 1.</param>
    /// <param name="timestamps">Time of each click (any unit); null if unknown.</param>
    /// <exception cref="ArgumentException">The arrays break one of these rules; the message names the user.</exception>
    public ClickMatrix(int itemCount, long[] rowStarts, int[] items, float[]? values = null, long[]? timestamps = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(itemCount);
        ArgumentNullException.ThrowIfNull(rowStarts);
        ArgumentNullException.ThrowIfNull(items);
        if (rowStarts.Length == 0 || rowStarts[0] != 0 || rowStarts[^1] != items.Length)
            throw new ArgumentException($"row starts must run from 0 to the number of clicks, {items.Length}", nameof(rowStarts));
        if (values is not null && values.Length != items.Length)
            throw new ArgumentException($"{values.Length} values for {items.Length} clicks", nameof(values));
        if (timestamps is not null && timestamps.Length != items.Length)
            throw new ArgumentException($"{timestamps.Length} timestamps for {items.Length} clicks", nameof(timestamps));
        for (int user = 0; user + 1 < rowStarts.Length; user++)
        {
            if (rowStarts[user + 1] < rowStarts[user] || rowStarts[user + 1] > items.Length)
                throw new ArgumentException($"user {user}: row starts fall from {rowStarts[user]} to {rowStarts[user + 1]}", nameof(rowStarts));
            for (long i = rowStarts[user]; i < rowStarts[user + 1]; i++)
            {
                if (items[i] < 0 || items[i] >= itemCount)
                    throw new ArgumentException($"user {user}: item {items[i]} is not in 0 … {itemCount - 1}", nameof(items));
                if (i > rowStarts[user] && items[i] <= items[i - 1])
                    throw new ArgumentException($"user {user}: item {items[i]} follows {items[i - 1]}; items must ascend without repeats", nameof(items));
                if (values is not null && !float.IsFinite(values[i]))
                    throw new ArgumentException($"user {user}: value {values[i]} of item {items[i]} is not finite", nameof(values));
            }
        }
        ItemCount = itemCount;
        this.rowStarts = rowStarts;
        this.items = items;
        this.values = values;
        this.timestamps = timestamps;
    }

    /// <summary>Rows.</summary>
    public int UserCount => rowStarts.Length - 1;

    /// <summary>Columns.</summary>
    public int ItemCount { get; }

    /// <summary>Stored entries, all users together.</summary>
    public long ClickCount => items.Length;

    /// <summary>Whether clicks carry counts or ratings; if not, each counts 1.</summary>
    public bool HasValues => values is not null;

    /// <summary>Whether clicks carry a time.</summary>
    public bool HasTimestamps => timestamps is not null;

    /// <summary>Where each user's clicks begin, and one entry more: the end of the last.</summary>
    public ReadOnlySpan<long> RowStarts => rowStarts;

    /// <summary>Items of all users, one user after the other.</summary>
    public ReadOnlySpan<int> Items => items;

    /// <summary>Values of all users' clicks, in the order of <see cref="Items"/>; empty unless <see cref="HasValues"/>.</summary>
    internal ReadOnlySpan<float> Values => values;

    /// <summary>Number of clicks of a user.</summary>
    public int CountOf(int user) => (int)(rowStarts[user + 1] - rowStarts[user]);

    /// <summary>Items of a user, ascending.</summary>
    public ReadOnlySpan<int> ItemsOf(int user) => items.AsSpan((int)rowStarts[user], CountOf(user));

    /// <summary>Values of a user's clicks, in the order of <see cref="ItemsOf"/>; empty unless <see cref="HasValues"/>.</summary>
    public ReadOnlySpan<float> ValuesOf(int user) => values is null ? default : values.AsSpan((int)rowStarts[user], CountOf(user));

    /// <summary>Times of a user's clicks, in the order of <see cref="ItemsOf"/>; empty unless <see cref="HasTimestamps"/>.</summary>
    public ReadOnlySpan<long> TimestampsOf(int user) => timestamps is null ? default : timestamps.AsSpan((int)rowStarts[user], CountOf(user));

    /// <summary>Number of items that no click is on.</summary>
    internal int ItemsWithoutClicks()
    {
        var clicked = new bool[ItemCount];
        foreach (int item in items)
            clicked[item] = true;
        return clicked.Count(item => !item);
    }

    /// <summary>These clicks without those on items that the same row of another matrix has; no timestamps.</summary>
    internal ClickMatrix Without(ClickMatrix other)
    {
        var rows = new ClickRows(HasValues, false);
        for (int user = 0; user < UserCount; user++)
            for (int i = 0; i < CountOf(user); i++)
                if (other.ItemsOf(user).BinarySearch(ItemsOf(user)[i]) < 0)
                    rows.Add(user, ItemsOf(user)[i], HasValues ? ValuesOf(user)[i] : 1);
        return rows.ToMatrix(UserCount, ItemCount, out _);
    }
}
