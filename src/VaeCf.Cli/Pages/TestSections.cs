using System.Text.Json;
using VaeCf.Native.Evaluation;

namespace VaeCf.Cli.Pages;

/// <summary>What a run's page says of the test: accuracy beside other systems, by activity, and variety.</summary>
internal static class TestSections
{
    private const string Paired = "ndcg@100";

    private static readonly string[] accuracy = [Paired, "recall@20", "recall@50"];

    private static readonly (string Key, string Name)[] variety = [("coverage", "coverage"), ("novelty", "novelty"),
        ("gini", "gini"), ("personalization", "personalisation")];

    /// <summary>Adds the sections.</summary>
    public static void Add(Page page, LoggedRun run)
    {
        (string Name, JsonElement Report)[] systems = [.. run.Tested.Select(system =>
            (system.Name == "model" ? LoggedRun.TextOf(run.Result!.Value, "title") : Called(system.Name),
                system.Report))];
        Difference[] differences = [.. run.Result!.Value.GetProperty("differences").EnumerateArray()
            .Select(Difference.Read)];
        bool isOfRatings = LoggedRun.Member(systems[0].Report, "all") is not null;
        if (isOfRatings)
            Ratings(page, systems);
        else
            Rankings(page, systems);
        Table(page, [.. differences.Where(one => one.Quintile is null)]);
        if (isOfRatings)
            return;
        Activity(page, systems, [.. differences.Where(one => one.Quintile is not null)]);
        page.Section("Variety").Table("Variety of lists of 100", ["lists of 100", .. systems.Select(one => one.Name)],
            variety.Select(measure => (IEnumerable<string>)[measure.Name,
                .. systems.Select(one => RunPage.Short(LoggedRun.Number(one.Report, $"{measure.Key}@100")))]))
            .Paragraph("coverage: the share of all items that some list holds; novelty: bits, the mean over "
                + "recommendations of log2(users / users of the item); gini: 0 where all items are recommended equally "
                + "often, near 1 where all lists hold the same few; personalisation: the share of a list that another "
                + "user's has not.", isNote: true);
    }

    /// <summary>A system's name as a reader knows it.</summary>
    public static string Called(string name) =>
        VaeCf.Native.Recommenders.Catalog.All.FirstOrDefault(type => type.Name == name)?.Title ?? name;

    private static void Ratings(Page page, (string Name, JsonElement Report)[] systems)
    {
        static Estimate? Of(JsonElement report, string part, string measure) =>
            LoggedRun.Member(report, part) is { ValueKind: JsonValueKind.Object } known
                ? LoggedRun.EstimateOf(known, measure) : null;
        (string Head, string Part, string Measure)[] rows = [("RMSE", "all", "rmse"), ("MAE", "all", "mae"),
            ("RMSE, seen", "seen", "rmse"), ("MAE, seen", "seen", "mae")];
        page.Section("The test ratings").Figures(new Bars("RMSE, ± its standard error: less is better",
            [.. systems.Select(one => (one.Name, Of(one.Report, "all", "rmse")!.Value))]).Html())
            .Table("Errors of predicted ratings", ["", .. systems.Select(one => one.Name)], rows.Select(row =>
                (IEnumerable<string>)[row.Head, .. systems.Select(one =>
                    Comparison.Text(Of(one.Report, row.Part, row.Measure)))]))
            .Paragraph("seen: ratings whose user and item have ratings before them.", isNote: true);
    }

    private static void Rankings(Page page, (string Name, JsonElement Report)[] systems)
    {
        page.Section("The test users").Figures(accuracy.Select(name => new Bars(
            $"{RunPage.Heading(name)}, ± its standard error",
            [.. systems.Select(one => (one.Name, LoggedRun.EstimateOf(one.Report, name)!.Value))]).Html()));
        string[] all = [.. systems[0].Report.EnumerateObject().Select(member => member.Name)
            .Where(name => name.Contains('@') && !name.EndsWith(RunRecord.StandardError, StringComparison.Ordinal)
                && !variety.Any(other => name.StartsWith(other.Key, StringComparison.Ordinal)))];
        page.Add(Page.Folded("All measures of accuracy", Page.TableOf("All measures of accuracy",
            ["", .. systems.Select(one => one.Name)], all.Select(name => (IEnumerable<string>)
                [RunPage.Heading(name), .. systems.Select(one =>
                    Comparison.Text(LoggedRun.EstimateOf(one.Report, name)))]))));
        if (systems.All(one => one.Name != Called(VaeCf.Baselines.Ease.Type.Name)))
            page.Paragraph("EASE is not among them: only train --report measures it, on at most "
                + $"{DataText.Number(Comparisons.MostItemsOfEase)} items.", isNote: true);
    }

    private static void Activity(Page page, (string Name, JsonElement Report)[] systems, Difference[] differences)
    {
        JsonElement[] quintiles = [.. systems[0].Report.GetProperty("quintiles").EnumerateArray()];
        string[] clicks = [.. quintiles.Select(one =>
            $"{LoggedRun.Number(one, "fewest_clicks"):0}–{LoggedRun.Number(one, "most_clicks"):0}")];
        PlotSeries[] series = [.. systems.Select(one => new PlotSeries(one.Name, [.. one.Report.GetProperty("quintiles")
            .EnumerateArray().Select((quintile, i) =>
            {
                Estimate ndcg = LoggedRun.EstimateOf(quintile, Paired)!.Value;
                return new PlotPoint(i + 1, ndcg.Value, ndcg.StandardError);
            })]))];
        page.Section("By activity").Paragraph("The test users in fifths by the number of clicks that the model is "
            + "shown (Liang et al. 2018, figure 3). Where two fifths name the same number of clicks, users with as "
            + "many are in both.", isNote: true)
            .Figures(new Plot("NDCG@100 by clicks of the user, ± its standard error",
                Axis.Ranks("clicks of the user", clicks),
                Axis.Linear("NDCG@100", RunPage.Ends(series.SelectMany(one => one.Points)), fromZero: true), series)
                .Html());
        Table(page, differences, clicks);
    }

    private static void Table(Page page, Difference[] differences, string[]? clicks = null)
    {
        if (differences.Length == 0)
            return;
        page.Table($"Paired differences{(clicks is null ? "" : " by activity")}",
            [.. clicks is null ? [] : new[] { "clicks" }, "compared with", "difference", "p", "users"],
            differences.Select(one => (IEnumerable<string>)
            [
                .. one.Quintile is int quintile ? new[] { clicks![quintile - 1] } : [], Called(one.Second),
                .. Cells(one),
            ]), clicks is null ? [] : [1])
            .Paragraph($"The model's {RunPage.Heading(differences[0].Measure)} less that of another system, the mean "
                + "over the same users ± its standard error; p: how often chance alone makes a difference as large, by "
                + "a paired t-test.", isNote: true);
    }

    /// <summary>A difference, its p and its users, as a table has them.</summary>
    public static string[] Cells(Difference difference) =>
        [difference.Value, ModelComparison.P(difference.Test.PValue), DataText.Number(difference.Users)];
}
