using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli;

/// <summary>What a command writes to and when it must stop.</summary>
/// <param name="Output">Results.</param>
/// <param name="Error">Progress and errors.</param>
/// <param name="Stop">Cancelled by Ctrl-C and other signals that end a process.</param>
internal sealed record CommandContext(IAnsiConsole Output, IAnsiConsole Error, CancellationToken Stop)
{
    private const int LongestMessage = 2000;

    // What the lines of a file may take.
    private const int Unlimited = int.MaxValue;

    /// <summary>
    /// A console on a writer: colours, frames and live displays on a terminal that can show them, else plain text, and
    /// what goes to a file is the same whatever the environment says.
    /// </summary>
    public static IAnsiConsole CreateConsole(TextWriter writer, bool isTerminal)
    {
        bool drawn = isTerminal && CanDraw;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new GuardedOutput(writer),
            Ansi = drawn ? OperatingSystem.IsWindows() ? AnsiSupport.Detect : AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = drawn ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = drawn ? InteractionSupport.Yes : InteractionSupport.No,
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        console.Profile.Width = isTerminal ? WidthOfTerminal(console.Profile.Width) : Unlimited;
        return console;
    }

    private static bool CanDraw => OperatingSystem.IsWindows()
        || Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb" or "unknown");

    // Whoever sets COLUMNS wants no wider lines.
    private static int WidthOfTerminal(int width) =>
        int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), NumberStyles.None, CultureInfo.InvariantCulture,
            out int columns) && columns > 0 ? Math.Min(width, columns) : width;

    /// <summary>Writes a table to <see cref="Output"/>: with a frame on a terminal, in Markdown elsewhere.</summary>
    public void WriteTable(ResultTable table)
    {
        foreach (string line in table.Draw(Output.Profile.Width, Output.Profile.Capabilities.Ansi))
            Output.Profile.Out.Writer.WriteLine(line);
    }

    /// <summary>
    /// Writes lines to <see cref="Output"/>. A terminal shows them folded to its width, and Markdown's tables among
    /// them as <see cref="WriteTable"/> does.
    /// </summary>
    public void WriteLine(string text)
    {
        string[] lines = [.. text.Split('\n').Select(line => line.TrimEnd('\r'))];
        for (int i = 0, next; i < lines.Length; i = next)
        {
            for (next = i; next < lines.Length && lines[next].StartsWith('|'); next++) { }
            if (Output.Profile.Width < Unlimited && ResultTable.Read(lines.AsSpan(i..next)) is { } table)
                WriteTable(table);
            else
                WriteFolded(Output, lines[i..(next = Math.Max(next, i + 1))]);
        }
    }

    /// <summary>Writes a message of a line or a few to <see cref="Error"/>.</summary>
    public void WriteErrorLine(string text) =>
        WriteFolded(Error, TerminalText.Cut(text, LongestMessage).Split('\n'));

    /// <summary>Warns where a model reads clicks in their order and that is not known.</summary>
    public void WarnOfNoOrder(ModelType model, string data, ClickMatrix clicks)
    {
        if (model.ReadsOrder && !clicks.HasOrder)
            WriteErrorLine($"{data}: {model.Title} reads clicks in their order, and it is not known; they are read by "
                + "the number of their item");
    }

    /// <summary>Why standard output could not be written; null if everything was.</summary>
    public Exception? OutputFailure => (Output.Profile.Out as GuardedOutput)?.Failure;

    /// <summary>Why standard error could not be written; null if everything was.</summary>
    public Exception? ErrorFailure => (Error.Profile.Out as GuardedOutput)?.Failure;

    /// <summary>Whether standard output or standard error could not be written.</summary>
    public bool HasLostOutput => (OutputFailure ?? ErrorFailure) is not null;

    /// <summary>Writes one JSON value to <see cref="Output"/>, over several lines or on one.</summary>
    public void WriteJson(Action<Utf8JsonWriter> write, bool indented = true) =>
        Output.Profile.Out.Writer.WriteLine(JsonText.Of(write, indented));

    // A word that is too long, such as a path, stays whole.
    private static void WriteFolded(IAnsiConsole console, IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            string text = TerminalText.Escape(line.TrimEnd('\r')).TrimStart(' ');
            string indent = new(' ', line.Length - line.TrimStart(' ').Length);
            foreach (string part in CellText.Fold(text, console.Profile.Width - indent.Length, breakWords: false))
                console.Profile.Out.Writer.WriteLine(indent + part);
        }
    }
}
