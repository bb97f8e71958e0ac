using VaeCf.Native;
using VaeCf.Native.Data;

namespace VaeCf.Parquet;

/// <summary>Reads clicks from Parquet files, as <see cref="ClickReader"/> reads them from text.</summary>
/// <example>
/// <code>
/// ClickData data = ParquetClicks.Read("ratings.parquet", new ReadOptions { MinRating = 4 });
/// </code>
/// </example>
public static class ParquetClicks
{
    private const int ShortestFile = 12;

    /// <summary>
    /// Whether a path is a Parquet file, by its first bytes, or a folder with a file that is one. Nothing is read of
    /// what is no regular file.
    /// </summary>
    /// <param name="path">The path; it need not exist.</param>
    public static bool IsOne(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (Directory.Exists(path))
            return Directory.EnumerateFiles(path).FirstOrDefault(file => Path.GetFileName(file)[0] is not ('.' or '_'))
                is { } first && IsOne(first);
        Span<byte> start = stackalloc byte[4];
        try
        {
            // What a link such as /dev/stdin leads to may be a pipe, which has no length.
            if ((File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path))
                is not FileInfo { Exists: true, Length: >= ShortestFile })
                return false;
            using FileStream file = File.OpenRead(path);
            return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length
                && start.SequenceEqual("PAR1"u8);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Reads a Parquet file of clicks, or a folder of files that are parts of one.</summary>
    /// <param name="path">
    /// The file. Each row is a click; columns are known by their names, as in a text file with a header. Times may be
    /// numbers or timestamps; nested columns are not looked at. The files of a folder are read in the order of their
    /// names, but for those whose names begin with a dot or an underscore.
    /// </param>
    /// <param name="options">
    /// Columns and filters; the layout, the delimiter and the encoding are not looked at. Null keeps every click,
    /// binary.
    /// </param>
    /// <returns>The clicks; lines in messages are rows, the names of the columns being the first.</returns>
    /// <exception cref="InputException">
    /// The file is damaged, a required column is missing, a value is none of its kind, or no click is left.
    /// </exception>
    public static ClickData Read(string path, ReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        using var text = new ParquetText(ClickReader.Parts(path));
        return ClickReader.Read(text, (options ?? new ReadOptions()) with
        {
            Format = ClickFormat.Delimited,
            Delimiter = ParquetText.Delimiter,
            Encoding = null,
        }, path);
    }
}
