using VaeCf.Cli.Pages;

namespace VaeCf.Cli;

/// <summary>Runs in a table, a row each.</summary>
internal static class RunsTable
{
    /// <summary>What stands above the columns; the second holds text.</summary>
    public static string[] Heads => ["run", "model", "epochs", "best", "validation", "test", "seconds"];

    /// <summary>The rows.</summary>
    public static IEnumerable<IEnumerable<string>> Rows(IEnumerable<LoggedRun> runs) =>
        runs.Select(run => (IEnumerable<string>)
        [
            run.Name,
            run.Result is { } result ? LoggedRun.TextOf(result, "title") : "-",
            run.Epochs.Count == 0 ? "-" : $"{LoggedRun.Number(run.Epochs[^1])}",
            run.Best is { } best ? $"{best.Epoch}" : "-",
            run.Best is { } kept ? $"{run.ValidationName} {Comparison.Text(kept.Measure)}" : "-",
            Test(run),
            run.Result is { } of ? RunPage.Short(LoggedRun.Number(of, "seconds")) : "-",
        ]);

    private static string Test(LoggedRun run)
    {
        if (run.Tested.Select(system => system.Report).FirstOrDefault() is not
            { ValueKind: System.Text.Json.JsonValueKind.Object } report)
            return "-";
        return LoggedRun.Member(report, "all") is { } ratings
            ? $"RMSE {Comparison.Text(LoggedRun.EstimateOf(ratings, "rmse"))}"
            : $"NDCG@100 {Comparison.Text(LoggedRun.EstimateOf(report, "ndcg@100"))}";
    }
}
