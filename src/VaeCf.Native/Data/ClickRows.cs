namespace VaeCf.Native.Data;

/// <summary>
/// Clicks as they come, in any order. Memory grows by whole chunks, so that 20 M rows never exist twice; the first one
/// begins small.
/// </summary>
internal sealed partial class ClickRows(bool hasValues, bool hasTimestamps)
{
    private const int FirstRows = 1 << 8, ChunkRows = 1 << 18;

    // Stands in the order, while a row is merged, for a click that a later one of the same item replaces.
    private const int Superseded = -1;

    private readonly List<Chunk> chunks = [];
    private int inLast = ChunkRows, room = ChunkRows;

    /// <summary>Whether the rows have times.</summary>
    public bool HasTimestamps => hasTimestamps;

    /// <summary>Rows so far.</summary>
    public long Count => (chunks.Count - 1L) * ChunkRows + inLast;

    /// <summary>Adds a row; what the columns do not hold is ignored.</summary>
    public void Add(int user, int item, float value = 1, long timestamp = 0)
    {
        if (inLast == room)
            Grow();
        Chunk chunk = chunks[^1];
        chunk.Users[inLast] = user;
        chunk.Items[inLast] = item;
        if (hasValues)
            chunk.Values![inLast] = value;
        if (hasTimestamps)
            chunk.Timestamps![inLast] = timestamp;
        inLast++;
    }

    private void Grow()
    {
        Chunk last = new([], [], hasValues ? [] : null, hasTimestamps ? [] : null);
        if (room == ChunkRows)
        {
            room = chunks.Count == 0 ? FirstRows : ChunkRows;
            inLast = 0;
        }
        else
        {
            last = chunks[^1];
            chunks.RemoveAt(chunks.Count - 1);
            room *= 2;
        }
        (int[] users, int[] items, float[]? values, long[]? timestamps) = last;
        Array.Resize(ref users, room);
        Array.Resize(ref items, room);
        if (hasValues)
            Array.Resize(ref values, room);
        if (hasTimestamps)
            Array.Resize(ref timestamps, room);
        chunks.Add(new(users, items, values, timestamps));
    }

    /// <summary>Marks which users and items occur.</summary>
    public void MarkUsed(bool[] users, bool[] items)
    {
        for (int c = 0; c < chunks.Count; c++)
            for (int i = 0; i < RowsIn(c); i++)
                users[chunks[c].Users[i]] = items[chunks[c].Items[i]] = true;
    }

    /// <summary>
    /// Sorts the rows into a matrix. A repeated pair becomes one click: its values are added, its time and its place in
    /// the order are those of the latest.
    /// </summary>
    /// <param name="userCount">Rows of the matrix.</param>
    /// <param name="itemCount">Columns of the matrix.</param>
    /// <param name="keepOrder">
    /// Whether the matrix gets the order: by time if the rows have times, then as they were added. With times it
    /// always does.
    /// </param>
    /// <param name="repeated">Rows that were merged into others.</param>
    /// <param name="newUser">Matrix row of each user; null: its own number.</param>
    /// <param name="newItem">Matrix column of each item; null: its own number.</param>
    public ClickMatrix ToMatrix(int userCount, int itemCount, bool keepOrder, out long repeated,
        int[]? newUser = null, int[]? newItem = null)
    {
        if (Count > Array.MaxLength)
            throw new InputException($"{Count} clicks; a matrix holds at most {Array.MaxLength}");
        var rowStarts = new long[userCount + 1];
        for (int c = 0; c < chunks.Count; c++)
            for (int i = 0; i < RowsIn(c); i++)
                rowStarts[New(newUser, chunks[c].Users[i]) + 1]++;
        for (int user = 0; user < userCount; user++)
            rowStarts[user + 1] += rowStarts[user];

        long[] next = rowStarts[..userCount];
        var items = new int[Count];
        float[]? values = hasValues ? new float[Count] : null;
        long[]? timestamps = hasTimestamps ? new long[Count] : null;
        for (int c = 0; c < chunks.Count; c++)
        {
            Chunk chunk = chunks[c];
            for (int i = 0; i < RowsIn(c); i++)
            {
                long at = next[New(newUser, chunk.Users[i])]++;
                items[at] = New(newItem, chunk.Items[i]);
                if (values is not null)
                    values[at] = chunk.Values![i];
                if (timestamps is not null)
                    timestamps[at] = chunk.Timestamps![i];
            }
        }
        int[]? inOrder = keepOrder || hasTimestamps ? (int[])items.Clone() : null;
        int kept = SortAndMerge(rowStarts, items, values, timestamps, inOrder);
        repeated = items.Length - kept;
        if (repeated > 0)
        {
            Array.Resize(ref items, kept);
            if (values is not null)
                Array.Resize(ref values, kept);
            if (timestamps is not null)
                Array.Resize(ref timestamps, kept);
            if (inOrder is not null)
                Array.Resize(ref inOrder, kept);
        }
        return new ClickMatrix(itemCount, rowStarts, items, values, timestamps, inOrder);
    }

    /// <summary>Whether every user's items ascend in the order of the rows, so that this order says nothing.</summary>
    public bool Ascend(int userCount)
    {
        var last = new int[userCount];
        for (int c = 0; c < chunks.Count; c++)
            for (int i = 0; i < RowsIn(c); i++)
            {
                int user = chunks[c].Users[i], item = chunks[c].Items[i];
                if (item < last[user])
                    return false;
                last[user] = item;
            }
        return true;
    }

    private static int New(int[]? numbers, int old) => numbers is null ? old : numbers[old];

    private int RowsIn(int chunk) => chunk == chunks.Count - 1 ? inLast : ChunkRows;

    // In place: what is written never overtakes what is read. inOrder holds the items as they were added.
    private static int SortAndMerge(long[] rowStarts, int[] items, float[]? values, long[]? timestamps, int[]? inOrder)
    {
        int kept = 0;
        for (int user = 0; user + 1 < rowStarts.Length; user++)
        {
            int from = (int)rowStarts[user], count = (int)rowStarts[user + 1] - from, first = kept;
            rowStarts[user] = kept;
            long[] keys = SortRow(items.AsSpan(from, count), values is null ? default : values.AsSpan(from, count),
                timestamps is null ? default : timestamps.AsSpan(from, count), inOrder is not null);
            int latest = from;
            for (int i = from; i < from + count; i++)
            {
                if (i > from && items[i] == items[kept - 1])
                {
                    if (values is not null)
                        values[kept - 1] += values[i];
                    bool isLatest = timestamps is null || timestamps[i] >= timestamps[kept - 1];
                    if (isLatest && timestamps is not null)
                        timestamps[kept - 1] = timestamps[i];
                    if (inOrder is not null)
                        inOrder[from + (int)keys[(isLatest ? latest : i) - from]] = Superseded;
                    latest = isLatest ? i : latest;
                    continue;
                }
                latest = i;
                items[kept] = items[i];
                if (values is not null)
                    values[kept] = values[i];
                if (timestamps is not null)
                    timestamps[kept] = timestamps[i];
                kept++;
            }
            if (inOrder is null)
                continue;
            // What is left of the row's order moves to where the row begins now.
            if (kept < from + count)
            {
                int to = first;
                for (int i = from; i < from + count; i++)
                    if (inOrder[i] != Superseded)
                        inOrder[to++] = inOrder[i];
            }
            if (timestamps is not null)
                ClickMatrix.SortByTime(items.AsSpan(first, kept - first), timestamps.AsSpan(first, kept - first),
                    inOrder.AsSpan(first, kept - first));
        }
        rowStarts[^1] = kept;
        return kept;
    }

    // Sorts by item. The low half of each key that it returns is the place where the click stood; there are no keys if
    // the items ascended, or if there is nothing beside the items.
    private static long[] SortRow(Span<int> items, Span<float> values, Span<long> timestamps, bool keepOrder)
    {
        int ascending = 1;
        while (ascending < items.Length && items[ascending] > items[ascending - 1])
            ascending++;
        if (ascending >= items.Length)
            return [];
        if (values.IsEmpty && timestamps.IsEmpty && !keepOrder)
        {
            items.Sort();
            return [];
        }
        var keys = new long[items.Length];
        for (int i = 0; i < keys.Length; i++)
            keys[i] = (long)items[i] << 32 | (uint)i;
        Array.Sort(keys);
        float[] oldValues = values.ToArray();
        long[] oldTimestamps = timestamps.ToArray();
        for (int i = 0; i < keys.Length; i++)
        {
            items[i] = (int)(keys[i] >> 32);
            if (!values.IsEmpty)
                values[i] = oldValues[(int)keys[i]];
            if (!timestamps.IsEmpty)
                timestamps[i] = oldTimestamps[(int)keys[i]];
        }
        return keys;
    }

    private readonly record struct Chunk(int[] Users, int[] Items, float[]? Values, long[]? Timestamps);
}
