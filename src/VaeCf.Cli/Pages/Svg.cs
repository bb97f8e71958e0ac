using System.Globalization;
using System.Text;

namespace VaeCf.Cli.Pages;

/// <summary>A drawing of a chart: its elements, in the units of its view box.</summary>
/// <param name="width">The width.</param>
/// <param name="height">The height.</param>
internal sealed class Svg(double width, double height)
{
    /// <summary>How wide a letter is, about.</summary>
    public const double LetterWidth = 6.6;

    private readonly StringBuilder elements = new();

    /// <summary>Adds an element, its numbers the same in every country.</summary>
    public void Add(FormattableString element) => elements.Append(FormattableString.Invariant(element)).Append('\n');

    /// <summary>Adds a text whose middle is at a height.</summary>
    public void Label(double x, double middle, string text, string anchor = "start", bool isFaint = false)
    {
        string kind = isFaint ? "class=\"faint\" " : "";
        Add($"""<text {kind}x="{x:0.#}" y="{middle + 4:0.#}" text-anchor="{anchor}">{Page.Text(text)}</text>""");
    }

    /// <summary>Adds a dot that says what it stands for when it is pointed at.</summary>
    public void Dot(string kind, double x, double y, double radius, string meaning) => Add($"""
        <circle class="{kind}" cx="{x:0.#}" cy="{y:0.#}" r="{radius}"><title>{Page.Text(meaning)}</title></circle>
        """);

    /// <summary>The drawing with its title above it and what is to be said below it.</summary>
    /// <param name="title">The title, which a screen reader reads.</param>
    /// <param name="caption">HTML below the drawing; empty for none.</param>
    public string Figure(string title, string caption = "") => $"""
        <figure><b>{Page.Text(title)}</b>
        <svg class="chart" role="img" aria-label="{Page.Text(title)}" viewBox="{View}">
        {elements}</svg>{(caption.Length == 0 ? "" : $"<figcaption>{caption}</figcaption>")}</figure>
        """;

    private string View => string.Create(CultureInfo.InvariantCulture, $"0 0 {width:0.#} {height:0.#}");
}
