namespace VaeCf.Native.Data;

/// <summary>Kinds of files that hold no text of clicks, told by their first bytes.</summary>
internal static class FileKind
{
    private const string Unpack = "unpack it first, or pipe what it unpacks to", Export = "export it as CSV";
    private const int TarMagicAt = 257;

    private static readonly (byte[] Magic, string Name, string Advice)[] known =
    [
        ([.. "BZh"u8], "a bzip2 file", Unpack),
        ([0xFD, .. "7zXZ"u8], "an xz file", Unpack),
        ([0x28, 0xB5, 0x2F, 0xFD], "a Zstandard file", Unpack),
        ([0x04, 0x22, 0x4D, 0x18], "an LZ4 file", Unpack),
        ([0x1F, 0x9D], "a file of compress", Unpack),
        ([.. "7z"u8, 0xBC, 0xAF], "a 7-Zip archive", Unpack),
        ([.. "Rar!"u8], "a RAR archive", Unpack),
        ([.. "PK"u8, 5, 6], "an empty zip archive", "give a file of clicks"),
        ([.. "PAR1"u8], "a Parquet file", Export),
        ([.. "ORC"u8], "an ORC file", Export),
        ([.. "ARROW1"u8], "an Arrow file", Export),
        ([.. "FEA1"u8], "a Feather file", Export),
        ([0x89, .. "HDF"u8], "an HDF5 file", Export),
        ([0x93, .. "NUMPY"u8], "a NumPy array", Export),
        ([0x80, 0x03], "a Python pickle", Export),
        ([0x80, 0x04, 0x95], "a Python pickle", Export),
        ([0x80, 0x05, 0x95], "a Python pickle", Export),
        ([.. "SQLite format 3"u8], "an SQLite database", Export),
        ([0xD0, 0xCF, 0x11, 0xE0], "an Excel workbook", Export),
        ([.. "%PDF"u8], "a PDF", Export),
        ([.. "<!DOCTYPE"u8], "a web page", "it may be an error of the download; look at it in a browser"),
        ([.. "<html"u8], "a web page", "it may be an error of the download; look at it in a browser"),
        ([.. "<?xml"u8], "an XML file", Export),
        ([.. "version https://git-lfs"u8], "a pointer of Git LFS", "fetch the file itself: git lfs pull"),
    ];

    /// <summary>Whether a file begins as a gzip stream does.</summary>
    public static bool IsGzip(ReadOnlySpan<byte> start) => start is [0x1F, 0x8B, ..];

    /// <summary>Whether a file begins as a zip archive does.</summary>
    public static bool IsZip(ReadOnlySpan<byte> start) => start is [(byte)'P', (byte)'K', 3, 4, ..];

    /// <summary>What a file is and what to do about it; null if it may be text.</summary>
    public static (string Name, string Advice)? NoText(ReadOnlySpan<byte> start)
    {
        foreach ((byte[] magic, string name, string advice) in known)
            if (start.StartsWith(magic))
                return (name, advice);
        if (start.Length > TarMagicAt && start[TarMagicAt..].StartsWith("ustar"u8))
            return ("a tar archive", Unpack);
        // A safetensors file: a length of 8 bytes, then JSON.
        if (start is [_, _, _, _, 0, 0, 0, 0, (byte)'{', ..])
            return ("a safetensors file, such as a saved model", "give a file of clicks");
        return start.TrimStart(" \t\r\n"u8) is [(byte)'[', (byte)'{' or (byte)'[' or (byte)'\n' or (byte)'\r', ..]
            ? ("a JSON array", "write one object on each line: jq -c '.[]'") : null;
    }
}
