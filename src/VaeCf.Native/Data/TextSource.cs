using System.IO.Compression;
using System.Text;

namespace VaeCf.Native.Data;

/// <summary>
/// The text of a file or stream as UTF-8: plain, gzip or a zip archive with one file (recognised by their first bytes),
/// in UTF-8, UTF-16 with byte order mark or another encoding that is given. What goes wrong is an
/// <see cref="InputException"/> that says what the file is.
/// </summary>
internal sealed class TextSource : IDisposable
{
    private static readonly UTF8Encoding Strict = new(false, true);

    // What unpacks to less is no danger, and a few rows may be very much alike.
    private const int AlwaysUnpacked = 64 << 20;

    private readonly string path;
    private readonly int maxExpansion;
    private readonly PeekedStream packed, unpacked;
    private readonly Func<long> packedLength;
    private readonly ZipArchive? zip;
    private readonly ZipArchiveEntry? entry;
    private readonly Stream text;
    private readonly bool isGzip;
    private readonly Encoding? encoding;

    /// <param name="path">The file.</param>
    /// <param name="encoding">Its encoding; null for UTF-8, or UTF-16 with a byte order mark.</param>
    /// <param name="maxExpansion">As <see cref="ReadOptions.MaxExpansion"/>.</param>
    public TextSource(string path, Encoding? encoding, int maxExpansion)
        : this(Open(path), path, encoding, maxExpansion, leaveOpen: false) { }

    /// <param name="source">The text; read on from where it stands.</param>
    /// <param name="path">What messages call it.</param>
    /// <param name="encoding">Its encoding; null for UTF-8, or UTF-16 with a byte order mark.</param>
    /// <param name="maxExpansion">As <see cref="ReadOptions.MaxExpansion"/>.</param>
    /// <param name="leaveOpen">Whether the stream stays open when this is disposed of.</param>
    public TextSource(Stream source, string path, Encoding? encoding, int maxExpansion, bool leaveOpen)
    {
        (this.path, this.maxExpansion) = (path, maxExpansion);
        try
        {
            long start = source.CanSeek ? source.Position : -1;
            packed = Reading(() => new PeekedStream(source, leaveOpen));
            isGzip = FileKind.IsGzip(packed.Start);
            packedLength = () => packed.Given;
            if (FileKind.IsZip(packed.Start))
            {
                // Its directory stands at its end; what cannot seek is read into memory.
                if (start == 0)
                {
                    source.Position = 0;
                    packedLength = () => source.Length;
                }
                zip = Reading(() => new ZipArchive(start == 0 ? source : packed, ZipArchiveMode.Read, leaveOpen: true));
            }
            entry = zip is null ? null : OnlyEntry(zip);
            unpacked = entry is not null ? Reading(() => new PeekedStream(entry.Open(), false) { IsSummed = true })
                : isGzip ? Reading(() => new PeekedStream(new GZipStream(packed, CompressionMode.Decompress), false))
                : packed;
            if (unpacked != packed && (FileKind.IsGzip(unpacked.Start) || FileKind.IsZip(unpacked.Start)))
                throw new InputException($"{path}: found packed data in packed data; expected text; "
                    + "unpack it once first");
            if (FileKind.NoText(unpacked.Start) is { } kind)
                throw new InputException($"{path}: found {kind.Name}{(unpacked == packed ? "" : ", packed")}; "
                    + $"expected text; {kind.Advice}");
            this.encoding = OfMark(unpacked.Start) ?? (unpacked.Start is [0xEF, 0xBB, 0xBF, ..] ? null : encoding);
            text = this.encoding is null or UTF8Encoding ? unpacked
                : Encoding.CreateTranscodingStream(unpacked, this.encoding, Strict);
        }
        catch
        {
            zip?.Dispose();
            if (!leaveOpen)
                source.Dispose();
            throw;
        }
    }

    /// <summary>Reads on until the buffer is full or the text ends; 0 at the end.</summary>
    /// <exception cref="InputException">
    /// The data is damaged or cut short, not in its encoding, or unpacks to more than is allowed.
    /// </exception>
    public int Read(byte[] buffer, int offset)
    {
        int read = Reading(() => text.ReadAtLeast(buffer.AsSpan(offset), buffer.Length - offset, false));
        if (unpacked != packed && unpacked.Given > AlwaysUnpacked && unpacked.Given / maxExpansion > packedLength())
            throw new InputException($"{path}: found packed data that unpacks to more than {AlwaysUnpacked >> 20} MiB "
                + $"and more than {maxExpansion} times its size; expected at most that, for it may have been made to "
                + "fill memory; allow more, or unpack it first, if it is what it should be")
            {
                Remedy = nameof(ReadOptions.MaxExpansion),
            };
        if (read < buffer.Length - offset && isGzip)
            CheckGzipLength();
        if (read < buffer.Length - offset && entry is not null
            && (unpacked.Checksum, unpacked.Given) != (entry.Crc32, entry.Length))
            throw Damaged(null);
        return read;
    }

    /// <summary>Closes the file, or the stream if it is not to stay open.</summary>
    public void Dispose()
    {
        text.Dispose();
        zip?.Dispose();
        packed.Dispose();
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw InputException.About(path, e);
        }
    }

    private ZipArchiveEntry OnlyEntry(ZipArchive archive)
    {
        ZipArchiveEntry[] files = [.. Reading(() => archive.Entries).Where(entry => entry.Name.Length > 0
            && !entry.FullName.StartsWith("__MACOSX/", StringComparison.Ordinal))];
        if (files is [var only])
            return !only.IsEncrypted ? only
                : throw new InputException($"{path}: found a zip archive with a password; unpack it first");
        const int shown = 5;
        string names = string.Join(", ", files.Take(shown).Select(file => file.FullName))
            + (files.Length > shown ? ", …" : "");
        throw new InputException(files.Any(file => file.Name is "[Content_Types].xml" or "mimetype")
            ? $"{path}: found a spreadsheet or another office document; expected text; export it as CSV"
            : $"{path}: found a zip archive of {files.Length} files ({names}); expected one with a single file; "
                + "unpack it, and give the file of clicks");
    }

    private static Encoding? OfMark(ReadOnlySpan<byte> start) =>
        start is [0xFF, 0xFE, 0, 0, ..] ? new UTF32Encoding(false, true, true)
        : start is [0xFF, 0xFE, ..] ? new UnicodeEncoding(false, true, true)
        : start is [0xFE, 0xFF, ..] ? new UnicodeEncoding(true, true, true) : null;

    // The decoder does not notice a file that is cut short; the last four bytes of a whole one hold its unpacked
    // length.
    private void CheckGzipLength()
    {
        if (Reading(() => packed.ReadToLastNumber()) != (uint)unpacked.Given)
            throw new InputException($"{path}: the gzip data is cut short: "
                + $"{unpacked.Given} bytes could be unpacked, and the length at the file's end is not that. "
                + "(Files joined from several gzip files must be packed anew as one.)");
    }

    private InputException Damaged(Exception? reason) =>
        new($"{path}: the {(isGzip ? "gzip" : "zip")} data is damaged or cut short", reason);

    private T Reading<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw Damaged(e);
        }
        catch (DecoderFallbackException e)
        {
            throw new InputException($"{path}: found bytes that are not {encoding!.WebName}; "
                + "expected the encoding that the file has", e)
            {
                Remedy = nameof(ReadOptions.Encoding),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw InputException.About(path, e);
        }
    }
}
