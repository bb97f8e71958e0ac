using System.Runtime.CompilerServices;
using System.Text;

namespace VaeCf.Native.Data;

/// <summary>
/// Cuts a text into records and fields without a string per line: one buffer, refilled in place, that grows only for a
/// record longer than it. Lines end in LF, CR LF or, where the first MiB has no other ends but perhaps a last one, CR.
/// With a one-letter delimiter other than tab, fields may be quoted as in RFC 4180, or with <c>\"</c> for a quote where
/// the first MiB has such ones. Spaces around unquoted fields are not part of them. Blank lines may stand at the end of
/// a file and nowhere else.
/// </summary>
internal sealed partial class RecordReader : IDisposable
{
    // The first MiB says how lines end and quotes are written; a text that is shorter needs no buffer for it.
    private const int FirstBuffer = 1 << 16, Sampled = 1 << 20, LargestBuffer = 1 << 26;

    // Fields of a record at most, and of a sample: a line may hold a user's items, a table has few columns.
    private const int MostFields = 10_000_000, MostSampled = 1_000_000;
    private static readonly UTF8Encoding Strict = new(false, true);

    private readonly TextSource source;
    private readonly bool carriageReturns;
    private byte[] buffer = new byte[FirstBuffer];
    private (int From, int To, bool Escaped)[] fields = new (int, int, bool)[16];
    private int start, end, next;
    private long nextLine = 1;
    private bool atEnd;
    private byte delimiter, second;
    private bool quotes, backslashes;
    private string[]? keys;

    /// <param name="path">The file.</param>
    /// <param name="encoding">Its encoding; null for UTF-8, or UTF-16 with a byte order mark.</param>
    /// <exception cref="InputException">The file is missing, unreadable, empty or not text.</exception>
    public RecordReader(string path, Encoding? encoding = null)
        : this(new TextSource(path, encoding, ReadOptions.DefaultExpansion), path) { }

    /// <param name="source">The text; closed when the reader is disposed of.</param>
    /// <param name="path">What messages call it.</param>
    /// <exception cref="InputException">The text is unreadable, empty or binary.</exception>
    public RecordReader(TextSource source, string path)
    {
        this.source = source;
        Path = path;
        try
        {
            while (!atEnd && end < Sampled)
                Fill();
            if (buffer.AsSpan(0, end) is [0xEF, 0xBB, 0xBF, ..])
                next = start = 3;
            if (start == end)
                throw new InputException($"{path}: the file is empty");
            carriageReturns = HasLoneReturns(buffer.AsSpan(start, end - start));
            if (carriageReturns)
                buffer.AsSpan(0, end).Replace((byte)'\r', (byte)'\n');
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>The file's path, or what the stream is called.</summary>
    public string Path { get; }

    /// <summary>What stands between fields, or its first character; 0 for spaces.</summary>
    public char Delimiter => (char)delimiter;

    /// <summary>First line of the current record, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>Where the record over the most lines begins, and over how many it goes.</summary>
    public (long Line, long Lines) Longest { get; private set; }

    /// <summary>Fields in the current record.</summary>
    public int FieldCount { get; private set; }

    /// <summary>Their number in words, for messages.</summary>
    public string Fields => FieldCount == 1 ? "1 field" : $"{FieldCount} fields";

    /// <summary>The first line of what has not been read yet, without its end.</summary>
    public ReadOnlySpan<byte> Ahead
    {
        get
        {
            ReadOnlySpan<byte> rest = buffer.AsSpan(next, end - next);
            int newline = rest.IndexOf((byte)'\n');
            return (newline < 0 ? rest : rest[..newline]).TrimEnd((byte)'\r');
        }
    }

    /// <summary>What stands between fields.</summary>
    /// <param name="text">
    /// One or two ASCII characters; "" for any run of spaces and tabs; "\n" where a line is one field.
    /// </param>
    /// <param name="quoted">Whether fields may be quoted, where the delimiter is one for which they may.</param>
    public void DelimitBy(string text, bool quoted = true)
    {
        delimiter = text.Length > 0 ? (byte)text[0] : (byte)0;
        second = text.Length > 1 ? (byte)text[1] : (byte)0;
        quotes = quoted && text.Length == 1 && delimiter is not ((byte)'\t' or (byte)'\n');
        backslashes = quotes && HasBackslashedQuotes();
        keys = null;
    }

    /// <summary>
    /// The next records, as many as lie in the buffer and are whole, without moving on: what a layout is guessed from.
    /// </summary>
    /// <param name="text">What stands between fields, as for <see cref="DelimitBy"/>.</param>
    /// <param name="limit">Records at most.</param>
    /// <param name="quoted">Whether fields may be quoted.</param>
    public List<string[]> Sample(string text, int limit, bool quoted = true)
    {
        DelimitBy(text, quoted);
        return Sample(limit);
    }

    /// <summary>The next records, with what stands between fields as it is.</summary>
    public List<string[]> Sample(int limit)
    {
        (int first, int after, long line, long current) = (start, next, nextLine, Line);
        var records = new List<string[]>();
        try
        {
            for (int sampled = 0; records.Count < limit && sampled < MostSampled; sampled += FieldCount)
            {
                start = next;
                Line = nextLine;
                bool whole = Scan();
                // The first is read whole, however long it is.
                for (; !whole && records.Count == 0; whole = Scan())
                {
                    Fill();
                    first = after = start;
                }
                if (!whole || start == end)
                    break;
                if (FieldCount > 0)
                    records.Add([.. fields.Take(FieldCount)
                        .Select(field => Encoding.UTF8.GetString(Unescaped(field)))]);
            }
        }
        catch (InputException)
        {
            // The sample ends before what breaks the rules; reading on will say so.
        }
        (start, next, nextLine, Line) = (first, after, line, current);
        return records;
    }

    /// <summary>The next record; false at the end of the file.</summary>
    /// <exception cref="InputException">
    /// The file is damaged, cut short or binary, or a quoted field or a blank line breaks the rules above.
    /// </exception>
    public bool Read()
    {
        long blank = 0;
        while (true)
        {
            start = next;
            Line = nextLine;
            while (!Scan())
                Fill();
            if (start == end)
                return false;
            if (FieldCount == 0)
                blank = blank == 0 ? Line : blank;
            else if (blank != 0)
                throw new InputException(Path, blank, "a blank line",
                    "a record; blank lines may stand only at the end of the file");
            else
            {
                if (nextLine - Line > Longest.Lines)
                    Longest = (Line, nextLine - Line);
                return true;
            }
        }
    }

    /// <summary>A field of the current record, unquoted. Valid until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> Field(int index)
    {
        (int from, int to, bool escaped) = fields[index];
        if (!escaped)
            return buffer.AsSpan(from, to - from);
        // In place: what is unescaped is never longer.
        ReadOnlySpan<byte> text = Unescaped(fields[index]);
        text.CopyTo(buffer.AsSpan(from));
        fields[index] = (from, from + text.Length, false);
        return buffer.AsSpan(from, text.Length);
    }

    /// <summary>A field as text.</summary>
    /// <exception cref="InputException">It is not UTF-8.</exception>
    public string Text(int index)
    {
        try
        {
            return Strict.GetString(Field(index));
        }
        catch (DecoderFallbackException)
        {
            throw new InputException(Path, Line, Show(Field(index)), "UTF-8 text, or the encoding that the file has")
            {
                Remedy = nameof(ReadOptions.Encoding),
            };
        }
    }

    /// <summary>
    /// A whole number, written without leading zeros or plus sign, so that it and its text stand for each other.
    /// </summary>
    public static bool TryNumber(ReadOnlySpan<byte> text, out long number)
    {
        number = 0;
        int i = text is [(byte)'-', ..] ? 1 : 0, first = i, sign = 1 - 2 * i;
        // 18 digits always fit; 19 may not: those rare ones go the checked way below.
        if (text.Length - first is < 1 or > 19 || text[first] == '0' && text.Length > 1)
            return false;
        for (; i < text.Length; i++)
        {
            uint digit = text[i] - (uint)'0';
            if (digit > 9)
                return false;
            number = unchecked(number * 10 + sign * digit);
        }
        return text.Length - first < 19
            || long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign,
                System.Globalization.CultureInfo.InvariantCulture, out number);
    }

    /// <summary>An error at the current record.</summary>
    public InputException Error(string found, string expected) => new(Path, Line, found, expected);

    /// <summary>Bytes as a message may show them: quoted, on one line, not too long.</summary>
    public static string Show(ReadOnlySpan<byte> text) =>
        $"'{TerminalText.Escape(Encoding.UTF8.GetString(text[..Math.Min(text.Length, 60)]))}"
        + (text.Length > 60 ? "…'" : "'");

    /// <summary>Closes the file, or the stream if it is not to stay open.</summary>
    public void Dispose() => source.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Scan() => keys is not null ? ScanObject() : delimiter == 0 ? ScanWords() : ScanFields();

    // The scans find the fields of the record at `start` and the start of the `next`; false: the buffer ends before
    // the record does.
    private bool ScanFields()
    {
        byte[] bytes = buffer;
        int p = start, count = 0, size = end;
        long line = Line;
        while (true)
        {
            if (count == fields.Length)
                MakeRoom(count);
            int from = p, to;
            bool escaped = false;
            if (quotes && p < size && bytes[p] == '"')
            {
                from++;
                do
                {
                    int quote = bytes.AsSpan(p + 1, size - p - 1).IndexOf((byte)'"');
                    if (quote < 0)
                        return atEnd ? throw Error("a quote that is never closed", "a closing quote") : false;
                    to = p + 1 + quote;
                    if (to + 1 >= size && !atEnd)
                        return false;
                    line += bytes.AsSpan(p, to - p).Count((byte)'\n');
                    p = to + 1;
                    if (backslashes && IsBackslashed(bytes, from, to))
                    {
                        p = to;
                        escaped = true;
                        continue;
                    }
                    if (p == size || bytes[p] != '"')
                        break;
                    escaped = true;
                }
                while (true);
                if (p < size && bytes[p] == '\r')
                    p++;
                if (p < size && bytes[p] != '\n' && bytes[p] != delimiter)
                    throw Error($"{Show(bytes.AsSpan(p, 1))} after a closing quote",
                        "a delimiter or the end of the line");
            }
            else
            {
                p = EndOfField(bytes, p, size);
                while (second != 0 && p < size && bytes[p] != '\n' && !(p + 1 < size && bytes[p + 1] == second))
                    p = EndOfField(bytes, p + 1, size);
                to = p;
                if (to > from && bytes[to - 1] == '\r' && (p == size || bytes[p] == '\n'))
                    to--;
                while (to > from && bytes[to - 1] == ' ')
                    to--;
                while (from < to && bytes[from] == ' ')
                    from++;
            }
            if (p == size && !atEnd)
                return false;
            bool last = p == size || bytes[p] == '\n';
            if (last && count == 0 && from == to && !(from > start && bytes[from - 1] == '"'))
                FieldCount = 0;
            else
            {
                fields[count++] = (from, to, escaped);
                FieldCount = count;
            }
            if (!last)
            {
                p += second != 0 ? 2 : 1;
                continue;
            }
            next = Math.Min(p + 1, size);
            nextLine = line + 1;
            return true;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int EndOfField(byte[] bytes, int from, int size)
    {
        int found = bytes.AsSpan(from, size - from).IndexOfAny(delimiter, (byte)'\n');
        return found < 0 ? size : from + found;
    }

    private bool ScanWords()
    {
        byte[] bytes = buffer;
        int p = start, count = 0, size = end;
        while (true)
        {
            while (p < size && bytes[p] <= ' ' && bytes[p] != '\n')
            {
                if (bytes[p] == '\r' && p + 1 < size && bytes[p + 1] != '\n')
                    throw Error("a carriage return within a line", "lines that all end alike");
                p++;
            }
            int from = p;
            while (p < size && bytes[p] > ' ')
                p++;
            if (p == size && !atEnd)
                return false;
            if (p > from)
            {
                if (count == fields.Length)
                    MakeRoom(count);
                fields[count++] = (from, p, false);
            }
            if (p < size && bytes[p] != '\n')
                continue;
            FieldCount = count;
            next = Math.Min(p + 1, size);
            nextLine = Line + 1;
            return true;
        }
    }

    private void MakeRoom(int count) => Array.Resize(ref fields, count < MostFields ? Math.Min(2 * count, MostFields)
        : throw Error($"a record of more than {MostFields} fields", "fewer"));

    private void Fill()
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            next = start = 0;
        }
        if (end == buffer.Length)
        {
            if (end >= LargestBuffer)
                throw new InputException(Path, nextLine, $"a record of more than {LargestBuffer >> 20} MiB",
                    "shorter ones");
            Array.Resize(ref buffer, 2 * end);
        }
        int read = source.Read(buffer, end);
        if (carriageReturns)
            buffer.AsSpan(end, read).Replace((byte)'\r', (byte)'\n');
        int nul = buffer.AsSpan(end, read).IndexOf((byte)0);
        if (nul >= 0)
            throw new InputException(Path, nextLine + buffer.AsSpan(start, end + nul - start).Count((byte)'\n'),
                "a zero byte", "text in UTF-8; this is a binary file, or text in another encoding")
            {
                Remedy = nameof(ReadOptions.Encoding),
            };
        atEnd = read < buffer.Length - end;
        end += read;
    }
}
