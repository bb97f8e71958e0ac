using System.Globalization;
using System.Net;
using System.Text;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Persistence;
using VaeCf.Native.Training;

namespace VaeCf.Cli;

/// <summary>
/// A comparison as one web page that needs nothing else: charts of accuracy and of accuracy against time, the tables,
/// and every trial of every search.
/// </summary>
internal static class ComparisonPage
{
    private const string Mark = "<!-- vaecf compare -->";

    private const string Style = """
        :root { color-scheme: light dark; --ink: #1f2933; --faint: #52606d; --page: #fdfdfc; --edge: #d9dee3;
          --best: #1d6fb8; --other: #9aa5b1 }
        @media (prefers-color-scheme: dark) { :root { --ink: #e8ebee; --faint: #a7b1bb; --page: #16191d;
          --edge: #3a424b; --best: #5aa7ec; --other: #66717d } }
        body { font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: var(--ink);
          background: var(--page); max-width: 68rem; margin: 2rem auto; padding: 0 1rem }
        h1, h2 { line-height: 1.2 } p.note { color: var(--faint) } .wide { overflow-x: auto }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums }
        th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--edge); text-align: right; white-space: nowrap }
        th { font-weight: 600 } .text { text-align: left }
        svg { max-width: 100%; height: auto } svg text { fill: var(--ink); font-size: 13px }
        svg .faint { fill: var(--faint) } svg .edge { stroke: var(--edge) } svg .whisker { stroke: var(--ink) }
        svg .best { fill: var(--best) } svg .other { fill: var(--other) }
        """;

    /// <summary>Whether a file is such a page, by its first line.</summary>
    public static bool IsPage(string path) => OutputFile.FirstLine(path).EndsWith(Mark, StringComparison.Ordinal);

    /// <summary>Writes the page.</summary>
    /// <param name="path">The file.</param>
    /// <param name="comparison">The comparison.</param>
    /// <param name="folder">Where the data is.</param>
    /// <param name="split">The data.</param>
    public static void Write(string path, ModelComparison comparison, string folder, DataSplit split)
    {
        var page = new StringBuilder($"<!DOCTYPE html> {Mark}\n");
        string data = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        page.Append($"""
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>Models on {Text(data)}</title><style>{Style}</style></head><body>
            <h1>Models on {Text(data)}</h1>
            <p>{DataText.Number(split.Train.UserCount)} training users, {DataText.Number(split.Items.Count)} items,
            {DataText.Number(split.Train.ClickCount)} clicks. The settings of each model were chosen on
            {DataText.Number(split.Validation!.HeldOut.UserCount)} validation users; the figures are means over
            {DataText.Number(comparison.Models[0].Report.UsersCounted)} test users that no model has seen.</p>
            <ul>{string.Concat(comparison.Advice().Select(line => $"<li>{Text(line)}</li>"))}</ul>
            <h2>Accuracy</h2>

            """);
        page.Append(Bars(comparison.Models)).Append("\n<h2>Accuracy against training time</h2>\n");
        page.Append(Scatter(comparison.Models));
        page.Append("\n<h2>All measures</h2>\n").Append(Measures(comparison));
        page.Append("\n<h2>How the settings were chosen</h2>\n");
        foreach (ComparedModel model in comparison.Models)
            page.Append(Trials(model));
        foreach ((string model, string why) in comparison.Left)
            page.Append(CultureInfo.InvariantCulture, $"<p>Not compared: {Text(model)}: {Text(why)}</p>\n");
        page.Append("</body></html>\n");
        AtomicFile.Write(path, file => file.Write(Encoding.UTF8.GetBytes(page.ToString())));
    }

    private static string Bars(IReadOnlyList<ComparedModel> models)
    {
        const int label = 170, width = 560, row = 28, bar = 18, value = 150;
        double most = models.Max(model => model.At100.Ndcg.Value + (model.At100.Ndcg.StandardError ?? 0));
        var svg = new StringBuilder();
        for (int i = 0; i < models.Count; i++)
        {
            Estimate ndcg = models[i].At100.Ndcg;
            double y = i * row, length = width * ndcg.Value / most, end = label + length,
                error = width * (ndcg.StandardError ?? 0) / most, middle = y + bar / 2.0;
            Label(svg, label - 10, middle, models[i].Settings.Type.Title, "end");
            Line(svg, $"""<rect class="{Kind(i)}" x="{label}" y="{y}" width="{length:0.#}" height="{bar}" rx="2"/>""");
            Line(svg, $"""<path class="whisker" d="M{end - error:0.#} {middle:0.#}H{end + error:0.#}"/>""");
            Label(svg, label + width + 12, middle, Comparison.Text(ndcg), isFaint: true);
        }
        return Svg(label + width + value, models.Count * row, "NDCG@100 of each model with its standard error", svg);
    }

    // Training time on a logarithmic axis, with a line for each power of ten.
    private static string Scatter(IReadOnlyList<ComparedModel> models)
    {
        const int left = 60, width = 640, right = 180, height = 320, foot = 46, marks = 3;
        double[] powers = [.. models.Select(model => Math.Log10(Math.Max(model.TrainSeconds, 1e-3)))];
        double from = Math.Floor(powers.Min()), to = Math.Max(Math.Ceiling(powers.Max()), from + 1),
            most = models.Max(model => model.At100.Ndcg.Value);
        var svg = new StringBuilder();
        for (double power = from; power <= to; power++)
        {
            Line(svg, $"""<path class="edge" d="M{X(power):0.#} 0V{height}"/>""");
            Label(svg, X(power), height + 13, $"{Number(Math.Pow(10, power), "0.###")} s", "middle", isFaint: true);
        }
        for (int mark = 0; mark <= marks; mark++)
        {
            double ndcg = most * mark / marks;
            Line(svg, $"""<path class="edge" d="M{left} {Y(ndcg):0.#}H{left + width}"/>""");
            Label(svg, left - 8, Y(ndcg), Number(ndcg, "0.00"), "end", isFaint: true);
        }
        for (int i = 0; i < models.Count; i++)
        {
            (double x, double y) = (X(powers[i]), Y(models[i].At100.Ndcg.Value));
            Line(svg, $"""<circle class="{Kind(i)}" cx="{x:0.#}" cy="{y:0.#}" r="5"/>""");
            Label(svg, x + 9, y, models[i].Settings.Type.Title);
        }
        Label(svg, left + width / 2, height + 33, "training time", "middle", isFaint: true);
        return Svg(left + width + right, height + foot, "NDCG@100 against training time", svg);

        double X(double power) => left + width * (power - from) / (to - from);
        double Y(double ndcg) => height - (height - 14) * ndcg / most;
    }

    private static string Kind(int place) => place == 0 ? "best" : "other";

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static void Line(StringBuilder svg, FormattableString element) =>
        svg.Append(FormattableString.Invariant(element)).Append('\n');

    // A text whose middle is at a height.
    private static void Label(StringBuilder svg, double x, double middle, string text, string anchor = "start",
        bool isFaint = false)
    {
        string kind = isFaint ? "class=\"faint\" " : "";
        Line(svg, $"""<text {kind}x="{x:0.#}" y="{middle + 5:0.#}" text-anchor="{anchor}">{Text(text)}</text>""");
    }

    private static string Svg(int width, int height, string title, StringBuilder content) => $"""
        <svg role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}"><title>{title}</title>
        {content}</svg>
        """;

    private static string Measures(ModelComparison comparison) =>
        Table([.. comparison.Columns.Select(column => column.Head)],
            comparison.Models.Select(model => comparison.Columns.Select(column => column.Cell(model))), 12)
        + $"<p class=\"note\">± is the standard error over users; {Text(ModelComparison.AccuracyNote)}; "
        + $"{Text(ModelComparison.VarietyNote)}</p>";

    private static string Trials(ComparedModel model) =>
        $"<details><summary>{Text(model.Settings.Type.Title)}: {Text(model.Choice)}</summary>"
        + Table(["settings", "round", "epochs", $"validation NDCG@{FitRun.ValidationCutoff}", "seconds", ""],
            model.Search.Rows(), 5) + "</details>\n";

    private static string Table(IReadOnlyList<string> heads, IEnumerable<IEnumerable<string>> rows, int textColumn)
    {
        string Row(string cell, IEnumerable<string> cells) => $"<tr>{string.Concat(cells.Select((text, column) =>
            $"<{cell}{(column == 0 || column == textColumn ? " class=\"text\"" : "")}>{Text(text)}</{cell}>"))}</tr>\n";
        return $"<div class=\"wide\"><table>\n{Row("th", heads)}{string.Concat(rows.Select(row => Row("td", row)))}"
            + "</table></div>\n";
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
