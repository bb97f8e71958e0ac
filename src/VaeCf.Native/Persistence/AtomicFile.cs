namespace VaeCf.Native.Persistence;

/// <summary>
/// Writes a file aside and renames it over its target, so that a reader sees the old file or the new one whole.
/// </summary>
internal static class AtomicFile
{
    /// <summary>
    /// Calls <paramref name="write"/> on a temporary file in the target's folder, flushes it to the disk and renames
    /// it. If anything throws, the temporary file is deleted and whatever stood at <paramref name="path"/> still stands
    /// there.
    /// </summary>
    /// <exception cref="InputException">The target's folder does not exist.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))
            ?? throw new InputException($"{path}: found a root folder; expected a file");
        if (!Directory.Exists(folder))
            throw new InputException($"{path}: the folder {folder} does not exist");
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream =
                new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
