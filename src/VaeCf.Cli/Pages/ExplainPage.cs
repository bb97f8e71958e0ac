using VaeCf.Cli.Explain;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Verification;

namespace VaeCf.Cli.Pages;

/// <summary>
/// An explanation as a web page: what was computed for a user, and a tiny Mult-VAE that computes in the page. Its
/// program begins with the library's numbers, and formulas, code and kernels are those of <see cref="StepText"/>.
/// </summary>
internal static class ExplainPage
{
    /// <summary>What such a page's first line ends with.</summary>
    public const string Mark = "vaecf explain";

    private static readonly string[] films = ["Alien", "Brazil", "Casablanca", "Dumbo", "E.T.", "Fargo"];

    /// <summary>Writes the page.</summary>
    /// <param name="path">The file.</param>
    /// <param name="type">The model that was explained.</param>
    /// <param name="note">What is explained, in a line; empty for none.</param>
    /// <param name="sections">What was computed of it; none for the tiny Mult-VAE, which the page has anyway.</param>
    public static void Write(string path, ModelType type, string note, IReadOnlyList<ResultSection> sections)
    {
        TracedStep tiny = TracedStep.Tiny(MultVae.Type);
        Page page = new Page(Mark, $"{type.Title}, number by number").Add($"<style>{Resource("explain.css")}</style>");
        if (note.Length > 0)
            page.Paragraph(note);
        foreach (ResultSection section in sections)
        {
            page.Section(section.Heading);
            if (section.Note.Length > 0)
                page.Paragraph(section.Note, isNote: true);
            page.Add(Table(section));
        }
        page.Section("A Mult-VAE that you can move");
        page.Add(Resource("explain.html")).Section("The kernels").Add(Kernels(tiny))
            .Data("tiny", json => StepJson.Write(json, tiny, item => $"{item}"))
            .Data("items", json =>
            {
                json.WriteStartArray();
                foreach (string film in films)
                    json.WriteStringValue(film);
                json.WriteEndArray();
            }).Script(Resource("tiny.js") + Resource("explain.js")).Write(path);
    }

    // A table; formula, code and kernel of an array stand below it, so that its numbers have the width.
    private static string Table(ResultSection section)
    {
        int[] below = [.. Enumerable.Range(0, section.Heads.Length)
            .Where(column => section.Heads[column] is "formula" or "code" or "kernel")];
        if (below.Length == 0)
            return Page.TableOf(section.Heading, section.Heads, section.Rows, section.TextColumns);
        int[] beside = [.. Enumerable.Range(0, section.Heads.Length).Except(below)];
        return Page.TableOf(section.Heading, [.. beside.Select(column => section.Heads[column])],
            section.Rows.Select(row => (beside.Select(column => row[column]), $"{Page.Text(row[below[0]])}<br>"
                + $"<code>{Page.Text(row[below[1]])}</code><br>{Page.Text(row[below[2]])}")),
            [.. Enumerable.Range(1, beside.Length - 1)]);
    }

    // Each kernel of the step, with what it computes there and where it is described.
    private static string Kernels(TracedStep step) => string.Concat(step.Forward.Concat(step.Gradients)
        .Select(array => (array.Name, Text: StepText.Of(step, array.Name)))
        .SelectMany(one => one.Text.Kernels, (one, kernel) => (one.Name, one.Text.Formula, Kernel: kernel))
        .GroupBy(one => one.Kernel).Select(kernel => $"""
            <h3 id="kernel-{kernel.Key}">{kernel.Key}</h3>
            <p><a href="../../kernels/{kernel.Key}/{kernel.Key}.md">kernels/{kernel.Key}/{kernel.Key}.md</a> in the
            repository. Here it computes:</p>
            <ul>{string.Concat(kernel.Select(one =>
                $"<li>{Page.Text(one.Name)} = {Page.Text(one.Formula)}</li>"))}</ul>

            """));

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(ExplainPage).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
