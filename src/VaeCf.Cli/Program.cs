using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VaeCf.Cli;

var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
Console.OutputEncoding = encoding;

// The first signal asks the command to stop and keep what it has; a second one ends the process, but for SIGHUP, which
// comes from the terminal and from the shell when a terminal is closed.
int stopped = ExitCodes.Stopped;
using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext signal)
{
    signal.Cancel = signal.Signal == PosixSignal.SIGHUP || !stop.IsCancellationRequested;
    if (!stop.IsCancellationRequested)
        stopped = signal.Signal switch { PosixSignal.SIGHUP => 129, PosixSignal.SIGTERM => 143, _ => 130 };
    stop.Cancel();
    // A command that waits for its input, and has nothing to save, ends all the same.
    if (args is not ["train" or "tune" or "compare" or "demo", ..])
        _ = Task.Delay(TimeSpan.FromSeconds(1)).ContinueWith(_ => Environment.Exit(stopped));
}
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);

// The console's own writers do not tell that a pipe is closed.
TextWriter Open(TextWriter console, bool isRedirected, nint descriptor)
{
    if (OperatingSystem.IsWindows() || !isRedirected)
        return console;
    try
    {
        var file = new PipeStream(new SafeFileHandle(descriptor, ownsHandle: false));
        return file.CanSeek ? console : new StreamWriter(file, encoding) { AutoFlush = true };
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
    {
        return console;
    }
}

int code = CommandLine.Run(args, new CommandContext(
    CommandContext.CreateConsole(Open(Console.Out, Console.IsOutputRedirected, 1), !Console.IsOutputRedirected),
    CommandContext.CreateConsole(Open(Console.Error, Console.IsErrorRedirected, 2), !Console.IsErrorRedirected),
    stop.Token));
return code == ExitCodes.Stopped ? stopped : code;
