using System.Text.Json;
using VaeCf.Native.Persistence;

namespace VaeCf.Native.Data;

public static partial class SplitFolder
{
    // A new split is written into the first of these folders, which is then renamed to the second: at that moment it
    // takes the place of the old split. Then the files of the old split are deleted, then the marker that says that
    // some may be left, and the new files are moved to their places. The next split that is written completes what was
    // interrupted.
    private const string Writing = ".split.writing", Written = ".split.written", OldRemains = "old-remains";

    /// <summary>The files of a split that are in a folder, those of published ratings too.</summary>
    public static IReadOnlyList<string> FilesIn(string folder) =>
    [
        .. Among(folder, [.. names, Validation, $"{Validation}.gz", Test, $"{Test}.gz"]),
        .. Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder).Where(path => NcfName(Path.GetFileName(path)) is not null) : [],
    ];

    private static IEnumerable<string> Among(string folder, string[] some) =>
        some.Select(name => Path.Combine(folder, name)).Where(path => Path.Exists(path) || IsLink(path));

    /// <summary>
    /// Throws if <see cref="Write"/> could not write to a folder later, or must not: a folder is written if it is new,
    /// or if those of its files that have names of a split's are a split's. Other files in it are left alone.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="force">Whether other files with the names of a split's may be replaced; false by default.</param>
    /// <param name="inputs">Files that are to be read before; none of them is replaced.</param>
    /// <exception cref="InputException">
    /// A file is none of a split, is an input or is no regular file, or the folder cannot be written.
    /// </exception>
    public static void CheckWrite(string folder, bool force = false, params IEnumerable<string> inputs)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string existing = AtomicFile.RealPath(folder);
        for (; !Directory.Exists(existing); existing = Path.GetDirectoryName(existing)!)
            if (Path.Exists(existing))
                throw new InputException($"{folder}: found the file {existing}; expected a folder");
        AtomicFile.Probe(folder, Path.Combine(existing, Writing));
        if (IsLink(Path.Combine(folder, Written)))
            throw new InputException($"{Path.Combine(folder, Written)}: found a link; expected a folder of a split "
                + "that was being written, or nothing; nothing was written");
        HashSet<string> read = [.. inputs.Select(AtomicFile.RealPath)];
        bool isSplit = IsAbout(Path.Combine(folder, About))
            || names.Any(name => name.StartsWith(Train, StringComparison.Ordinal)
                && IsTable(Path.Combine(folder, name)));
        foreach (string path in Among(folder, names))
        {
            InputException Refused(string found, string expected) =>
                new($"{path}: found {found}; expected {expected}; nothing was written");
            if (read.Contains(AtomicFile.RealPath(path)))
                throw Refused("a file that is read here, which the split would replace", "another folder");
            if (!AtomicFile.IsRegular(path))
                throw Refused(Directory.Exists(path) && !IsLink(path) ? "a folder" : "a link, a device or a pipe",
                    "a regular file of a split, or none");
            bool ours = new FileInfo(path).Length == 0
                || (Path.GetFileName(path).Contains(".csv", StringComparison.Ordinal) ? IsTable(path) : isSplit);
            if (!ours && !force)
                throw Refused("a file that is not of a split, which the split would replace",
                    "another folder, or force to replace it");
            AtomicFile.CheckReplaceable(path);
        }
    }

    /// <summary>
    /// Writes a folder, and <c>split.json</c> with the settings, the sizes and what was dropped. All files are written
    /// aside, and a split that stood in the folder is replaced when they are whole: if the process ends in between,
    /// <see cref="Read(string)"/> finds the old split or the new one.
    /// </summary>
    /// <param name="folder">The folder; made if it is missing. A link is followed.</param>
    /// <param name="split">The split.</param>
    /// <param name="report">How it was made; null if unknown.</param>
    /// <param name="gzip">Whether the five tables are packed.</param>
    /// <param name="force">As in <see cref="CheckWrite"/>.</param>
    /// <exception cref="InputException">
    /// An id cannot stand on a line of its own, or the folder cannot be or must not be written, as
    /// <see cref="CheckWrite"/> says.
    /// </exception>
    public static void Write(string folder, DataSplit split, SplitReport? report = null, bool gzip = false,
        bool force = false)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(split);
        CheckWrite(folder, force);
        string place = AtomicFile.RealPath(folder), writing = Path.Combine(place, Writing);
        bool isNew = !Directory.Exists(place);
        try
        {
            Complete(place);
            AtomicFile.RemoveLeftovers(writing);
            if (Directory.Exists(writing))
                Directory.Delete(writing, recursive: true);
            Directory.CreateDirectory(writing);
            foreach ((string name, Action<SplitFileWriter> body) in Files(split, report, gzip))
            {
                using var file = new FileStream(
                    Path.Combine(writing, name), FileMode.CreateNew, FileAccess.Write, FileShare.None, 0);
                AtomicFile.CopyMode(Path.Combine(place, name), file.Name);
                using (var writer = new SplitFileWriter(file, name.EndsWith(".gz", StringComparison.Ordinal)))
                    body(writer);
                file.Flush(flushToDisk: true);
            }
            File.Create(Path.Combine(writing, OldRemains)).Dispose();
            AtomicFile.FlushFolder(writing);
            Directory.Move(writing, Path.Combine(place, Written));
            AtomicFile.FlushFolder(place);
            Complete(place);
        }
        catch (Exception e) when (AtomicFile.IsRefusal(e))
        {
            throw AtomicFile.CannotWrite(folder, e);
        }
        finally
        {
            if (Directory.Exists(writing))
                Directory.Delete(writing, recursive: true);
            if (isNew && Directory.Exists(place) && !Directory.EnumerateFileSystemEntries(place).Any())
                Directory.Delete(place);
        }
    }

    private static List<(string Name, Action<SplitFileWriter> Body)> Files(
        DataSplit split, SplitReport? report, bool gzip)
    {
        (int[] trainUsers, int[] validationUsers, int[] testUsers, string[]? userIds) = split.NumberUsers();
        string zipped = gzip ? ".gz" : "";
        var files = new List<(string, Action<SplitFileWriter>)>
        {
            (ItemIds, writer => writer.Ids(Enumerable.Range(0, split.Items.Count).Select(item => split.Items[item]))),
            (Train + zipped, writer => writer.Clicks(split.Train, trainUsers)),
            (About, writer => writer.About(split, report)),
        };
        if (userIds is not null)
            files.Add((UserIds, writer => writer.Ids(userIds)));
        foreach ((EvaluationSet? set, string[] pair, int[] users) in
            new[] { (split.Validation, validationFiles, validationUsers), (split.Test, testFiles, testUsers) })
            if (set is not null)
            {
                files.Add((pair[0] + zipped, writer => writer.Clicks(set.FoldIn, users)));
                files.Add((pair[1] + zipped, writer => writer.Clicks(set.HeldOut, users)));
            }
        return files;
    }

    // Puts the files of a whole new split in their places, from wherever that was interrupted.
    private static void Complete(string folder)
    {
        string written = Path.Combine(folder, Written), oldRemains = Path.Combine(written, OldRemains);
        if (!Directory.Exists(written) || IsLink(written))
            return;
        if (File.Exists(oldRemains))
        {
            foreach (string name in names)
                File.Delete(Path.Combine(folder, name));
            File.Delete(oldRemains);
        }
        foreach (string name in names.Reverse())
            if (File.Exists(Path.Combine(written, name)))
                File.Move(Path.Combine(written, name), Path.Combine(folder, name), overwrite: true);
        AtomicFile.FlushFolder(folder);
        Directory.Delete(written);
    }

    // Where to look for the files of a folder's split, in order.
    private static string[] Places(string folder)
    {
        string written = Path.Combine(folder, Written);
        return !Directory.Exists(written) || IsLink(written) ? [folder]
            : File.Exists(Path.Combine(written, OldRemains)) ? [written] : [written, folder];
    }

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;

    // Whether the header of a file is that of a split's table.
    private static bool IsTable(string path)
    {
        if (!AtomicFile.IsRegular(path))
            return false;
        try
        {
            using var record = new RecordReader(path);
            return Columns(ClickLayout.ReadNames(record, ",")) is not null;
        }
        catch (InputException)
        {
            return false;
        }
    }

    // Whether a file is a split.json, which has a few kilobytes.
    private static bool IsAbout(string path)
    {
        const int longest = 1 << 20;
        if (!AtomicFile.IsRegular(path) || new FileInfo(path).Length > longest)
            return false;
        try
        {
            using JsonDocument about = JsonDocument.Parse(File.ReadAllBytes(path));
            return about.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("items", out _) && root.TryGetProperty("train", out _);
        }
        // InvalidOperationException: text that is not Unicode.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
