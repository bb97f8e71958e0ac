using System.Text.Json;
using Spectre.Console;

namespace VaeCf.Cli;

/// <summary>What a command writes to and when it must stop.</summary>
/// <param name="Output">Results.</param>
/// <param name="Error">Progress and errors.</param>
/// <param name="Stop">Cancelled by Ctrl-C.</param>
internal sealed record CommandContext(IAnsiConsole Output, IAnsiConsole Error, CancellationToken Stop)
{
    // A line in a file may be longer than a screen is wide, but some renderers fill the width.
    private const int WidthWithoutTerminal = 160;

    /// <summary>A console on a writer: colours and live displays on a terminal, else plain text.</summary>
    public static IAnsiConsole CreateConsole(TextWriter writer, bool isTerminal)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!isTerminal)
            console.Profile.Width = WidthWithoutTerminal;
        return console;
    }

    /// <summary>
    /// An empty table for <see cref="Output"/>: drawn on a terminal, Markdown elsewhere. The first column holds names,
    /// the others numbers.
    /// </summary>
    public Table NewTable(params ReadOnlySpan<string> columns)
    {
        Table table = new Table().Border(Output.Profile.Capabilities.Ansi ? TableBorder.Rounded : TableBorder.Markdown);
        foreach (string column in columns)
            table.AddColumn(new TableColumn(new Text(column))
                .Alignment(table.Columns.Count == 0 ? Justify.Left : Justify.Right));
        return table;
    }

    /// <summary>Writes a line to <see cref="Output"/> as it is: no markup, no wrapping.</summary>
    public void WriteLine(string text) => Output.Profile.Out.Writer.WriteLine(text);

    /// <summary>Writes a line to <see cref="Error"/> as it is.</summary>
    public void WriteErrorLine(string text) => Error.Profile.Out.Writer.WriteLine(text);

    /// <summary>Writes one JSON value to <see cref="Output"/>.</summary>
    public void WriteJson(Action<Utf8JsonWriter> write) => WriteLine(JsonText.Of(write, indented: true));
}
