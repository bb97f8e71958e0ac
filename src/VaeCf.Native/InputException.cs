namespace VaeCf.Native;

/// <summary>
/// An input that a person gave, such as a file or an option, is wrong. The message says what was found and what was
/// expected.
/// </summary>
public sealed class InputException : Exception
{
    /// <summary>An error that belongs to no line of a file.</summary>
    public InputException(string message, Exception? inner = null) : base(message, inner) { }

    /// <summary>An error at a line of a file.</summary>
    /// <param name="file">The file's path.</param>
    /// <param name="line">The line, from 1.</param>
    /// <param name="found">What was found there.</param>
    /// <param name="expected">What was expected.</param>
    public InputException(string file, long line, string found, string expected)
        : base($"{file}, line {line}: found {found}; expected {expected}") { }

    /// <summary>
    /// The member of <see cref="Data.ReadOptions"/> that helps to read the file, such as <c>Encoding</c>; null where
    /// none does.
    /// </summary>
    public string? Remedy { get; init; }
}
