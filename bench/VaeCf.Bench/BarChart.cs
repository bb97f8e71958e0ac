using System.Net;
using System.Text;

namespace VaeCf.Bench;

/// <summary>One bar: its label, its length, the text at its end, and whether it is ours.</summary>
internal sealed record Bar(string Label, double Value, string Text, bool Ours);

/// <summary>
/// Horizontal bars with their labels beside them, on a light panel; where there is a limit, a line crosses all of
/// them.
/// </summary>
internal sealed record BarChart(
    string Title, string Subtitle, IReadOnlyList<Bar> Bars, (double Value, string Text)? Limit = null)
{
    private const int Margin = 24, Head = 84, RowHeight = 34, BarHeight = 22, LabelWidth = 250, BarWidth = 420,
        EndWidth = 170, Foot = 40;
    private const string Ink = "#1f2933", Faint = "#52606d", Panel = "#fdfdfc", Edge = "#d9dee3", Ours = "#1d6fb8",
        Other = "#9aa5b1", LimitInk = "#b3401f";

    public string Svg()
    {
        int width = 2 * Margin + LabelWidth + BarWidth + EndWidth, left = Margin + LabelWidth,
            bottom = Head + Bars.Count * RowHeight;
        int height = bottom + (Limit is null ? Margin / 2 : Foot);
        double scale = BarWidth / Math.Max(Bars.Max(bar => bar.Value), Limit?.Value ?? 0);
        var svg = new StringBuilder();
        void Line(params FormattableString[] parts)
        {
            foreach (FormattableString part in parts)
                svg.Append(FormattableString.Invariant(part));
            svg.Append('\n');
        }
        void Write(double x, double y, string text, string color, int size = 14, string anchor = "start",
            string weight = "400") =>
            Line($"""  <text x="{x:F1}" y="{y:F1}" fill="{color}" font-size="{size}" font-weight="{weight}" """,
                $"""text-anchor="{anchor}" stroke="{Panel}" stroke-width="4" paint-order="stroke">""",
                $"{WebUtility.HtmlEncode(text)}</text>");
        Line($"""<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" """,
            $"""viewBox="0 0 {width} {height}" """,
            $"""font-family="system-ui, 'Segoe UI', Helvetica, Arial, 'DejaVu Sans', sans-serif" role="img">""");
        Line($"  <title>{WebUtility.HtmlEncode(Title)}</title>");
        Line($"""  <rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" """,
            $"""rx="8" fill="{Panel}" stroke="{Edge}"/>""");
        Write(Margin, 36, Title, Ink, 18, weight: "600");
        Write(Margin, 60, Subtitle, Faint, 13);
        if (Limit is var (value, text))
        {
            double x = left + value * scale;
            Line($"""  <line x1="{x:F1}" y1="{Head - 8}" x2="{x:F1}" y2="{bottom}" """,
                $"""stroke="{LimitInk}" stroke-width="1.5" stroke-dasharray="5 4"/>""");
            Write(x, bottom + 18, text, LimitInk, 13, "middle");
        }
        for (int i = 0; i < Bars.Count; i++)
        {
            Bar bar = Bars[i];
            double y = Head + i * RowHeight, length = Math.Max(1, bar.Value * scale), middle = y + BarHeight / 2.0 + 5;
            Write(left - 12, middle, bar.Label, Ink, anchor: "end");
            Line($"""  <rect x="{left}" y="{y:F1}" width="{length:F1}" height="{BarHeight}" """,
                $"""rx="2" fill="{(bar.Ours ? Ours : Other)}"/>""");
            Write(left + length + 8, middle, bar.Text, Ink, weight: bar.Ours ? "600" : "400");
        }
        return svg.Append("</svg>\n").ToString();
    }
}
