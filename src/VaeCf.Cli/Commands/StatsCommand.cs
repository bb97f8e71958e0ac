using System.CommandLine;
using VaeCf.Native.Data;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf stats</c>: sizes and distributions of a split folder or a file of clicks.</summary>
internal static class StatsCommand
{
    public static Command Create(CommandContext context)
    {
        var path = new Argument<string>("DIR|FILE")
        {
            Description = "A folder written by prepare, a file of clicks, or - for standard input.",
        };
        var file = new ClickFileOptions();
        var command = new Command("stats", "Show users, items, clicks, density and distributions.") { path };
        file.AddTo(command);
        command.SetAction(parsed =>
        {
            string source = parsed.GetRequiredValue(path);
            if (SplitFolder.IsOne(source))
            {
                file.Refuse(parsed, "a folder written by prepare, whose layout is known");
                DataSplit split = SplitFolder.Read(source, out SplitReport report);
                context.WriteLine($"{report}\n{split}\n\n{DatasetStatistics.Of(split)}");
            }
            else
            {
                ClickData data = file.Read(parsed, source);
                context.WriteLine($"{data.Report}\n\n{DatasetStatistics.Of(data.Matrix)}");
            }
            return ExitCodes.Good;
        });
        return command;
    }
}
