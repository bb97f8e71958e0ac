using System.Text.Json;
using VaeCf.Native.Evaluation;

namespace VaeCf.Cli.Pages;

/// <summary>What a page of several runs shows: their curves, their test users, and what sets them apart.</summary>
internal static class RunsPage
{
    /// <summary>Fills a page.</summary>
    public static Page Of(Page page, IReadOnlyList<LoggedRun> runs)
    {
        page.Table("The runs", RunsTable.Heads(runs), RunsTable.Rows(runs), 1);
        Differences(page, runs);
        page.Section("The epochs").Figures(Curves(runs));
        return Settings(page, runs);
    }

    private static void Differences(Page page, IReadOnlyList<LoggedRun> runs)
    {
        Difference[] differences = [.. RunPage.Differences(runs)];
        page.Section($"Set beside {runs[0].Name}");
        if (differences.Length > 0)
            page.Table("Paired differences", ["run", "measure", "difference", "p", "users"], differences.Select(one =>
                (IEnumerable<string>)[one.First, RunPage.Heading(one.Measure), .. TestSections.Cells(one)]), 1)
                .Paragraph("The mean difference over the same test users, ± its standard error; p: how often chance "
                    + "alone makes one as large, by a paired t-test.", isNote: true);
        string[] others = [.. runs.Skip(1).Where(run => differences.All(one => one.First != run.Name))
            .Select(run => run.Name)];
        if (others.Length > 0)
            page.Paragraph("Not compared, since their test users are not known to be the same, or are fewer than two: "
                + string.Join(", ", others));
    }

    // A chart for each measure that at least one run has, of those that have it.
    private static IEnumerable<string> Curves(IReadOnlyList<LoggedRun> runs)
    {
        foreach (IGrouping<string, LoggedRun> group in runs.Where(run => run.Best is not null)
            .GroupBy(run => run.ValidationKey!))
            yield return Chart($"Validation {group.First().ValidationName} by epoch, ± its standard error",
                group.First().ValidationName!, [.. group], epoch => LoggedRun.EstimateOf(epoch, group.Key));
        foreach (string measure in runs.SelectMany(run => run.Measures).Distinct())
            yield return Chart($"{RunPage.Sentence(measure)} by epoch", measure,
                [.. runs.Where(run => run.Measures.Contains(measure))], epoch => LoggedRun.EstimateOf(epoch, measure));
    }

    private static string Chart(string title, string measure, LoggedRun[] runs, Func<JsonElement, Estimate?> of) =>
        RunPage.Lines(title, measure, [.. runs.Select(run => (run.Name, run))], of);

    // The settings that are not the same in all runs.
    private static Page Settings(Page page, IReadOnlyList<LoggedRun> runs)
    {
        Dictionary<string, string>[] settings = [.. runs.Select(run =>
            LoggedRun.Member(run.Result, "settings") is { } of
                ? of.EnumerateObject().ToDictionary(one => one.Name, one => RunPage.Setting(one.Value)) : [])];
        string Value(int run, string name) => settings[run].GetValueOrDefault(name, "-");
        string[] differing = [.. settings.SelectMany(one => one.Keys).Distinct()
            .Where(name => runs.Select((_, run) => Value(run, name)).Distinct().Count() > 1)];
        page.Section("Settings that differ");
        return differing.Length == 0 ? page.Paragraph("None.")
            : page.Table("Settings that differ", ["setting", .. runs.Select(run => run.Name)], differing.Select(name =>
                (IEnumerable<string>)[name.Replace('_', ' '), .. runs.Select((_, run) => Value(run, name))]));
    }
}
