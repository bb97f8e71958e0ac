using VaeCf.Native.Evaluation;

namespace VaeCf.Cli.Pages;

/// <summary>A chart of bars from 0, one below the other, with its name above each and a whisker at its end.</summary>
/// <param name="Title">The title, which says what is shown.</param>
/// <param name="Rows">The names and values; none below 0.</param>
internal sealed record Bars(string Title, IReadOnlyList<(string Name, Estimate Value)> Rows)
{
    /// <summary>How a value is written.</summary>
    public Func<Estimate, string> Format { get; init; } = value => Comparison.Text(value);

    /// <summary>Whether the first bar stands out, as a model does among others.</summary>
    public bool FirstStandsOut { get; init; } = true;

    private const double Width = 440, Row = 36, Thickness = 12, Below = 18;

    /// <summary>The chart as HTML.</summary>
    public string Html()
    {
        double most = Rows.Max(row => row.Value.Value + (row.Value.StandardError ?? 0));
        double scale = most > 0 ? Width / most : 0;
        var svg = new Svg(Width, Rows.Count * Row);
        for (int i = 0; i < Rows.Count; i++)
        {
            (string name, Estimate value) = Rows[i];
            double y = i * Row, end = value.Value * scale, middle = y + Below + Thickness / 2;
            svg.Label(0, y + 9, name);
            svg.Label(Width, y + 9, Format(value), "end", isFaint: true);
            string kind = i == 0 || !FirstStandsOut ? "s0" : "other";
            svg.Add($"""<rect class="{kind}" y="{y + Below}" width="{end:0.#}" height="{Thickness}" rx="2"/>""");
            if (value.StandardError * scale is double error)
                svg.Add($"""<path class="whisker" d="M{end - error:0.#} {middle}H{end + error:0.#}"/>""");
        }
        return svg.Figure(Title);
    }
}
