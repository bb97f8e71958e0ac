using System.Globalization;

namespace VaeCf.Native.Data;

/// <summary>
/// Reads files of clicks, plain or gzip, in the layouts of <see cref="ClickFormat"/>, as a stream: memory grows only
/// with the clicks that are kept.
/// </summary>
/// <example>
/// <code>
/// ClickData data = ClickReader.Read("ratings.csv", new ReadOptions { MinRating = 4 });
/// Console.WriteLine(data.Report);
/// (DataSplit split, SplitReport report) = Splits.StrongGeneralization(data);
/// </code>
/// </example>
public static class ClickReader
{
    /// <summary>Reads a file of clicks.</summary>
    /// <param name="path">
    /// The file; gzip is recognised by its first bytes. Text in UTF-8; with commas, semicolons or bars, fields may be
    /// quoted as in RFC 4180. Ids may be any numbers or text.
    /// </param>
    /// <param name="options">Layout and filters; null detects the layout and keeps every click, binary.</param>
    /// <exception cref="InputException">
    /// The file is missing, empty, binary or cut short, its layout is unknown, a line is malformed (the message gives
    /// its number, what was found and what was expected), a required column is missing, or no click is left.
    /// </exception>
    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    public static ClickData Read(string path, ReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        using var record = new RecordReader(path);
        return Read(record, options ?? new ReadOptions());
    }

    /// <summary>Reads clicks from a stream, from where it stands to its end; it need not seek and stays open.</summary>
    /// <param name="stream">The text, as in a file, plain or gzip.</param>
    /// <param name="options">Layout and filters; null detects the layout and keeps every click, binary.</param>
    /// <param name="name">What the report and messages call the stream.</param>
    /// <inheritdoc cref="Read(string, ReadOptions?)"/>
    public static ClickData Read(Stream stream, ReadOptions? options = null, string name = "stream")
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        if (!stream.CanRead)
            throw new ArgumentException($"{name} cannot be read; expected a stream that can", nameof(stream));
        using var record = new RecordReader(stream, name, leaveOpen: true);
        return Read(record, options ?? new ReadOptions());
    }

    /// <summary>Whether a file's layout has a rating or count column; reads no more than the first lines.</summary>
    /// <param name="path">The file, as for <see cref="Read(string, ReadOptions?)"/>.</param>
    /// <param name="options">Layout; filters are ignored.</param>
    /// <exception cref="InputException">The file is missing, empty or binary, or its layout is unknown.</exception>
    public static bool HasRatings(string path, ReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        using var record = new RecordReader(path);
        return ClickLayout.Of(record, options ?? new ReadOptions()).Rating >= 0;
    }

    private static ClickData Read(RecordReader record, ReadOptions options)
    {
        var clicks = new ClickBuilder(options);
        ClickLayout layout = ClickLayout.Of(record, options);
        if (options.MinRating is not null && layout.Rating < 0)
            throw new InputException($"{record.Path}: a least rating of {options.MinRating} is asked for, "
                + $"and the file has no rating column ({layout.Columns})");
        bool lines = layout.Item < 0;
        if (options.KeepTimestamps && layout.Timestamp < 0 && !lines)
            throw new InputException($"{record.Path}: timestamps are asked for, "
                + $"and the file has no timestamp column ({layout.Columns})");

        bool timed = options.KeepTimestamps || options.KeepOrder && layout.Timestamp >= 0;
        while (record.Read())
        {
            if (lines)
                AddLine(record, layout.Format == ClickFormat.CountedAdjacency, timed, clicks);
            else
                AddRecord(record, layout, options, ref timed, clicks);
        }
        return clicks.Build(record.Path, "no clicks in the file", layout.Format);
    }

    private static void AddRecord(RecordReader record, ClickLayout layout, ReadOptions options, ref bool timed,
        ClickBuilder clicks)
    {
        if (record.FieldCount != layout.ColumnCount)
            throw record.Error($"{record.FieldCount} fields", $"{layout.ColumnCount}: {layout.Columns}");
        int user = clicks.Users.Intern(record, layout.User), item = clicks.Items.Intern(record, layout.Item);
        float value = 1;
        if (layout.Rating >= 0 && (options.MinRating is not null || options.KeepCounts))
        {
            ReadOnlySpan<byte> text = record.Field(layout.Rating);
            if (!float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
                || !float.IsFinite(value))
                throw record.Error(RecordReader.Show(text), "a rating or count: a finite number");
            if (options.KeepCounts && value <= 0 && !(value < options.MinRating))
                throw record.Error(RecordReader.Show(text), "a count above 0, or a least rating that drops it");
        }
        long? time = null;
        if (timed && !(value < options.MinRating))
        {
            ReadOnlySpan<byte> text = record.Field(layout.Timestamp);
            if (RecordReader.TryNumber(text, out long timestamp))
                time = timestamp;
            else if (clicks.IsEmpty && !options.KeepTimestamps && options.TimestampColumn is null)
                timed = false; // A column of dates: the order is that of the rows.
            else
                throw record.Error(RecordReader.Show(text), "a timestamp: a whole number");
        }
        clicks.AddIndices(user, item, value, time);
    }

    private static void AddLine(RecordReader record, bool counted, bool timed, ClickBuilder clicks)
    {
        if (counted && (!RecordReader.TryNumber(record.Field(0), out long count) || count != record.FieldCount - 1))
            throw record.Error($"{RecordReader.Show(record.Field(0))} before {record.FieldCount - 1} items",
                "the number of items that follow");
        int user = counted ? clicks.Users.Intern(record.Line - 1) : clicks.Users.Intern(record, 0);
        for (int i = 1; i < record.FieldCount; i++)
            clicks.AddIndices(user, clicks.Items.Intern(record, i), 1, timed ? i - 1 : null);
    }
}
