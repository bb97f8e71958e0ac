using System.Formats.Tar;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace VaeCf.Native.Persistence;

/// <summary>
/// Writes a file aside and renames it over its target, so that a reader sees the old file or the new one whole. A
/// symbolic link is followed, a file that is replaced keeps its permissions, and what is neither missing nor a regular
/// file, such as a device or a pipe, is refused.
/// </summary>
public static partial class AtomicFile
{
    private const int MostLinks = 40;

    // What the system calls a file that another process has locked: Linux, macOS and Windows.
    private static readonly int[] locked = [11, 35, unchecked((int)0x80070020)];

    /// <summary>
    /// Calls <paramref name="write"/> on a temporary file in the target's folder, flushes it to the disk and renames
    /// it. If anything throws, the temporary file is deleted and whatever stood at <paramref name="path"/> still stands
    /// there.
    /// </summary>
    /// <exception cref="InputException">
    /// The target's folder does not exist or takes no file, what stands there is no regular file, or the disk is full.
    /// </exception>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes its contents.</param>
    /// <param name="previous">
    /// Where the file that it replaces is kept, in the same folder; null, the default, keeps it nowhere. If the process
    /// ends in between, that one is there and <paramref name="path"/> is missing.
    /// </param>
    public static void Write(string path, Action<Stream> write, string? previous = null)
    {
        ArgumentNullException.ThrowIfNull(write);
        string target = Target(path), temporary = Aside(target);
        try
        {
            using (var stream =
                new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                CopyMode(target, temporary);
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            if (previous is not null && File.Exists(target))
                File.Move(target, Target(previous), overwrite: true);
            File.Move(temporary, target, overwrite: true);
            FlushFolder(Path.GetDirectoryName(target)!);
        }
        catch (Exception e) when (IsRefusal(e))
        {
            throw CannotWrite(path, e);
        }
        finally
        {
            try
            {
                File.Delete(temporary);
            }
            catch (Exception e) when (IsRefusal(e))
            {
                // The folder takes nothing away either. What kept the file from being written says more.
            }
        }
    }

    /// <summary>
    /// Removes what writes of a file left aside whose process was killed. A write that goes on elsewhere would fail.
    /// </summary>
    /// <param name="path">The file, which need not be there.</param>
    /// <exception cref="InputException">One cannot be removed.</exception>
    public static void RemoveLeftovers(string path)
    {
        string target = RealPath(path);
        if (Path.GetDirectoryName(target) is not { } folder || !Directory.Exists(folder))
            return;
        foreach (string file in Directory.EnumerateFiles(folder, Path.GetFileName(target) + ".*.tmp"))
            if (Guid.TryParseExact(file[(target.Length + 1)..^".tmp".Length], "N", out _))
                Remove(file);
    }

    /// <summary>
    /// Keeps a path for one run, which writes there again and again; another, in this process or in another one, is
    /// refused. The system forgets that when the process ends, however it ends; the file that tells, the path with
    /// <c>.lock</c> to its name, may stay, and is taken over by the next.
    /// </summary>
    /// <param name="path">The path; nothing need be there.</param>
    /// <returns>What gives the path free when it is disposed of.</returns>
    /// <exception cref="InputException">Another run keeps it, or the lock cannot be written.</exception>
    public static IDisposable Hold(string path)
    {
        string file = LockOf(path);
        Check(file);
        if (new FileInfo(file) is { Exists: true, Length: > 0 })
            throw new InputException($"{file}: found a file that is not an empty one, the lock of a run; expected "
                + "that, or none");
        FileStream held;
        try
        {
            held = new FileStream(file, FileMode.OpenOrCreate, FileAccess.Read, FileShare.None, 1,
                FileOptions.DeleteOnClose);
        }
        catch (IOException e) when (locked.Contains(e.HResult))
        {
            throw new InputException($"{path}: found another run that writes there; expected to be the only one");
        }
        catch (Exception e) when (IsRefusal(e))
        {
            throw CannotWrite(file, e);
        }
        RemoveLeftovers(file);
        return held;
    }

    /// <summary>The file that tells that a run keeps a path.</summary>
    public static string LockOf(string path) => RealPath(path) + ".lock";

    /// <summary>Removes a file, if it is there.</summary>
    internal static void Remove(string path) => Try(path, "removed", () => File.Delete(path));

    /// <summary>The SHA-256 of what a file holds.</summary>
    /// <exception cref="InputException">It cannot be read.</exception>
    internal static byte[] Sum(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return SHA256.HashData(file);
        }
        catch (Exception e) when (IsRefusal(e))
        {
            throw InputException.About(path, e);
        }
    }

    /// <summary>Renames a file over what stands under its new name.</summary>
    internal static void Rename(string path, string to) =>
        Try(path, $"renamed to {to}", () => File.Move(path, to, overwrite: true));

    private static void Try(string path, string what, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (IsRefusal(e))
        {
            throw new InputException($"{path}: cannot be {what}: {InputException.Words(null, e)}", e);
        }
    }

    /// <summary>Throws now if <see cref="Write"/> could not write to a path later.</summary>
    /// <exception cref="InputException">As <see cref="Write"/>.</exception>
    public static void Check(string path)
    {
        string target = Target(path);
        Probe(path, target);
        CheckReplaceable(target);
    }

    /// <summary>Throws if a regular file may not be replaced even where its folder may be written to.</summary>
    internal static void CheckReplaceable(string path)
    {
        // EPERM: the file is immutable or may only be appended to. Permissions alone give EACCES, and do not keep a
        // file from being replaced.
        const int notPermitted = 1;
        if (OperatingSystem.IsWindows() || !File.Exists(path))
            return;
        try
        {
            new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete).Dispose();
        }
        catch (UnauthorizedAccessException e) when (e.InnerException is IOException { HResult: notPermitted })
        {
            throw CannotWrite(path, new IOException("the file is marked as one that must not be changed", e));
        }
        catch (Exception e) when (IsRefusal(e))
        {
            // Another reason does not keep it from being replaced.
        }
    }

    /// <summary>The absolute path of a file or folder, with every link on the way followed.</summary>
    /// <param name="path">The path; what it leads to may be missing.</param>
    /// <exception cref="InputException">Its links go round in a circle.</exception>
    public static string RealPath(string path)
    {
        string full = Path.GetFullPath(path), real = Path.GetPathRoot(full)!;
        int links = 0;
        var rest = new Stack<string>();
        void Push(string relative)
        {
            foreach (string name in relative.Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar)
                .Reverse())
                rest.Push(name);
        }
        Push(full[real.Length..]);
        while (rest.TryPop(out string? name))
        {
            string next = name == ".." ? Path.GetDirectoryName(real) ?? real : Path.Combine(real, name);
            if (name is "" or ".")
                continue;
            if (new FileInfo(next).LinkTarget is not { } target)
                real = next;
            else if (++links > MostLinks)
                throw new InputException($"{path}: found more than {MostLinks} symbolic links one after the other; "
                    + "expected a file or folder at their end");
            else
            {
                string root = Path.GetPathRoot(target)!;
                real = root.Length > 0 ? root : real;
                Push(target[root.Length..]);
            }
        }
        return real;
    }

    /// <summary>The error to throw where something cannot be written.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="reason">Why: what <see cref="IsRefusal"/> tells.</param>
    public static InputException CannotWrite(string path, Exception reason) =>
        new($"{path}: cannot be written: {InputException.Words(null, reason)}", reason);

    /// <summary>Whether an exception says that a file cannot be written.</summary>
    // What the system refuses as too long for a file, .NET says of an argument.
    public static bool IsRefusal(Exception e) => e is IOException or UnauthorizedAccessException
        or ArgumentOutOfRangeException { ParamName: "value", Source: "System.Private.CoreLib" or "System.Console" };

    /// <summary>Throws unless a file could be made beside a target.</summary>
    internal static void Probe(string path, string target)
    {
        try
        {
            File.Create(Aside(target), 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception e) when (IsRefusal(e))
        {
            throw CannotWrite(path, e);
        }
    }

    /// <summary>Gives a file the permissions of the one that it is to replace, if there is one.</summary>
    internal static void CopyMode(string replaced, string file)
    {
        if (!OperatingSystem.IsWindows() && File.Exists(replaced))
            File.SetUnixFileMode(file, File.GetUnixFileMode(replaced));
    }

    /// <summary>Whether a regular file stands at a path, rather than a link, a folder, a device or a pipe.</summary>
    internal static bool IsRegular(string path)
    {
        if (new FileInfo(path) is not { Exists: true, LinkTarget: null } file)
            return false;
        // Nothing else has a length. What has none is not opened: a pipe would wait for its other end, and some devices
        // act on being opened. An archive's entry for it names its kind.
        if (file.Length > 0)
            return true;
        using var entry = new MemoryStream();
        try
        {
            using var archive = new TarWriter(entry, TarEntryFormat.Ustar, leaveOpen: true);
            archive.WriteEntry(path, "file");
        }
        catch (IOException e)
        {
            // Archives hold no sockets; and a file that a process has locked cannot be read into one.
            return locked.Contains(e.HResult);
        }
        entry.Position = 0;
        using var reader = new TarReader(entry);
        return reader.GetNextEntry()?.EntryType == TarEntryType.RegularFile;
    }

    /// <summary>
    /// Flushes a folder to the disk: a new name is there when its folder is. What a system does not offer is left to
    /// it.
    /// </summary>
    internal static void FlushFolder(string path)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            return;
        int folder = OpenFolder(path, 0);
        if (folder < 0)
            return;
        _ = Flush(folder);
        _ = Close(folder);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Flush(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    private static string Aside(string target) => $"{target}.{Guid.NewGuid():N}.tmp";

    // Where the bytes go: the end of the links at a path.
    private static string Target(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path) || Path.EndsInDirectorySeparator(path))
            throw new InputException($"{path}: found a folder; expected a file");
        string target = RealPath(path);
        // /dev/stdout leads to a place in /proc where no file can be, if it is a pipe.
        if (Path.Exists(target) ? !IsRegular(target) : target.StartsWith("/proc/", StringComparison.Ordinal))
            throw new InputException($"{path}: found a device, a pipe or a socket; expected a regular file, or none: "
                + "only regular files are written");
        string? folder = Path.GetDirectoryName(target);
        return Directory.Exists(folder) ? target
            : throw new InputException($"{path}: the folder {folder} does not exist", new DirectoryNotFoundException());
    }
}
