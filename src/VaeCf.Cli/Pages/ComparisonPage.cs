using VaeCf.Native.Data;
using VaeCf.Native.Training;

namespace VaeCf.Cli.Pages;

/// <summary>
/// A comparison as one web page that needs nothing else: charts of accuracy and of accuracy against time, the tables,
/// and every trial of every search.
/// </summary>
internal static class ComparisonPage
{
    private const string Mark = "vaecf compare";

    /// <summary>Whether a file is such a page, by its first line.</summary>
    public static bool IsPage(string path) => Page.IsPage(path, Mark);

    /// <summary>Writes the page.</summary>
    /// <param name="path">The file.</param>
    /// <param name="comparison">The comparison.</param>
    /// <param name="folder">Where the data is.</param>
    /// <param name="split">The data.</param>
    public static void Write(string path, ModelComparison comparison, string folder, DataSplit split)
    {
        string data = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        Page page = new Page(Mark, $"Models on {data}")
            .Paragraph($"{DataText.Number(split.Train.UserCount)} training users, "
                + $"{DataText.Number(split.Items.Count)} items, {DataText.Number(split.Train.ClickCount)} clicks. "
                + "The settings of each model were chosen on "
                + $"{DataText.Number(split.Validation!.HeldOut.UserCount)} validation users; the figures are means "
                + $"over {DataText.Number(comparison.Models[0].Report.UsersCounted)} test users new to all models.")
            .Add($"<ul>{string.Concat(comparison.Advice().Select(line => $"<li>{Page.Text(line)}</li>"))}</ul>")
            .Section("Accuracy, and the time to train")
            .Figures(Accuracy(comparison.Models), AgainstTime(comparison.Models))
            .Section("Accuracy in numbers")
            .Table("Accuracy", comparison.Accuracy.Heads, comparison.Accuracy.Rows)
            .Paragraph($"± is the standard error over users; {ModelComparison.AccuracyNote}", isNote: true)
            .Section("Variety, time and size")
            .Table("Variety, time and size", comparison.Variety.Heads[..ModelComparison.SettingsColumn],
                comparison.Variety.Rows.Select(row => row.Take(ModelComparison.SettingsColumn)))
            .Paragraph(ModelComparison.VarietyNote, isNote: true)
            .Section("How the settings were chosen");
        foreach (ComparedModel model in comparison.Models)
            page.Add(Trials(model));
        foreach ((string model, string why) in comparison.Left)
            page.Paragraph($"Not compared: {model}: {why}");
        page.Data("comparison", comparison.WriteJson).Write(path);
    }

    private static string Accuracy(IReadOnlyList<ComparedModel> models) => new Bars("NDCG@100 of each model",
        [.. models.Select(model => (model.Settings.Type.Title, model.At100.Ndcg))]).Html();

    // Training time by its powers of ten; the best model stands out.
    private static string AgainstTime(IReadOnlyList<ComparedModel> models)
    {
        PlotPoint[] points = [.. models.Select(model => new PlotPoint(Math.Log10(Math.Max(model.TrainSeconds, 1e-3)),
            model.At100.Ndcg.Value, Name: model.Settings.Type.Title))];
        return new Plot("NDCG@100 against training time",
            Axis.Powers("training time", points.Select(point => point.X), " s"),
            Axis.Linear("NDCG@100", points.Select(point => point.Y), fromZero: true),
            [new PlotSeries("the best", [points[0]]), new PlotSeries("others", points[1..])])
        { IsJoined = false, Height = 60 + 20 * points.Length }.Html();
    }

    private static string Trials(ComparedModel model) =>
        Page.Folded($"{model.Settings.Type.Title}: {model.Choice}", Page.TableOf(
            $"Trials of {model.Settings.Type.Title}",
            ["settings", "round", "epochs", $"validation NDCG@{FitRun.ValidationCutoff}", "seconds", "failure"],
            model.Search.Rows(), 5));
}
