using System.Text;
using Spectre.Console;
using VaeCf.Native.Persistence;

namespace VaeCf.Cli;

/// <summary>
/// An output whose failure does not end a command, which may have a model to save: from then on what is written is
/// dropped. The exit code tells in the end.
/// </summary>
internal sealed class GuardedOutput(TextWriter writer) : IAnsiConsoleOutput
{
    private readonly AnsiConsoleOutput inner = new(writer);
    private readonly Guard guard = new(writer);

    public TextWriter Writer => guard;

    public bool IsTerminal => inner.IsTerminal;

    public int Width => inner.Width;

    public int Height => inner.Height;

    public void SetEncoding(Encoding encoding) => inner.SetEncoding(encoding);

    /// <summary>Why it could not be written; null if everything was.</summary>
    public Exception? Failure => guard.Failure;

    private sealed class Guard(TextWriter inner) : TextWriter
    {
        public Exception? Failure { get; private set; }

        public override Encoding Encoding => inner.Encoding;

        public override void Write(char value) => Try(() => inner.Write(value));

        public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

        public override void Write(string? value) => Try(() => inner.Write(value));

        public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

        public override void Flush() => Try(inner.Flush);

        private void Try(Action write)
        {
            if (Failure is not null)
                return;
            try
            {
                write();
            }
            catch (Exception e) when (AtomicFile.IsRefusal(e))
            {
                Failure = e;
            }
        }
    }
}
