using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using VaeCf.Native.Data;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf stats</c>: sizes and distributions of a split folder or a file of clicks.</summary>
internal static class StatsCommand
{
    public static Command Create(CommandContext context)
    {
        var path = new Argument<string>("DIR|FILE") { Description = "A folder as prepare writes, or a file of clicks." };
        var command = new Command("stats", "Show users, items, clicks, density and distributions.") { path };
        command.SetAction(parsed =>
        {
            string source = parsed.GetRequiredValue(path);
            if (Directory.Exists(source))
            {
                DataSplit split = SplitFolder.Read(source, out SplitReport report);
                DataText.Write(context, split, report);
                Write(context, DatasetStatistics.Of(split));
            }
            else
            {
                ClickData data = ClickReader.Read(source);
                DataText.Write(context, data.Report);
                Write(context, DatasetStatistics.Of(data.Matrix));
            }
            return ExitCodes.Good;
        });
        return command;
    }

    private static void Write(CommandContext context, DatasetStatistics statistics)
    {
        Table sizes = context.NewTable("all clicks", "");
        sizes.AddRow("users", DataText.Number(statistics.Users));
        sizes.AddRow("items", DataText.Number(statistics.Items));
        sizes.AddRow("clicks", DataText.Number(statistics.Clicks));
        sizes.AddRow("density", Percent(statistics.Density));
        sizes.AddRow("clicks on the top 1 % of the items", Percent(statistics.TopPercentShare));
        sizes.AddRow("clicks on the top 10 % of the items", Percent(statistics.TopTenPercentShare));
        sizes.AddRow("Gini coefficient of the items", statistics.Gini.ToString("0.000", CultureInfo.InvariantCulture));
        context.Output.Write(sizes);

        Table spread = context.NewTable("clicks per", "min", "25 %", "median", "75 %", "max", "mean");
        foreach ((string name, Distribution counts) in ((string, Distribution)[])[("user", statistics.ClicksPerUser), ("item", statistics.ClicksPerItem)])
            spread.AddRow([name, DataText.Number(counts.Min), Real(counts.LowerQuartile), Real(counts.Median), Real(counts.UpperQuartile), DataText.Number(counts.Max), Real(counts.Mean)]);
        context.Output.Write(spread);
    }

    private static string Percent(double share) => (100 * share).ToString("0.### '%'", CultureInfo.InvariantCulture);

    private static string Real(double value) => value.ToString("#,0.##", CultureInfo.InvariantCulture);
}
