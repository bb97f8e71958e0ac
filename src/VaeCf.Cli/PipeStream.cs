using Microsoft.Win32.SafeHandles;

namespace VaeCf.Cli;

/// <summary>
/// A pipe to write to, standard output or standard error. Unlike the console's own stream it tells that its reader has
/// gone.
/// </summary>
internal sealed class PipeStream(SafeFileHandle handle) : FileStream(handle, FileAccess.Write, bufferSize: 0)
{
    // POSIX: a pipe takes at least as many as a whole or not at all. Linux takes 4,096.
    private static readonly int wholeBytes = OperatingSystem.IsLinux() ? 4096 : 512;

    // EAGAIN, on Linux and elsewhere: another process has made the pipe one that does not wait, and it is full.
    private const int LinuxAgain = 11, OtherAgain = 35;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        for (; !buffer.IsEmpty; buffer = buffer[Math.Min(wholeBytes, buffer.Length)..])
            WriteWhole(buffer[..Math.Min(wholeBytes, buffer.Length)]);
    }

    private void WriteWhole(ReadOnlySpan<byte> piece)
    {
        while (true)
            try
            {
                base.Write(piece);
                return;
            }
            catch (IOException e) when (e.HResult == (OperatingSystem.IsLinux() ? LinuxAgain : OtherAgain))
            {
                Thread.Sleep(1);
            }
    }
}
