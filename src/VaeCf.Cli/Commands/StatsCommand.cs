using System.CommandLine;
using System.Text.Json;
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
        Option<bool> json = Options.Json();
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            string source = parsed.GetRequiredValue(path);
            if (SplitFolder.IsOne(source))
            {
                file.Refuse(parsed, "a folder written by prepare, whose layout is known");
                DataSplit split = SplitFolder.Read(source, out SplitReport report);
                DatasetStatistics statistics = DatasetStatistics.Of(split);
                if (parsed.GetValue(json))
                    context.WriteJson(writer => WriteJson(writer, statistics, report.Counts));
                else
                    context.WriteLine($"{report}\n{split}\n\n{statistics}");
            }
            else
            {
                ClickData data = file.Read(parsed, source);
                if (parsed.GetValue(json))
                    context.WriteJson(
                        writer => WriteJson(writer, DatasetStatistics.Of(data.Matrix), data.Report.Counts));
                else
                    context.WriteLine($"{data}");
            }
            return ExitCodes.Good;
        });
        return command;
    }

    private static void WriteJson(Utf8JsonWriter json, DatasetStatistics statistics,
        IReadOnlyList<(string Name, long Count)> counts)
    {
        json.WriteStartObject();
        json.WriteNumber("users", statistics.Users);
        json.WriteNumber("items", statistics.Items);
        json.WriteNumber("clicks", statistics.Clicks);
        json.WriteNumber("density", statistics.Density);
        WriteJson(json, "clicks_per_user", statistics.ClicksPerUser);
        WriteJson(json, "clicks_per_item", statistics.ClicksPerItem);
        json.WriteNumber("top_1_percent_share", statistics.TopPercentShare);
        json.WriteNumber("top_10_percent_share", statistics.TopTenPercentShare);
        json.WriteNumber("gini", statistics.Gini);
        // Named as in split.json.
        json.WriteStartObject("read");
        foreach ((string name, long count) in counts)
            json.WriteNumber(name, count);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteJson(Utf8JsonWriter json, string name, Distribution counts)
    {
        json.WriteStartObject(name);
        json.WriteNumber("min", counts.Min);
        json.WriteNumber("lower_quartile", counts.LowerQuartile);
        json.WriteNumber("median", counts.Median);
        json.WriteNumber("upper_quartile", counts.UpperQuartile);
        json.WriteNumber("max", counts.Max);
        json.WriteNumber("mean", counts.Mean);
        json.WriteEndObject();
    }
}
