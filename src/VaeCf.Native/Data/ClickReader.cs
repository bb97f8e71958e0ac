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
    /// <summary>Reads a file of clicks, or a folder of files that are parts of one.</summary>
    /// <param name="path">
    /// The file; gzip, and a zip archive of one file, are recognised by their first bytes. Text in UTF-8 by default;
    /// with commas, semicolons or bars, fields may be quoted as in RFC 4180. Ids may be any numbers or text. The files
    /// of a folder are read in the order of their names, each with the same layout, but for those whose names begin
    /// with a dot or an underscore.
    /// </param>
    /// <param name="options">Layout and filters; null detects the layout and keeps every click, binary.</param>
    /// <exception cref="InputException">
    /// The file is missing, empty, no text or cut short, its layout is unknown, a line is malformed (the message gives
    /// its number, what was found and what was expected), a required column is missing, or no click is left.
    /// </exception>
    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    public static ClickData Read(string path, ReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        options ??= new ReadOptions();
        return Read(Parts(path).Select(part =>
            (part, new Lazy<TextSource>(() => new(part, options.Encoding, options.MaxExpansion)))), path, options);
    }

    /// <summary>Reads clicks from a stream, from where it stands to its end; it need not seek and stays open.</summary>
    /// <param name="stream">The text, as in a file, plain or packed.</param>
    /// <param name="options">Layout and filters; null detects the layout and keeps every click, binary.</param>
    /// <param name="name">What the report and messages call the stream.</param>
    /// <inheritdoc cref="Read(string, ReadOptions?)"/>
    public static ClickData Read(Stream stream, ReadOptions? options = null, string name = "stream")
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        if (!stream.CanRead)
            throw new ArgumentException($"{name} cannot be read; expected a stream that can", nameof(stream));
        options ??= new ReadOptions();
        return Read([(name, new(() => new(stream, name, options.Encoding, options.MaxExpansion, leaveOpen: true)))],
            name, options);
    }

    /// <summary>The files that clicks at a path are read from: it itself, or the parts in a folder.</summary>
    /// <param name="path">The file or folder.</param>
    /// <returns>The file; or the folder's files that are not empty, in the order of their names.</returns>
    /// <exception cref="InputException">
    /// The folder has no files, has a folder in it, or its files' names do not end alike.
    /// </exception>
    public static IReadOnlyList<string> Parts(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!Directory.Exists(path))
            return [path];
        static bool IsHidden(string entry) => Path.GetFileName(entry)[0] is '.' or '_';
        string[] parts = [.. Directory.EnumerateFiles(path)
            .Where(file => !IsHidden(file) && new FileInfo(file).Length > 0).Order(StringComparer.Ordinal)];
        const string expected = "expected a file of clicks, or a folder with nothing but the parts of one";
        if (parts.Length == 0)
            throw new InputException($"{path}: found a folder without files; {expected}");
        if (Directory.EnumerateDirectories(path).FirstOrDefault(folder => !IsHidden(folder)) is { } inner)
            throw new InputException(
                $"{path}: found a folder with the folder {Path.GetFileName(inner)} in it; {expected}");
        return parts.FirstOrDefault(part => Path.GetExtension(part) != Path.GetExtension(parts[0])) is { } other
            ? throw new InputException($"{path}: found a folder with {Path.GetFileName(parts[0])} and "
                + $"{Path.GetFileName(other)}; {expected}")
            : parts;
    }

    private static ClickData Read(IEnumerable<(string Path, Lazy<TextSource> Text)> parts, string name,
        ReadOptions options)
    {
        var clicks = new ClickBuilder(options);
        (string Path, ClickLayout Layout)? first = null;
        foreach ((string path, Lazy<TextSource> text) in parts)
        {
            using var record = new RecordReader(text.Value, path);
            ClickLayout layout = ClickLayout.Of(record, options);
            if (first is { } one)
                layout = layout with { Values = one.Layout.Values, Time = one.Layout.Time };
            if (first is { Layout: var other } && (layout.Columns != other.Columns || layout.Item < 0 != other.Item < 0
                || layout.Format == ClickFormat.CountedAdjacency))
                throw new InputException($"{path}: found the columns {layout.Columns}; expected {other.Columns}, "
                    + $"as in {first.Value.Path}, for the files of a folder are read as parts of one; "
                    + "or give one of them");
            first ??= (path, layout);
            clicks.Begin(record.Path, layout);
            AddAll(record, layout, clicks);
            clicks.End(record);
        }
        return clicks.Build(name, "no clicks in the file", first!.Value.Layout.Format);
    }

    private static void AddAll(RecordReader record, ClickLayout layout, ClickBuilder clicks)
    {
        int block = -1;
        long place = 0;
        switch (layout.Format)
        {
            case ClickFormat.Adjacency or ClickFormat.CountedAdjacency:
                while (record.Read())
                    AddLine(record, layout, ref place, clicks);
                break;
            case ClickFormat.TimedItems:
                while (record.Read())
                    AddTimedItems(record, clicks);
                break;
            case ClickFormat.Netflix:
                while (record.Read())
                    if (record.FieldCount == 1 && record.Field(0) is [.., (byte)':'])
                        block = clicks.Items.Intern(record.Text(0)[..^1]);
                    else if (block < 0)
                        throw record.Error(RecordReader.Show(record.Field(0)), "an item and a colon before its users");
                    else
                        AddRecord(record, layout, block, clicks);
                break;
            default:
                while (record.Read())
                    AddRecord(record, layout, block, clicks);
                break;
        }
    }

    private static void AddRecord(RecordReader record, ClickLayout layout, int block, ClickBuilder clicks)
    {
        if (record.FieldCount != layout.FieldCount)
            throw Contradiction(record, layout, record.Fields,
                $"{layout.FieldCount}: {layout.Fields}");
        if (layout.IsHeader(record))
            throw record.Error("the header again", "a click");
        int user = clicks.Users.Intern(record, layout.User);
        int item = block >= 0 ? block : clicks.Items.Intern(record, layout.Item);
        float value = 1;
        if (clicks.ReadsValues)
        {
            ReadOnlySpan<byte> text = record.Field(layout.Rating);
            if (!TryValue(text, record.Delimiter != ',', out value))
                throw record.Error(RecordReader.Show(text), "a rating or count: a finite number");
            if (!clicks.Takes(value))
                throw record.Error(RecordReader.Show(text),
                    $"a count above 0 and at most {ClickMatrix.LargestValue}, or a minimum rating that drops it");
        }
        long time = 0;
        if (clicks.ReadsTimes && clicks.MayKeep(value)
            && !layout.Time.TryParse(record.Field(layout.Timestamp), out time))
            throw record.Error(RecordReader.Show(record.Field(layout.Timestamp)), ClickTime.Expected);
        clicks.AddIndices(user, item, value, clicks.ReadsTimes ? time : null);
    }

    private static void AddLine(RecordReader record, ClickLayout layout, ref long place, ClickBuilder clicks)
    {
        bool counted = layout.Format == ClickFormat.CountedAdjacency;
        if (counted && (!RecordReader.TryNumber(record.Field(0), out long count) || count != record.FieldCount - 1))
            throw record.Error($"{RecordReader.Show(record.Field(0))} before {record.FieldCount - 1} items",
                "the number of items that follow");
        int known = clicks.Users.Count;
        int user = counted ? clicks.Users.Intern(record.Line - 1) : clicks.Users.Intern(record, 0);
        if (layout.MayBeRatings && user < known)
            throw Contradiction(record, layout, $"user {record.Text(0)} again",
                "a line for each user; if the lines are user, item and rating, specify the format headerless");
        for (int i = 1; i < record.FieldCount; i++)
        {
            if (layout.IsGuessed && !RecordReader.TryNumber(record.Field(i), out _))
                throw Contradiction(record, layout, RecordReader.Show(record.Field(i)), "whole numbers, an item each");
            clicks.AddIndices(user, clicks.Items.Intern(record, i), 1, clicks.ReadsTimes ? place++ : null);
        }
    }

    private static void AddTimedItems(RecordReader record, ClickBuilder clicks)
    {
        if (record.FieldCount != 2)
            throw record.Error(record.Fields, "2: a user, and items with their times");
        int user = clicks.Users.Intern(record, 0);
        foreach (string entry in record.Text(1).Split(':'))
        {
            int comma = entry.LastIndexOf(',');
            if (comma < 1 || !long.TryParse(entry.AsSpan(comma + 1), NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture, out long time))
                throw record.Error($"'{entry}'", "an item, a comma and its time, a whole number");
            clicks.AddIndices(user, clicks.Items.Intern(entry[..comma]), 1, clicks.ReadsTimes ? time : null);
        }
    }

    // A line that is not as the first lines made the layout seem.
    private static InputException Contradiction(RecordReader record, ClickLayout layout, string found,
        string expected) => new(record.Path, record.Line, found, expected + (layout.IsGuessed
            ? $" (the layout {layout.Format.ToString().ToLowerInvariant()} that the first lines have)" : ""))
        {
            Remedy = layout.IsGuessed ? nameof(ReadOptions.Format) : null,
        };

    private static bool TryValue(ReadOnlySpan<byte> text, bool decimalComma, out float value) =>
        float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) ? float.IsFinite(value)
            : decimalComma && TryWithComma(text, out value);

    private static bool TryWithComma(ReadOnlySpan<byte> text, out float value)
    {
        byte[] pointed = text.ToArray();
        pointed.AsSpan().Replace((byte)',', (byte)'.');
        return float.TryParse(pointed, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            && float.IsFinite(value);
    }
}
