using System.Runtime.InteropServices;
using VaeCf.Native;

namespace VaeCf.Cli;

/// <summary>Standard input, if this process was given one.</summary>
internal static partial class StandardInput
{
    private const int GetFlags = 1, CloseOnExec = 1;

    /// <summary>Opens it.</summary>
    /// <exception cref="InputException">The process was started without.</exception>
    public static Stream Open() => IsGiven ? Console.OpenStandardInput()
        : throw new InputException("standard input: found it closed; expected a file or a pipe to read");

    // Where it was closed, .NET has a pipe of its own under its number, which never ends. That is marked to be closed
    // when another program begins, and nothing that was handed to this one can be.
    private static bool IsGiven =>
        OperatingSystem.IsWindows() || Control(0, GetFlags) is >= 0 and var flags && (flags & CloseOnExec) == 0;

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command);
}
