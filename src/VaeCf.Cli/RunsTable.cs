using System.Text.Json;
using VaeCf.Cli.Pages;
using VaeCf.Native.Evaluation;

namespace VaeCf.Cli;

/// <summary>Runs in a table, a row each.</summary>
internal static class RunsTable
{
    /// <summary>
    /// What stands above the columns, with the measure where all runs have the same; the second holds text.
    /// </summary>
    public static string[] Heads(IReadOnlyList<LoggedRun> runs) => ["run", "model", "epochs", "best",
        Head("validation", runs.Select(run => Kept(run).Measure)), Head("test", runs.Select(run => Test(run).Measure)),
        "seconds"];

    /// <summary>The rows.</summary>
    public static IEnumerable<IEnumerable<string>> Rows(IReadOnlyList<LoggedRun> runs) =>
        runs.Select(run => (IEnumerable<string>)
        [
            run.Name,
            run.Result is { } result ? LoggedRun.TextOf(result, "title") : "-",
            run.Epochs.Count == 0 ? "-" : $"{LoggedRun.Number(run.Epochs[^1])}",
            run.Best is { } best ? $"{best.Epoch}" : "-",
            Cell(Kept(run), runs.Select(one => Kept(one).Measure)),
            Cell(Test(run), runs.Select(one => Test(one).Measure)),
            run.Result is { } of ? RunPage.Short(LoggedRun.Number(of, "seconds")) : "-",
        ]);

    // The measure of all runs that have one; null where they differ.
    private static string? Common(IEnumerable<string?> measures) =>
        measures.OfType<string>().Distinct().ToArray() is [var one] ? one : null;

    private static string Head(string head, IEnumerable<string?> measures) =>
        Common(measures) is { } measure ? $"{head} {measure}" : head;

    private static string Cell((string? Measure, Estimate? Value) of, IEnumerable<string?> measures) =>
        of.Measure is null ? "-" : (Common(measures) is null ? $"{of.Measure} " : "") + Comparison.Text(of.Value);

    private static (string? Measure, Estimate? Value) Kept(LoggedRun run) =>
        run.Best is { } best ? (run.ValidationName, best.Measure) : (null, null);

    private static (string? Measure, Estimate? Value) Test(LoggedRun run) =>
        run.Tested.Select(system => system.Report).FirstOrDefault() is not { ValueKind: JsonValueKind.Object } report
            ? (null, null) : LoggedRun.Member(report, "all") is { } ratings
            ? ("RMSE", LoggedRun.EstimateOf(ratings, "rmse")) : ("NDCG@100", LoggedRun.EstimateOf(report, "ndcg@100"));
}
