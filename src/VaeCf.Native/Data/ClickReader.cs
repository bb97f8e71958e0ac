using System.Globalization;

namespace VaeCf.Native.Data;

/// <summary>Reads files of clicks, plain or gzip, in the layouts of <see cref="ClickFormat"/>, as a stream: memory grows with the clicks kept alone.</summary>
public static class ClickReader
{
    /// <summary>Reads a file of clicks.</summary>
    /// <param name="path">
    /// The file; gzip is told by its first bytes. Text in UTF-8; with commas, semicolons or bars, fields may be quoted as
    /// in RFC 4180. Ids may be any numbers or text.
    /// </param>
    /// <param name="options">Layout and filters; null detects the layout and keeps every click, binary.</param>
    /// <exception cref="InputException">
    /// The file is missing, empty, binary or cut short, its layout is unknown, a line is malformed (the message names it, what
    /// stood there and what was expected), a column that is needed is missing, or no click is left.
    /// </exception>
    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    public static ClickData Read(string path, ReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        options ??= new ReadOptions();
        if (options.MinRating is { } least && !float.IsFinite(least))
            throw new ArgumentException($"{nameof(options.MinRating)} is {least}; expected a finite number", nameof(options));
        using var record = new RecordReader(path);
        ClickLayout layout = ClickLayout.Of(record, options);
        if (options.MinRating is not null && layout.Rating < 0)
            throw new InputException($"{path}: a least rating of {options.MinRating} is asked for, and the file has no rating column ({layout.Columns})");
        bool lines = layout.Item < 0;
        if (options.KeepTimestamps && layout.Timestamp < 0 && !lines)
            throw new InputException($"{path}: timestamps are asked for, and the file has no timestamp column ({layout.Columns})");

        var users = new IdTable();
        var items = new IdTable();
        var rows = new ClickRows(options.KeepCounts, options.KeepTimestamps);
        long belowMinRating = 0;
        while (record.Read())
        {
            if (lines)
                AddLine(record, layout.Format == ClickFormat.CountedAdjacency, users, items, rows);
            else
                AddRecord(record, layout, options, users, items, rows, ref belowMinRating);
        }
        if (rows.Count == 0)
            throw new InputException($"{path}: no clicks {(belowMinRating > 0 ? $"are left: all {belowMinRating} have a rating below {options.MinRating}" : "in the file")}");

        bool[] usedUsers = new bool[users.Count], usedItems = new bool[items.Count];
        rows.MarkUsed(usedUsers, usedItems);
        (Vocabulary userIds, int[] newUser) = users.Sort(usedUsers);
        (Vocabulary itemIds, int[] newItem) = items.Sort(usedItems);
        ClickMatrix matrix = rows.ToMatrix(userIds.Count, itemIds.Count, out long repeated, newUser, newItem);
        return new ClickData(matrix, userIds, itemIds, new ReadReport(path, layout.Format, rows.Count + belowMinRating,
            belowMinRating, repeated, users.Count - userIds.Count, items.Count - itemIds.Count));
    }

    /// <summary>Whether a file's layout has a rating or count column; reads no more than the first lines.</summary>
    /// <param name="path">The file, as for <see cref="Read"/>.</param>
    /// <param name="options">Layout; filters are ignored.</param>
    /// <exception cref="InputException">The file is missing, empty or binary, or its layout is unknown.</exception>
    public static bool HasRatings(string path, ReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        using var record = new RecordReader(path);
        return ClickLayout.Of(record, options ?? new ReadOptions()).Rating >= 0;
    }

    private static void AddRecord(RecordReader record, ClickLayout layout, ReadOptions options, IdTable users, IdTable items, ClickRows rows, ref long belowMinRating)
    {
        if (record.FieldCount != layout.ColumnCount)
            throw record.Error($"{record.FieldCount} fields", $"{layout.ColumnCount}: {layout.Columns}");
        int user = users.Intern(record, layout.User), item = items.Intern(record, layout.Item);
        float value = 1;
        if (layout.Rating >= 0 && (options.MinRating is not null || options.KeepCounts))
        {
            ReadOnlySpan<byte> text = record.Field(layout.Rating);
            if (!float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) || !float.IsFinite(value))
                throw record.Error(RecordReader.Show(text), "a rating or count: a finite number");
            if (value < options.MinRating)
            {
                belowMinRating++;
                return;
            }
            if (options.KeepCounts && value <= 0)
                throw record.Error(RecordReader.Show(text), "a count above 0, or to be told a least count");
        }
        long timestamp = 0;
        if (options.KeepTimestamps && !RecordReader.TryNumber(record.Field(layout.Timestamp), out timestamp))
            throw record.Error(RecordReader.Show(record.Field(layout.Timestamp)), "a timestamp: a whole number");
        rows.Add(user, item, value, timestamp);
    }

    private static void AddLine(RecordReader record, bool counted, IdTable users, IdTable items, ClickRows rows)
    {
        if (counted && (!RecordReader.TryNumber(record.Field(0), out long count) || count != record.FieldCount - 1))
            throw record.Error($"{RecordReader.Show(record.Field(0))} before {record.FieldCount - 1} items", "the number of items that follow");
        int user = counted ? users.Intern(record.Line - 1) : users.Intern(record, 0);
        for (int i = 1; i < record.FieldCount; i++)
            rows.Add(user, items.Intern(record, i), timestamp: i - 1);
    }
}
