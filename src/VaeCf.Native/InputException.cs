using System.Text.Json;
using VaeCf.Native.Persistence;

namespace VaeCf.Native;

/// <summary>
/// An input that a person gave, such as a file or an option, is wrong. The message says what was found and what was
/// expected, in one line that a terminal may show whatever the input holds: see <see cref="TerminalText"/>.
/// </summary>
public class InputException : Exception
{
    private const int LongestMessage = 2000;

    // What the system calls a full disk and a disk quota: Linux, macOS and Windows.
    private static readonly int[] full = [28, 122, 69, unchecked((int)0x80070070), unchecked((int)0x80070027)];

    /// <summary>An error that belongs to no line of a file.</summary>
    public InputException(string message, Exception? inner = null)
        : base(TerminalText.Cut(TerminalText.Escape(message), LongestMessage), inner) { }

    /// <summary>An error at a line of a file.</summary>
    /// <param name="file">The file's path.</param>
    /// <param name="line">The line, from 1.</param>
    /// <param name="found">What was found there.</param>
    /// <param name="expected">What was expected.</param>
    public InputException(string file, long line, string found, string expected)
        : this($"{file}, line {line}: found {found}; expected {expected}") { }

    /// <summary>
    /// The member of <see cref="Data.ReadOptions"/> that helps to read the file, such as <c>Encoding</c>; null where
    /// none does.
    /// </summary>
    public string? Remedy { get; init; }

    /// <summary>
    /// Whether the machine is at fault rather than what was given: a file or folder could not be read or written.
    /// </summary>
    public bool IsOfDisk => InnerException is { } cause && AtomicFile.IsRefusal(cause);

    /// <summary>
    /// What another exception says, in the words of a person who gave a file or an option: nothing of the program's
    /// parameters and types.
    /// </summary>
    /// <param name="subject">The path of a file, or the name of an option.</param>
    /// <param name="cause">The other exception.</param>
    public static InputException About(string subject, Exception cause)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(cause);
        return new($"{subject}: {Words(subject, cause)}", cause);
    }

    /// <summary>What another exception says, without what it is about.</summary>
    /// <param name="subject">The path of a file that was to be read; null for another.</param>
    /// <param name="cause">The other exception.</param>
    internal static string Words(string? subject, Exception cause) => cause switch
    {
        ArgumentException when AtomicFile.IsRefusal(cause) =>
            "it would be longer than its file system, or a limit of this process, lets a file be",
        ArgumentException { ParamName: { } name } => cause.Message.Replace($" (Parameter '{name}')", ""),
        JsonException { LineNumber: { } line, BytePositionInLine: { } place } =>
            $"found no JSON from line {line + 1}, byte {place + 1} on; expected JSON",
        JsonException => "found JSON that has a name twice; expected each once",
        IOException when full.Contains(cause.HResult) => "the disk is full",
        IOException or UnauthorizedAccessException when Directory.Exists(subject) => "found a folder; expected a file",
        FileNotFoundException => "there is no such file",
        DirectoryNotFoundException => Path.GetDirectoryName(subject) is { Length: > 0 } folder
            ? $"the folder {folder} does not exist" : "there is no such file",
        UnauthorizedAccessException => "access is denied; expected a file and a folder whose permissions allow it",
        PathTooLongException => "the name is too long; expected a shorter one",
        OutOfMemoryException => "this machine does not have enough memory",
        // .NET adds the path, between quotes.
        IOException => cause.Message.Split(" : '")[0],
        _ => cause.Message,
    };
}
