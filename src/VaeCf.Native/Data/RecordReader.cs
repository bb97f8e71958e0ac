using System.IO.Compression;
using System.Text;

namespace VaeCf.Native.Data;

/// <summary>
/// Cuts a text file or stream, plain or gzip (recognised by its first bytes), into records and fields without a string
/// per line: one buffer, refilled in place, that grows only for a record longer than it. UTF-8, with or without byte
/// order mark; lines end in LF or CR LF. With a one-letter delimiter other than tab, fields may be quoted as in RFC
/// 4180. Spaces around unquoted fields are not part of them. Blank lines may stand at the end of a file and nowhere
/// else.
/// </summary>
internal sealed class RecordReader : IDisposable
{
    private const int FirstBuffer = 1 << 20, LargestBuffer = 1 << 28;
    private static readonly UTF8Encoding Strict = new(false, true);

    private readonly PackedStream packed;
    private readonly Stream stream;
    private byte[] buffer = new byte[FirstBuffer];
    private (int From, int To, bool Escaped)[] fields = new (int, int, bool)[16];
    private int start, end, next;
    private long nextLine = 1, length;
    private bool atEnd;
    private byte delimiter, second;
    private bool quotes;

    /// <exception cref="InputException">The file is missing, unreadable, empty or binary.</exception>
    public RecordReader(string path) : this(Open(path), path, leaveOpen: false) { }

    /// <param name="source">The text, plain or gzip; read on from where it stands.</param>
    /// <param name="path">What messages call it.</param>
    /// <param name="leaveOpen">Whether the stream stays open when the reader is disposed of.</param>
    /// <exception cref="InputException">The text is unreadable, empty or binary.</exception>
    public RecordReader(Stream source, string path, bool leaveOpen)
    {
        Path = path;
        try
        {
            packed = Reading(() => new PackedStream(source, leaveOpen));
            stream = packed.IsGzip ? new GZipStream(packed, CompressionMode.Decompress) : packed;
            while (!atEnd && buffer.AsSpan(0, end).IndexOf((byte)'\n') < 0)
                Fill();
            if (buffer.AsSpan(0, end) is [0xEF, 0xBB, 0xBF, ..])
                next = start = 3;
            if (start == end)
                throw new InputException($"{path}: the file is empty");
        }
        catch when (!leaveOpen)
        {
            source.Dispose();
            throw;
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException(e is FileNotFoundException or DirectoryNotFoundException
                ? $"{path}: there is no such file" : $"{path}: cannot be read ({e.Message})", e);
        }
    }

    /// <summary>The file's path, or what the stream is called.</summary>
    public string Path { get; }

    /// <summary>First line of the current record, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>Fields in the current record.</summary>
    public int FieldCount { get; private set; }

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
    public void DelimitBy(string text)
    {
        delimiter = text.Length > 0 ? (byte)text[0] : (byte)0;
        second = text.Length > 1 ? (byte)text[1] : (byte)0;
        quotes = text.Length == 1 && delimiter is not ((byte)'\t' or (byte)'\n');
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
            while (!(delimiter == 0 ? ScanWords() : ScanFields()))
                Fill();
            if (start == end)
                return false;
            if (FieldCount == 0)
                blank = blank == 0 ? Line : blank;
            else if (blank != 0)
                throw new InputException(Path, blank, "a blank line",
                    "a record; blank lines may stand only at the end of the file");
            else
                return true;
        }
    }

    /// <summary>Puts the current record back; it holds no escaped quotes.</summary>
    public void Unread() => (next, nextLine) = (start, Line);

    /// <summary>A field of the current record, unquoted. Valid until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> Field(int index)
    {
        (int from, int to, bool escaped) = fields[index];
        if (escaped)
        {
            int write = from;
            for (int read = from; read < to; read++)
            {
                buffer[write++] = buffer[read];
                if (buffer[read] == '"')
                    read++;
            }
            fields[index] = (from, to = write, false);
        }
        return buffer.AsSpan(from, to - from);
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
            throw Error(Show(Field(index)), "UTF-8 text");
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
    public static string Show(ReadOnlySpan<byte> text)
    {
        var shown = new StringBuilder("'");
        foreach (char c in Encoding.UTF8.GetString(text[..Math.Min(text.Length, 60)]))
            shown.Append(char.IsControl(c) && c != '\t' ? '\uFFFD' : c);
        return shown.Append(text.Length > 60 ? "…'" : "'").ToString();
    }

    /// <summary>Closes the file, or the stream if it is not to stay open.</summary>
    public void Dispose() => stream.Dispose();

    // Both scans find the fields of the record at `start` and the start of the `next`; false: the buffer ends before
    // the record does.
    private bool ScanFields()
    {
        byte[] bytes = buffer;
        int p = start, count = 0, size = end;
        long line = Line;
        while (true)
        {
            if (count == fields.Length)
                Array.Resize(ref fields, 2 * count);
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
                while (p < size && bytes[p] != '\n'
                    && (bytes[p] != delimiter || second != 0 && !(p + 1 < size && bytes[p + 1] == second)))
                    p++;
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

    private bool ScanWords()
    {
        byte[] bytes = buffer;
        int p = start, count = 0, size = end;
        while (true)
        {
            while (p < size && bytes[p] <= ' ' && bytes[p] != '\n')
                p++;
            int from = p;
            while (p < size && bytes[p] > ' ')
                p++;
            if (p == size && !atEnd)
                return false;
            if (p > from)
            {
                if (count == fields.Length)
                    Array.Resize(ref fields, 2 * count);
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
        int read = Reading(() => stream.Read(buffer, end, buffer.Length - end));
        length += read;
        int nul = buffer.AsSpan(end, read).IndexOf((byte)0);
        if (nul >= 0)
            throw new InputException(Path, nextLine + buffer.AsSpan(start, end + nul - start).Count((byte)'\n'),
                "a zero byte", "text in UTF-8; this is a binary file");
        end += read;
        if (read == 0)
        {
            atEnd = true;
            if (packed.IsGzip)
                CheckGzipLength();
        }
    }

    // The decoder does not notice a file that is cut short; the last four bytes of a whole one hold its unpacked
    // length.
    private void CheckGzipLength()
    {
        if (Reading(() => packed.ReadToLastNumber()) != (uint)length)
            throw new InputException($"{Path}: the gzip data is cut short: "
                + $"{length} bytes could be unpacked, and the length at the file's end is not that. "
                + "(Files joined from several gzip files must be packed anew as one.)");
    }

    private T Reading<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw new InputException($"{Path}: the gzip data is damaged or cut short ({e.Message})", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{Path}: cannot be read ({e.Message})", e);
        }
    }
}
