using System.Runtime.InteropServices;
using System.Text;
using VaeCf.Cli;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

// The first Ctrl-C (or SIGTERM) asks the command to stop and keep what it has; the second ends the process.
using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext signal)
{
    signal.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

return CommandLine.Run(args, new CommandContext(
    CommandContext.CreateConsole(Console.Out, isTerminal: !Console.IsOutputRedirected),
    CommandContext.CreateConsole(Console.Error, isTerminal: !Console.IsErrorRedirected),
    stop.Token));
