using VaeCf.Native;
using VaeCf.Native.Persistence;

namespace VaeCf.Cli;

/// <summary>A file that a command is to write: what is checked before any work.</summary>
internal static class OutputFile
{
    // A first line that is longer is read as far as this.
    private const int LongestLine = 1 << 16;

    /// <summary>Throws if the file could not be written later, or must not be.</summary>
    /// <param name="path">The file.</param>
    /// <param name="ours">What may be replaced there, in words.</param>
    /// <param name="isOurs">Whether a regular file is that.</param>
    /// <param name="force">Whether any other regular file may be replaced too.</param>
    /// <param name="others">The other files of the command, which must not be replaced; null for one not given.</param>
    /// <exception cref="InputException">It cannot, or must not.</exception>
    public static void Check(string path, string ours, Func<string, bool> isOurs, bool force,
        params IEnumerable<string?> others)
    {
        AtomicFile.Check(path);
        CheckApart(path, others);
        string real = AtomicFile.RealPath(path);
        if (!force && File.Exists(real) && new FileInfo(real).Length > 0 && !isOurs(real))
            throw new InputException(
                $"{path}: found a file that is not {ours}; expected another name, or --force to replace it");
    }

    /// <summary>Throws if a file is one of the others of a command.</summary>
    /// <exception cref="InputException">It is.</exception>
    public static void CheckApart(string path, params IEnumerable<string?> others)
    {
        string real = AtomicFile.RealPath(path);
        if (others.OfType<string>().Any(other => AtomicFile.RealPath(other) == real))
            throw new InputException($"{path}: found a file that this command also uses; expected another name");
    }

    /// <summary>Whether a path is a folder's, or below it.</summary>
    public static bool IsWithin(string path, string folder) =>
        (AtomicFile.RealPath(path) + Path.DirectorySeparatorChar)
            .StartsWith(AtomicFile.RealPath(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>
    /// The files that are read where a command is given files, folders of parts or <c>-</c>; none may be replaced.
    /// </summary>
    public static IEnumerable<string> Read(params IEnumerable<string?> given) => given.OfType<string>().SelectMany(
        path => path == "-" ? ["/dev/stdin"]
            : Directory.Exists(path) ? [path, .. Directory.GetFiles(path)] : (string[])[path]);

    /// <summary>The first line of a text file.</summary>
    public static string FirstLine(string path)
    {
        using var reader = new StreamReader(path);
        var start = new char[LongestLine];
        ReadOnlySpan<char> text = start.AsSpan(0, reader.ReadBlock(start));
        int end = text.IndexOfAny('\r', '\n');
        return new string(end < 0 ? text : text[..end]);
    }
}
