using System.CommandLine;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli.Commands;

/// <summary>
/// The options that give users by what they clicked: <c>--items</c> for one, <c>--histories</c> for those of a file.
/// </summary>
internal sealed class HistoryOptions
{
    private readonly Option<string> items = new("--items")
    {
        Description = "Ids of one user's items, separated by commas, the oldest first for a model that reads them in "
            + "order; each counts as 1.",
        HelpName = "ID,ID,...",
    };
    private readonly Option<string> histories = new("--histories")
    {
        Description = "A file of clicks, in any layout that prepare reads, or -; each user in it gets an answer. "
            + "Counts or ratings are read if the model was trained on them, and the order: by time if there are times, "
            + "else, and where times are equal, that of the file.",
        HelpName = "FILE",
    };
    private readonly ClickFileOptions file = new();

    /// <summary>Adds the options to a command, of which one must be given.</summary>
    /// <param name="command">The command.</param>
    /// <param name="instead">An option that may stand in their place; null, the default, for none.</param>
    public void AddTo(Command command, Option? instead = null)
    {
        items.Validators.Add(result => Options.CheckIds(result, "--items"));
        command.Options.Add(items);
        command.Options.Add(histories);
        file.AddTo(command);
        command.Validators.Add(result =>
        {
            bool has = result.GetResult(items) is not null, reads = result.GetResult(histories) is not null;
            if (has && reads || !has && !reads && (instead is null || result.GetResult(instead) is null))
                result.AddError($"found {(has ? "both --items and" : "neither --items nor")} --histories; expected one "
                    + "of them");
        });
    }

    /// <summary>The one user's ids; null where the users are those of a file.</summary>
    public string[]? Items(ParseResult parsed)
    {
        string[]? ids = parsed.GetValue(items)?.Split(',', StringSplitOptions.TrimEntries);
        if (ids is not null)
            file.Refuse(parsed, "--items; expected it with --histories only");
        return ids;
    }

    /// <summary>Whether the users are those of a file.</summary>
    public bool Reads(ParseResult parsed) => parsed.GetValue(histories) is not null;

    /// <summary>The users of the file.</summary>
    public ClickData Read(CommandContext context, ParseResult parsed, Recommender model)
    {
        ClickData data = file.Read(parsed, parsed.GetRequiredValue(histories),
            reading => reading with { KeepCounts = model.Info.TrainedOnCounts, KeepOrder = true });
        if (data.Report is { Values: ClickValues.Ratings, Range: null })
            context.WriteErrorLine($"{data.Report.File}: every row is taken for a click, whatever its rating; "
                + "--min-rating 4 leaves out what was not liked");
        return data;
    }

    /// <summary>The clicks of one of the users.</summary>
    public static HistoryItem[] Of(ClickData data, int row) =>
        [.. Enumerable.Range(0, data.Matrix.CountOf(row)).Select(n => new HistoryItem(
            data.Items[data.Matrix.ItemsOf(row)[n]], data.Matrix.HasValues ? data.Matrix.ValuesOf(row)[n] : 1))];
}
