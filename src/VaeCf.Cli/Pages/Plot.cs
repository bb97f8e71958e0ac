using System.Globalization;

namespace VaeCf.Cli.Pages;

/// <summary>A point of a chart.</summary>
/// <param name="X">Across.</param>
/// <param name="Y">Upwards.</param>
/// <param name="Error">Its standard error, drawn to both sides; null for none.</param>
/// <param name="Name">A name beside it; null for none.</param>
internal readonly record struct PlotPoint(double X, double Y, double? Error = null, string? Name = null);

/// <summary>Points that belong together.</summary>
internal sealed record PlotSeries(string Name, IReadOnlyList<PlotPoint> Points);

/// <summary>A chart of points against two scales: joined as lines, or each with its name.</summary>
/// <param name="Title">The title, which says what is shown.</param>
/// <param name="X">The scale across.</param>
/// <param name="Y">The scale upwards.</param>
/// <param name="Series">The points; no more series than the page has colours for.</param>
internal sealed record Plot(string Title, Axis X, Axis Y, IReadOnlyList<PlotSeries> Series)
{
    /// <summary>How many series have a colour of their own.</summary>
    public const int MostSeries = 6;

    // More points of a line than this are not told apart: of a longer one every second is drawn, every third, …
    private const int MostPoints = 1000;

    private const double Left = 52, Right = 12, Top = 8, Foot = 40, Width = 440, LineHeight = 13, Apart = 3,
        DotSize = 5;

    /// <summary>Whether the points of a series are joined by a line.</summary>
    public bool IsJoined { get; init; } = true;

    /// <summary>From its upper edge to the scale across.</summary>
    public double Height { get; init; } = 210;

    /// <summary>A value across that a line marks, such as the epoch that was chosen; null for none.</summary>
    public double? Marked { get; init; }

    /// <summary>What the caption says beside the names of the series, as HTML.</summary>
    public string Caption { get; init; } = "";

    /// <summary>The chart as HTML.</summary>
    public string Html()
    {
        var svg = new Svg(Width, Height + Foot);
        Grid(svg);
        if (Marked is double marked)
            svg.Add($"""<path class="chosen" d="M{AtX(marked):0.#} {Top}V{Height}"/>""");
        for (int i = 0; i < Series.Count; i++)
            Draw(svg, Kind(i), Series[i], Shift(i));
        if (!IsJoined)
            Names(svg);
        string keys = Series.Count < 2 ? "" : string.Join(" &ensp; ", Series.Select((one, i) => $"""
            <span><svg class="key" viewBox="0 0 28 10" aria-hidden="true">{Key(Kind(i))}</svg>
            {Page.Text(one.Name)}</span>
            """));
        return svg.Figure(Title, keys + (keys.Length > 0 && Caption.Length > 0 ? "<br>" : "") + Caption);
    }

    private string Key(string kind) => IsJoined ? $"""<path class="line {kind}" d="M0 5H28"/>"""
        : $"""<circle class="{kind}" cx="14" cy="5" r="{DotSize}"/>""";

    private static string Kind(int series) => $"s{series % MostSeries}";

    // Points with errors stand beside those of other series, whose bars would lie on theirs.
    private double Shift(int series) => Series.Any(one => one.Points.Any(point => point.Error is not null))
        ? (series - (Series.Count - 1) / 2.0) * Apart : 0;

    private double AtX(double x) => Left + (Width - Left - Right) * X.Share(x);

    private double AtY(double y) => Height - (Height - Top) * Y.Share(y);

    private void Grid(Svg svg)
    {
        foreach ((double value, string text) in Y.Ticks)
        {
            svg.Add($"""<path class="edge" d="M{Left} {AtY(value):0.#}H{Width - Right}"/>""");
            svg.Label(Left - 6, AtY(value), text, "end", isFaint: true);
        }
        foreach ((double value, string text) in X.Ticks)
        {
            svg.Add($"""<path class="edge" d="M{AtX(value):0.#} {Height}v4"/>""");
            bool isCut = AtX(value) + text.Length * Svg.LetterWidth / 2 > Width;
            svg.Label(isCut ? Width : AtX(value), Height + 13, text, isCut ? "end" : "middle", isFaint: true);
        }
        svg.Label((Left + Width - Right) / 2, Height + 30, X.Title, "middle", isFaint: true);
    }

    private void Draw(Svg svg, string kind, PlotSeries series, double shift)
    {
        int every = IsJoined ? (series.Points.Count + MostPoints - 1) / MostPoints : 1, last = series.Points.Count - 1;
        PlotPoint[] points = [.. series.Points.Where((_, i) => i % every == 0 || i == last)];
        if (IsJoined && points.Length > 1)
        {
            string path = string.Join('L', points.Select(point =>
                string.Create(CultureInfo.InvariantCulture, $"{AtX(point.X) + shift:0.#} {AtY(point.Y):0.#}")));
            svg.Add($"""<path class="line {kind}" d="M{path}"/>""");
        }
        foreach (PlotPoint point in points)
        {
            (double x, double y) = (AtX(point.X) + shift, AtY(point.Y));
            if (point.Error is double error)
                svg.Add($"""
                    <path class="{kind} error" d="M{x:0.#} {AtY(point.Y - error):0.#}V{AtY(point.Y + error):0.#}"/>
                    """);
            string value = point.Y.ToString("G5", CultureInfo.InvariantCulture)
                + point.Error?.ToString(" ± 0.####", CultureInfo.InvariantCulture);
            svg.Dot(kind, x, y, IsJoined ? 2 : DotSize,
                IsJoined ? $"{series.Name}, {X.Title} {X.Text(point.X)}: {value}" : $"{point.Name}: {value}");
        }
    }

    // Each name to the right or left of its point, as near to its height as neither a name nor a point is under it.
    private void Names(Svg svg)
    {
        PlotPoint[] points = [.. Series.SelectMany(series => series.Points)];
        var taken = new List<(double X, double Y, double Width)>(points.Select(point =>
            (AtX(point.X) - DotSize, AtY(point.Y), 2 * DotSize)));
        foreach (PlotPoint point in points.OrderByDescending(point => point.Y))
            if (point.Name is { } name)
            {
                double width = name.Length * Svg.LetterWidth, gap = DotSize + 4;
                (double X, double Y)[] places = [.. Enumerable.Range(0, (int)Height).SelectMany(by =>
                    new[] { (AtX(point.X) + gap, AtY(point.Y) + by), (AtX(point.X) - gap - width, AtY(point.Y) + by),
                        (AtX(point.X) + gap, AtY(point.Y) - by), (AtX(point.X) - gap - width, AtY(point.Y) - by) })];
                (double x, double y) = places.FirstOrDefault(place => place.X > Left && place.X + width < Width
                    && place.Y > Top && place.Y < Height && !taken.Any(other => Math.Abs(other.Y - place.Y) < LineHeight
                        && place.X < other.X + other.Width && other.X < place.X + width), places[0]);
                taken.Add((x, y, width));
                svg.Label(x, y, name, "start");
            }
    }
}
