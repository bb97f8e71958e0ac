using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace VaeCf.Native.Data;

/// <summary>
/// Clicks of users on items, compressed by row: user u's items are <c>Items[RowStarts[u] … RowStarts[u + 1] - 1]</c>,
/// ascending and without repeats. Never dense: 20 M clicks take 80 MB, and as much again for values and for the order,
/// twice as much for timestamps.
/// </summary>
public sealed class ClickMatrix
{
    /// <summary>
    /// The largest count or rating of a click, without its sign: the sum of the squares of as many as a user can have
    /// is a finite number in single precision.
    /// </summary>
    public const float LargestValue = 1e15f;

    private readonly long[] rowStarts;
    private readonly int[] items;
    private readonly float[]? values;
    private readonly long[]? timestamps;
    private readonly int[]? inOrder;

    /// <summary>Wraps arrays that are already in order; they are not copied.</summary>
    /// <param name="itemCount">Number of columns.</param>
    /// <param name="rowStarts">
    /// One entry per user and one more; starts at 0, never falls, ends at the number of clicks.
    /// </param>
    /// <param name="items">
    /// Item of each click, in [0, <paramref name="itemCount"/>), strictly ascending within a user.
    /// </param>
    /// <param name="values">Count or rating of each click, finite; null means every click counts 1.</param>
    /// <param name="timestamps">Time of each click (any unit); null if unknown.</param>
    /// <param name="inOrder">
    /// Each user's items once more, oldest first. Null with timestamps orders them by time, those of the same time by
    /// item; null without timestamps leaves the order unknown.
    /// </param>
    /// <exception cref="ArgumentException">The arrays break one of these rules; the message names the user.</exception>
    /// <exception cref="InputException">A value is beyond <see cref="LargestValue"/>.</exception>
    public ClickMatrix(int itemCount, long[] rowStarts, int[] items, float[]? values = null, long[]? timestamps = null,
        int[]? inOrder = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(itemCount);
        ArgumentNullException.ThrowIfNull(rowStarts);
        ArgumentNullException.ThrowIfNull(items);
        if (rowStarts.Length == 0 || rowStarts[0] != 0 || rowStarts[^1] != items.Length)
            throw new ArgumentException($"row starts must run from 0 to the number of clicks, {items.Length}",
                nameof(rowStarts));
        if (values is not null && values.Length != items.Length)
            throw new ArgumentException($"{values.Length} values for {items.Length} clicks", nameof(values));
        if (timestamps is not null && timestamps.Length != items.Length)
            throw new ArgumentException($"{timestamps.Length} timestamps for {items.Length} clicks",
                nameof(timestamps));
        if (inOrder is not null && inOrder.Length != items.Length)
            throw new ArgumentException($"{inOrder.Length} items in order for {items.Length} clicks", nameof(inOrder));
        for (int user = 0; user + 1 < rowStarts.Length; user++)
        {
            if (rowStarts[user + 1] < rowStarts[user] || rowStarts[user + 1] > items.Length)
                throw new ArgumentException(
                    $"user {user}: row starts fall from {rowStarts[user]} to {rowStarts[user + 1]}", nameof(rowStarts));
            for (long i = rowStarts[user]; i < rowStarts[user + 1]; i++)
            {
                if (items[i] < 0 || items[i] >= itemCount)
                    throw new ArgumentException($"user {user}: item {items[i]} is not in 0 … {itemCount - 1}",
                        nameof(items));
                if (i > rowStarts[user] && items[i] <= items[i - 1])
                    throw new ArgumentException($"user {user}: item {items[i]} follows {items[i - 1]}; "
                        + "items must ascend without repeats", nameof(items));
                if (values is not null && !float.IsFinite(values[i]))
                    throw new ArgumentException($"user {user}: value {values[i]} of item {items[i]} is not finite",
                        nameof(values));
                if (values is not null && MathF.Abs(values[i]) > LargestValue)
                    throw new InputException($"user {user}, item {items[i]}: found a click that counts {values[i]}; "
                        + $"expected at most {LargestValue}");
            }
        }
        ItemCount = itemCount;
        this.rowStarts = rowStarts;
        this.items = items;
        this.values = values;
        this.timestamps = timestamps;
        if (inOrder is not null)
            CheckOrder(inOrder);
        else if (timestamps is not null)
        {
            inOrder = (int[])items.Clone();
            for (int user = 0; user < UserCount; user++)
                SortByTime(ItemsOf(user), TimestampsOf(user), inOrder.AsSpan((int)rowStarts[user], CountOf(user)));
        }
        this.inOrder = inOrder;
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

    /// <summary>Whether the order of each user's clicks is known; it is wherever there are timestamps.</summary>
    public bool HasOrder => inOrder is not null;

    /// <summary>Where each user's clicks begin, and one entry more: the end of the last.</summary>
    public ReadOnlySpan<long> RowStarts => rowStarts;

    /// <summary>Items of all users, one user after the other.</summary>
    public ReadOnlySpan<int> Items => items;

    /// <summary>
    /// Values of all users' clicks, in the order of <see cref="Items"/>; empty unless <see cref="HasValues"/>.
    /// </summary>
    internal ReadOnlySpan<float> Values => values;

    /// <summary>
    /// Times of all users' clicks, in the order of <see cref="Items"/>; empty unless <see cref="HasTimestamps"/>.
    /// </summary>
    internal ReadOnlySpan<long> Timestamps => timestamps;

    /// <summary>Number of clicks of a user.</summary>
    public int CountOf(int user) => (int)(rowStarts[user + 1] - rowStarts[user]);

    /// <summary>Items of a user, ascending.</summary>
    public ReadOnlySpan<int> ItemsOf(int user) => items.AsSpan((int)rowStarts[user], CountOf(user));

    /// <summary>
    /// Values of a user's clicks, in the order of <see cref="ItemsOf"/>; empty unless <see cref="HasValues"/>.
    /// </summary>
    public ReadOnlySpan<float> ValuesOf(int user) => values is null ? default
        : values.AsSpan((int)rowStarts[user], CountOf(user));

    /// <summary>
    /// Times of a user's clicks, in the order of <see cref="ItemsOf"/>; empty unless <see cref="HasTimestamps"/>.
    /// </summary>
    public ReadOnlySpan<long> TimestampsOf(int user) => timestamps is null ? default
        : timestamps.AsSpan((int)rowStarts[user], CountOf(user));

    /// <summary>
    /// Items of a user, oldest first; ascending if the order is unknown (see <see cref="HasOrder"/>).
    /// </summary>
    public ReadOnlySpan<int> InOrder(int user) => (inOrder ?? items).AsSpan((int)rowStarts[user], CountOf(user));

    /// <summary>Adds the clicks and their values to a fingerprint.</summary>
    internal void AppendTo(IncrementalHash hash)
    {
        Span<byte> count = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(count, ItemCount);
        hash.AppendData(count);
        for (int user = 0; user < UserCount; user++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(count, CountOf(user));
            hash.AppendData(count);
            hash.AppendData(MemoryMarshal.AsBytes(ItemsOf(user)));
            hash.AppendData(MemoryMarshal.AsBytes(ValuesOf(user)));
        }
    }

    /// <summary>Number of users without a click.</summary>
    internal int UsersWithoutClicks() => Enumerable.Range(0, UserCount).Count(user => CountOf(user) == 0);

    /// <summary>Number of items without a click.</summary>
    internal int ItemsWithoutClicks()
    {
        var clicked = new bool[ItemCount];
        foreach (int item in items)
            clicked[item] = true;
        return clicked.Count(item => !item);
    }

    /// <summary>These clicks without those on items that the same row of another matrix has.</summary>
    internal ClickMatrix Without(ClickMatrix other)
    {
        var rows = new ClickRows(HasValues, HasTimestamps);
        for (int user = 0; user < UserCount; user++)
        {
            int[] row = ItemsOf(user).ToArray();
            IEnumerable<int> places = Enumerable.Range(0, row.Length);
            CopyTo(rows, user, [.. places.Where(i => other.ItemsOf(user).BinarySearch(row[i]) < 0)], user);
        }
        return rows.ToMatrix(UserCount, ItemCount, HasOrder, out _);
    }

    /// <summary>Adds some of a user's clicks to rows, the oldest first where the order is known.</summary>
    /// <param name="rows">Takes the clicks.</param>
    /// <param name="user">The user.</param>
    /// <param name="places">Places of the clicks in <see cref="ItemsOf"/>.</param>
    /// <param name="row">The user's number in <paramref name="rows"/>.</param>
    /// <param name="newItem">Number of each item in <paramref name="rows"/>; null: its own.</param>
    internal void CopyTo(ClickRows rows, int user, ReadOnlySpan<int> places, int row, int[]? newItem = null)
    {
        ReadOnlySpan<int> items = ItemsOf(user), inOrder = InOrder(user);
        ReadOnlySpan<float> values = ValuesOf(user);
        ReadOnlySpan<long> times = TimestampsOf(user);
        var chosen = new bool[items.Length];
        foreach (int place in places)
            chosen[place] = true;
        for (int i = 0; i < inOrder.Length; i++)
        {
            int item = inOrder[i], place = HasOrder ? items.BinarySearch(item) : i;
            if (chosen[place])
                rows.Add(row, newItem is null ? item : newItem[item],
                    values.IsEmpty ? 1 : values[place], times.IsEmpty ? 0 : times[place]);
        }
    }

    /// <summary>Sorts a user's items by time; those of the same time stay in the order they come in.</summary>
    /// <param name="items">The items, ascending.</param>
    /// <param name="times">The time of each.</param>
    /// <param name="inOrder">The same items in any order; sorted.</param>
    internal static void SortByTime(ReadOnlySpan<int> items, ReadOnlySpan<long> times, Span<int> inOrder)
    {
        var keys = new long[inOrder.Length];
        bool sorted = true;
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = times[items.BinarySearch(inOrder[i])];
            sorted &= i == 0 || keys[i] >= keys[i - 1];
        }
        if (sorted)
            return;
        int[] before = inOrder.ToArray(), places = [.. Enumerable.Range(0, before.Length)];
        Array.Sort(keys, places);
        // The sort is not stable: places of the same time are sorted again.
        for (int from = 0, to; from < keys.Length; from = to)
        {
            for (to = from + 1; to < keys.Length && keys[to] == keys[from]; to++) { }
            Array.Sort(places, from, to - from);
        }
        for (int i = 0; i < places.Length; i++)
            inOrder[i] = before[places[i]];
    }

    // Zeros, for the next check: a single user's history must not cost memory for every item.
    [ThreadStatic]
    private static int[]? idlePlaces;

    private void CheckOrder(int[] inOrder)
    {
        // Place of each item's latest click, from 1, before which those of earlier users lie; 0 once the order has it.
        int[] placeOf = idlePlaces is { } zeros && zeros.Length >= ItemCount ? zeros : new int[ItemCount];
        idlePlaces = null;
        for (int user = 0; user < UserCount; user++)
        {
            int from = (int)rowStarts[user], to = (int)rowStarts[user + 1];
            for (int i = from; i < to; i++)
                placeOf[items[i]] = i + 1;
            long before = long.MinValue;
            for (int i = from; i < to; i++)
            {
                int item = inOrder[i], place = item >= 0 && item < ItemCount ? placeOf[item] - 1 : -1;
                if (place < from)
                    throw new ArgumentException(
                        $"user {user}: item {item} stands in the order; expected each of the user's items once",
                        nameof(inOrder));
                placeOf[item] = 0;
                if (timestamps is null)
                    continue;
                if (timestamps[place] < before)
                    throw new ArgumentException($"user {user}: item {item} of time {timestamps[place]} "
                        + $"follows time {before} in the order; expected no earlier time", nameof(inOrder));
                before = timestamps[place];
            }
        }
        idlePlaces = placeOf;
    }

    /// <summary>These clicks, each counting 1; the arrays are shared.</summary>
    public ClickMatrix WithoutValues() => HasValues ? new ClickMatrix(this) : this;

    private ClickMatrix(ClickMatrix other) => (ItemCount, rowStarts, items, timestamps, inOrder) =
        (other.ItemCount, other.rowStarts, other.items, other.timestamps, other.inOrder);

    /// <summary>Some rows on other columns.</summary>
    /// <param name="first">The first of the rows.</param>
    /// <param name="count">How many.</param>
    /// <param name="column">New column of each item, all different, or -1 to leave its clicks out.</param>
    /// <param name="columns">Number of new columns.</param>
    internal ClickMatrix OnColumns(int first, int count, int[] column, int columns)
    {
        var rows = new ClickRows(HasValues, HasTimestamps);
        for (int user = 0; user < count; user++)
        {
            int[] row = ItemsOf(first + user).ToArray();
            CopyTo(rows, first + user, [.. Enumerable.Range(0, row.Length).Where(i => column[row[i]] >= 0)], user,
                column);
        }
        return rows.ToMatrix(count, columns, HasOrder, out _);
    }

    /// <summary>The clicks of the first user with one left out, in a row for each, and then all of them.</summary>
    internal ClickMatrix EachLeftOut()
    {
        var rows = new ClickRows(HasValues, HasTimestamps);
        int count = CountOf(0);
        for (int row = 0; row <= count; row++)
            CopyTo(rows, 0, [.. Enumerable.Range(0, count).Where(place => place != row)], row);
        return rows.ToMatrix(count + 1, ItemCount, HasOrder, out _);
    }
}
