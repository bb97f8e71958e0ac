using VaeCf.Native;

namespace VaeCf.Cli;

/// <summary>A file to be written at the end of a long run.</summary>
internal static class OutputFile
{
    /// <summary>Throws now if the file could not be written later.</summary>
    /// <exception cref="InputException">It is a folder, or its folder does not exist.</exception>
    /// <exception cref="IOException">Its folder takes no file of such a name.</exception>
    /// <exception cref="UnauthorizedAccessException">Its folder may not be written.</exception>
    public static void Check(string path)
    {
        if (Directory.Exists(path) || Path.GetFileName(path).Length == 0)
            throw new InputException($"{path}: found a folder; expected a file");
        string? folder = Path.GetDirectoryName(Path.GetFullPath(path));
        if (!Directory.Exists(folder))
            throw new InputException($"{path}: the folder {folder} does not exist");
        File.Create($"{path}.{Guid.NewGuid():N}.tmp", 1, FileOptions.DeleteOnClose).Dispose();
    }
}
