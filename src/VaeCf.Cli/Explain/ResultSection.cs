namespace VaeCf.Cli.Explain;

/// <summary>A part of an explanation: a heading, a line or more on it, and a table.</summary>
/// <param name="Heading">The heading.</param>
/// <param name="Note">What the table shows; empty for a heading that says enough.</param>
/// <param name="Heads">What stands above each column.</param>
/// <param name="Rows">The cells of each row, the first of which names it.</param>
/// <param name="TextColumns">Columns after the first that hold text.</param>
internal sealed record ResultSection(string Heading, string Note, string[] Heads, IReadOnlyList<string[]> Rows,
    params int[] TextColumns)
{
    /// <summary>Writes it to standard output.</summary>
    public void Write(CommandContext context)
    {
        context.WriteLine($"\n{Heading}");
        if (Note.Length > 0)
            context.WriteLine(Note);
        context.WriteLine("");
        var table = new ResultTable(Heads, TextColumns);
        foreach (string[] row in Rows)
            table.Add(row);
        context.WriteTable(table);
    }
}
