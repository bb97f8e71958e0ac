using System.Globalization;
using Spectre.Console;
using VaeCf.Native.Data;

namespace VaeCf.Cli;

/// <summary>Says what was read, what was dropped on the way, and what a split holds.</summary>
internal static class DataText
{
    /// <summary>Writes a file's layout and the counts of what became of its rows.</summary>
    public static void Write(CommandContext context, ReadReport report)
    {
        context.WriteLine($"{report.File}, layout {report.Format.ToString().ToLowerInvariant()}");
        WriteCounts(context, report.Counts);
    }

    /// <summary>Writes how a split was made, what was dropped, and a table of its parts.</summary>
    public static void Write(CommandContext context, DataSplit split, SplitReport report)
    {
        foreach (ReadReport source in report.Sources)
            Write(context, source);
        context.WriteLine(string.Join(", ", (IEnumerable<string>)[report.Protocol, .. report.Settings.Select(setting => $"{Words(setting.Name)} {setting.Value}")]));
        WriteCounts(context, report.Counts);
        Table table = context.NewTable("", "users", "clicks", "to be found");
        table.AddRow("train", Number(split.Train.UserCount), Number(split.Train.ClickCount), "");
        foreach ((string name, EvaluationSet? set) in ((string, EvaluationSet?)[])[("validation", split.Validation), ("test", split.Test)])
            if (set is not null)
                table.AddRow(name, Number(set.FoldIn.UserCount), Number(set.FoldIn.ClickCount), Number(set.HeldOut.ClickCount));
        context.Output.Write(table);
        context.WriteLine($"{Number(split.Items.Count)} items");
    }

    /// <summary>A whole number with commas between thousands.</summary>
    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    // Counts of 0 are not worth a line.
    private static void WriteCounts(CommandContext context, IReadOnlyList<(string Name, long Count)> counts)
    {
        foreach ((string name, long count) in counts)
            if (count != 0)
                context.WriteLine($"  {Words(name)}: {Number(count)}");
    }

    // usersBelowMinimum: "users below minimum".
    private static string Words(string name) => string.Concat(name.Select(c => char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : $"{c}"));
}
