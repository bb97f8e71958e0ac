using System.CommandLine;
using VaeCf.Cli.Pages;
using VaeCf.Native;
using VaeCf.Native.Persistence;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf report</c>: runs by their logs, as a table, as JSON and as a web page.</summary>
internal static class ReportCommand
{
    public static Command Create(CommandContext context)
    {
        var logs = new Argument<string[]>("LOG")
        {
            Description = "Logs that train --log wrote.",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = new Option<string>("--out")
        {
            Description = "File to write the runs to as a web page, with charts; several are set beside the first.",
            HelpName = "FILE.html",
        };
        Option<bool> force = Options.Force();
        Option<bool> json = Options.Json();
        var command = new Command("report", "Show training runs by their logs: in full, or side by side with paired "
            + "differences on the same test users.")
        {
            logs, output, force, json
        };
        command.SetAction(parsed =>
        {
            string[] files = parsed.GetRequiredValue(logs);
            string? page = parsed.GetValue(output);
            if (page is not null)
                OutputFile.Check(page, "a report of runs", RunPage.IsPage, parsed.GetValue(force), files);
            if (files.Select(AtomicFile.RealPath).Distinct().Count() < files.Length)
                throw new InputException($"{string.Join(", ", files)}: found a log twice; expected each once");
            LoggedRun[] runs = Named([.. files.Select(LoggedRun.Read)], files);
            try
            {
                Show(context, runs, page, parsed.GetValue(json));
            }
            catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException
                or ArgumentException or IndexOutOfRangeException)
            {
                // Epochs are checked line by line; a result has too much in it for that.
                throw new InputException($"{string.Join(", ", files)}: found a result that lacks something, or has it "
                    + "otherwise; expected a line that train wrote", e);
            }
            return ExitCodes.Good;
        });
        return command;
    }

    private static void Show(CommandContext context, LoggedRun[] runs, string? page, bool json)
    {
        Difference[] differences = [.. RunPage.Differences(runs)];
        var table = new ResultTable(RunsTable.Heads(runs), 1);
        foreach (IEnumerable<string> row in RunsTable.Rows(runs))
            table.Add(row);
        if (page is not null)
            RunPage.Write(page, runs);
        if (json)
        {
            context.WriteJson(writer => RunPage.WriteJson(writer, runs));
            return;
        }
        context.WriteTable(table);
        foreach (Difference one in differences)
            context.WriteLine($"{one.First} less {one.Second}, {RunPage.Heading(one.Measure)} of "
                + $"{DataText.Count(one.Users, "test user")}: {one.Value}, p {ModelComparison.P(one.Test.PValue)}");
        if (page is not null)
            context.WriteLine($"the report is {page}");
    }

    // By their paths where the names of their files are not enough.
    private static LoggedRun[] Named(LoggedRun[] runs, string[] files) =>
        runs.DistinctBy(run => run.Name).Count() == runs.Length ? runs
            : [.. runs.Zip(files, (run, file) => run with { Name = file })];
}
