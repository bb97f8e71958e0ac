using System.Net;
using System.Text;
using System.Text.Json;
using VaeCf.Native;
using VaeCf.Native.Persistence;

namespace VaeCf.Cli.Pages;

/// <summary>
/// A web page that needs nothing but its own file: it loads nothing, and its policy forbids it to. It is light or dark
/// as the reader's system is, fits a phone, and prints.
/// </summary>
/// <param name="mark">What its first line ends with, by which such a page is known again.</param>
/// <param name="title">The title, and the heading of the page.</param>
internal sealed class Page(string mark, string title)
{
    private readonly StringBuilder body = new();

    // A text of more letters is folded, so that a table stays narrow.
    private const int LongText = 20;

    private const string Style = """
        :root { color-scheme: light dark; --ink: #1f2933; --faint: #52606d; --page: #fdfdfc; --edge: #d9dee3;
          --s0: #1d6fb8; --s1: #b4530a; --s2: #3b7d3a; --s3: #8a3a8f; --s4: #666f00; --s5: #a32a4a; --other: #8a96a3;
          --shade: #aab4be }
        @media (prefers-color-scheme: dark) { :root { --ink: #e8ebee; --faint: #a7b1bb; --page: #16191d;
          --edge: #3a424b; --s0: #5aa7ec; --s1: #f0964e; --s2: #7cc47a; --s3: #d48fd8; --s4: #c3cc4f; --s5: #f08aa4;
          --other: #7b8794; --shade: #59646f } }
        body { font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: var(--ink);
          background: var(--page); max-width: 68rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: break-word }
        h1, h2, h3 { line-height: 1.2 } h2 { margin-top: 2.2rem } .note, figcaption { color: var(--faint) }
        a { color: var(--s0) } :focus-visible { outline: 2px solid var(--s0); outline-offset: 2px }
        .wide { overflow-x: auto; margin: .8rem 0; background: no-repeat local left / 2.5rem 100%
          linear-gradient(to right, var(--page) 40%, transparent), no-repeat local right / 2.5rem 100%
          linear-gradient(to left, var(--page) 40%, transparent), no-repeat left / .9rem calc(100% - 2px)
          linear-gradient(to right, var(--shade), transparent), no-repeat right / .9rem calc(100% - 2px)
          linear-gradient(to left, var(--shade), transparent) } summary { cursor: pointer; padding: .3rem 0 }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums }
        th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--edge); text-align: right; white-space: nowrap }
        th { font-weight: 600; vertical-align: top } td { vertical-align: top } .text { text-align: left }
        .long, .below td { white-space: normal; overflow-wrap: anywhere } .long { min-width: 11rem }
        .below td { font-size: .85rem; color: var(--faint) }
        tr:has(+ .below) > * { border-bottom: 0; padding-bottom: 0 }
        @media (max-width: 30rem) { th, td { padding: .25rem .35rem; font-size: .85rem } .long { min-width: 8rem } }
        .figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(26rem, 100%), 1fr)); gap: 1.5rem }
        figure { margin: 0; max-width: 40rem } figure > b { display: block } figcaption { font-size: .9rem }
        .key { display: inline-block; width: 1.8rem; height: .6rem; margin-right: .4rem }
        svg.chart { display: block; width: 100%; height: auto } svg text { fill: var(--ink); font-size: 12px }
        svg .faint { fill: var(--faint) } svg .edge { stroke: var(--edge) } svg .whisker { stroke: var(--ink) }
        svg .chosen { stroke: var(--ink); stroke-dasharray: 2 3 } .line { fill: none; stroke-width: 1.8 }
        .s0 { fill: var(--s0); stroke: var(--s0) } .s1 { fill: var(--s1); stroke: var(--s1) }
        .s2 { fill: var(--s2); stroke: var(--s2) } .s3 { fill: var(--s3); stroke: var(--s3) }
        .s4 { fill: var(--s4); stroke: var(--s4) } .s5 { fill: var(--s5); stroke: var(--s5) }
        .other { fill: var(--other); stroke: var(--other) } .line { fill: none }
        .line.s1 { stroke-dasharray: 7 3 } .line.s2 { stroke-dasharray: 2 3 } .line.s3 { stroke-dasharray: 9 3 2 3 }
        .line.s4 { stroke-dasharray: 4 4 } .line.s5 { stroke-dasharray: 12 4 }
        @media print { :root { color-scheme: light; --ink: #000; --faint: #444; --page: #fff; --edge: #ccc;
          --s0: #1d6fb8; --s1: #b4530a; --s2: #3b7d3a; --s3: #8a3a8f; --s4: #666f00; --s5: #a32a4a; --other: #8a96a3 }
          body { max-width: none; margin: 0 } figure, tr { break-inside: avoid }
          h2, h3, tr:has(+ .below) { break-after: avoid }
          .wide { overflow: visible; background: none } th, td { white-space: normal; padding: .2rem .4rem } }
        """;

    /// <summary>Whether a file is a page with a mark, by its first line.</summary>
    public static bool IsPage(string path, string mark) =>
        OutputFile.FirstLine(path).EndsWith(Comment(mark), StringComparison.Ordinal);

    /// <summary>A text as HTML shows it.</summary>
    public static string Text(string text) => WebUtility.HtmlEncode(TerminalText.Escape(text));

    /// <summary>Adds HTML.</summary>
    public Page Add(string html)
    {
        body.Append(html).Append('\n');
        return this;
    }

    /// <summary>Adds the heading of a section.</summary>
    public Page Section(string heading) => Add($"<h2>{Text(heading)}</h2>");

    /// <summary>Adds a paragraph.</summary>
    public Page Paragraph(string text, bool isNote = false) =>
        Add($"<p{(isNote ? " class=\"note\"" : "")}>{Text(text)}</p>");

    /// <summary>Adds charts, side by side where there is room.</summary>
    public Page Figures(params IEnumerable<string> charts) =>
        Add($"<div class=\"figures\">\n{string.Join('\n', charts)}\n</div>");

    /// <summary>Adds a table.</summary>
    public Page Table(string name, IReadOnlyList<string> heads, IEnumerable<IEnumerable<string>> rows,
        params int[] textColumns) => Add(TableOf(name, heads, rows, textColumns));

    /// <summary>A table that scrolls by itself where it is too wide.</summary>
    /// <param name="name">What a screen reader calls it.</param>
    /// <param name="heads">The heads of the columns.</param>
    /// <param name="rows">The cells; the first of a row is its head.</param>
    /// <param name="textColumns">The columns of text, beside the first.</param>
    public static string TableOf(string name, IReadOnlyList<string> heads, IEnumerable<IEnumerable<string>> rows,
        params int[] textColumns) => TableOf(name, heads, rows.Select(row => (row, "")), textColumns);

    /// <inheritdoc cref="TableOf(string, IReadOnlyList{string}, IEnumerable{IEnumerable{string}}, int[])"/>
    /// <summary>A table with HTML below each row, across all columns; none where it is empty.</summary>
    public static string TableOf(string name, IReadOnlyList<string> heads,
        IEnumerable<(IEnumerable<string> Cells, string Below)> rows, params int[] textColumns)
    {
        string Kind(int column, string text = "") => column != 0 && !textColumns.Contains(column) ? ""
            : text.Length > LongText ? " class=\"text long\"" : " class=\"text\"";
        string Head(string text, int column) =>
            text.Length == 0 ? "<td></td>" : $"<th scope=\"col\"{Kind(column)}>{Text(text)}</th>";
        string Cell(string text, int column) => column == 0 ? $"<th scope=\"row\" class=\"text\">{Text(text)}</th>"
            : $"<td{Kind(column, text)}>{Text(text)}</td>";
        string Row((IEnumerable<string> Cells, string Below) row) => $"<tr>{string.Concat(row.Cells.Select(Cell))}</tr>"
            + (row.Below.Length == 0 ? ""
                : $"\n<tr class=\"below\"><td class=\"text\" colspan=\"{heads.Count}\">{row.Below}</td></tr>");
        return $"""
            <div class="wide" role="region" tabindex="0" aria-label="{Text(name)}"><table>
            <thead><tr>{string.Concat(heads.Select(Head))}</tr></thead>
            <tbody>{string.Join('\n', rows.Select(Row))}</tbody>
            </table></div>
            """;
    }

    /// <summary>Something that the reader may open.</summary>
    public static string Folded(string summary, string html) =>
        $"<details><summary>{Text(summary)}</summary>\n{html}\n</details>";

    /// <summary>Adds what the page shows as one JSON value, for programs and for scripts of the page.</summary>
    public Page Data(string id, Action<Utf8JsonWriter> write) =>
        // A < stands in texts alone, where its code means the same and no tag can begin.
        Add($"<script type=\"application/json\" id=\"{id}\">\n"
            + JsonText.Of(write, indented: false).Replace("<", "\\u003c", StringComparison.Ordinal) + "\n</script>");

    /// <summary>Adds a program that the page runs once all before it is there.</summary>
    public Page Script(string program) => Add($"<script>\n{program}\n</script>");

    /// <summary>The page as HTML.</summary>
    public override string ToString() => $"""
        <!DOCTYPE html> {Comment(mark)}
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <meta http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
        <title>{Text(title)}</title><style>{Style}</style></head><body><main>
        <h1>{Text(title)}</h1>
        {body}</main></body></html>

        """;

    /// <summary>Writes the page, whole or not at all.</summary>
    /// <exception cref="Native.InputException">It cannot be written.</exception>
    public void Write(string path) => AtomicFile.Write(path, file => file.Write(Encoding.UTF8.GetBytes(ToString())));

    private static string Comment(string mark) => $"<!-- {mark} -->";
}
