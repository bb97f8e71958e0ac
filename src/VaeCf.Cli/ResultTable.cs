using System.Globalization;
using Spectre.Console.Rendering;
using VaeCf.Native;

namespace VaeCf.Cli;

/// <summary>
/// A table of results, drawn as wide as its values where there is room, else folded to the width, else as a list. The
/// first column holds names, the others numbers, unless they are listed as text.
/// </summary>
/// <param name="heads">What stands above each column.</param>
/// <param name="text">Columns after the first that hold text.</param>
internal sealed class ResultTable(string[] heads, params int[] text)
{
    // Words of up to this many cells are not broken while there is another way.
    private const int LongestWord = 16;

    // What Markdown's rule takes.
    private const int NarrowestColumn = 2;

    private readonly List<string[]> rows = [[.. heads.Select(TerminalText.Escape)]];

    /// <summary>Adds a row, a text for each column.</summary>
    public void Add(params IEnumerable<string> cells) => rows.Add([.. cells.Select(TerminalText.Escape)]);

    /// <summary>The table that lines of Markdown are; null if they are something else.</summary>
    public static ResultTable? Read(ReadOnlySpan<string> lines)
    {
        static string[] Cells(string line) => [.. line.Trim('|').Split('|').Select(cell => cell.Trim())];
        if (lines.Length < 2 || !lines[1].StartsWith("| :", StringComparison.Ordinal))
            return null;
        string[] rule = Cells(lines[1]);
        var table = new ResultTable(Cells(lines[0]),
            [.. Enumerable.Range(1, rule.Length - 1).Where(column => rule[column].StartsWith(':'))]);
        foreach (string line in lines[2..])
            table.Add(Cells(line));
        return table;
    }

    /// <summary>The table in lines.</summary>
    /// <param name="width">Cells of the widest line.</param>
    /// <param name="framed">Whether it is drawn with a frame, else in Markdown.</param>
    public IEnumerable<string> Draw(int width, bool framed)
    {
        int frame = 3 * heads.Length + 1;
        int[] natural = Widest(CellText.Width), least = Widest(LongestWordOf);
        int room = width - frame;
        if (least.Sum() > room)
            return List(width);
        int[] widths = [.. natural.Select(cells => Math.Min(cells, room))];
        // The widest column that can be folded gives way first.
        for (int excess = widths.Sum() - room; excess > 0; excess--)
            widths[Enumerable.Range(0, widths.Length).Where(column => widths[column] > least[column])
                .MaxBy(column => widths[column])]--;
        return framed ? Framed(widths) : Markdown(widths);
    }

    private int[] Widest(Func<string, int> of) =>
        [.. heads.Select((_, column) => Math.Max(NarrowestColumn, rows.Max(row => of(row[column]))))];

    private static int LongestWordOf(string cell) =>
        Math.Min(LongestWord, cell.Split(' ').Max(CellText.Width));

    private IEnumerable<string> Framed(int[] widths)
    {
        string Rule(char left, char middle, char right) =>
            left + string.Join(middle, widths.Select(cells => new string('─', cells + 2))) + right;
        yield return Rule('╭', '┬', '╮');
        foreach (string line in Row(rows[0], widths, '│'))
            yield return line;
        yield return Rule('├', '┼', '┤');
        foreach (string line in rows.Skip(1).SelectMany(row => Row(row, widths, '│')))
            yield return line;
        yield return Rule('╰', '┴', '╯');
    }

    private IEnumerable<string> Markdown(int[] widths)
    {
        foreach (string line in Row(rows[0], widths, '|'))
            yield return line;
        yield return "|" + string.Concat(widths.Select((cells, column) => IsText(column)
            ? $" :{new string('-', cells - 1)} |" : $" {new string('-', cells - 1)}: |"));
        foreach (string line in rows.Skip(1).SelectMany(row => Row(row, widths, '|')))
            yield return line;
    }

    // The lines of a row: as many as its most folded cell has.
    private IEnumerable<string> Row(string[] row, int[] widths, char bar)
    {
        string[][] folded = [.. row.Select((cell, column) => CellText.Fold(cell, widths[column]).ToArray())];
        return Enumerable.Range(0, folded.Max(lines => lines.Length)).Select(line => bar
            + string.Concat(folded.Select((lines, column) =>
                $" {Padded(lines.ElementAtOrDefault(line) ?? "", widths[column], IsText(column))} {bar}")));
    }

    private static string Padded(string cell, int width, bool isText)
    {
        var space = new string(' ', width - CellText.Width(cell));
        return isText ? cell + space : space + cell;
    }

    // Too narrow for columns: each value on lines of its own, after what stands above its column.
    private IEnumerable<string> List(int width) => rows.Skip(1).SelectMany((row, index) =>
        row.SelectMany((cell, column) => CellText.Fold(
            rows[0][column].Length == 0 ? cell : $"{rows[0][column]}: {cell}", width))
            .Prepend("").Skip(index == 0 ? 1 : 0));

    private bool IsText(int column) => column == 0 || text.Contains(column);
}

/// <summary>Text measured in the cells of a terminal, where some letters take two and some none.</summary>
internal static class CellText
{
    /// <summary>Cells that a text takes.</summary>
    public static int Width(string text) => new Segment(text).CellCount();

    /// <summary>Lines of at most so many cells, broken between words, and within a word that is longer.</summary>
    /// <param name="text">The text, of one line.</param>
    /// <param name="width">Cells of the widest line.</param>
    /// <param name="breakWords">Whether a word that is too long for a line is broken.</param>
    public static IEnumerable<string> Fold(string text, int width, bool breakWords = true)
    {
        if (text.Length <= width && Width(text) <= width)
            return [text];
        var lines = new List<string>();
        string line = "";
        int used = 0;
        void EndLine()
        {
            lines.Add(line.TrimEnd(' '));
            (line, used) = ("", 0);
        }
        foreach (string word in text.Split(' '))
        {
            int cells = Width(word);
            if (used > 0 && used + 1 + cells > width)
                EndLine();
            if (used > 0)
                (line, used) = (line + " ", used + 1);
            if (cells <= width || !breakWords)
            {
                (line, used) = (line + word, used + cells);
                continue;
            }
            foreach (string letter in Letters(word))
            {
                int wide = Width(letter);
                if (used > 0 && used + wide > width)
                    EndLine();
                (line, used) = (line + letter, used + wide);
            }
        }
        EndLine();
        return lines;
    }

    private static IEnumerable<string> Letters(string text)
    {
        TextElementEnumerator letters = StringInfo.GetTextElementEnumerator(text);
        while (letters.MoveNext())
            yield return letters.GetTextElement();
    }
}
