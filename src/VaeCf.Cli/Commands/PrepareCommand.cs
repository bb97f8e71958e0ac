using System.CommandLine;
using System.CommandLine.Parsing;
using VaeCf.Native;
using VaeCf.Native.Data;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf prepare</c>: from a file of clicks to a folder split for training, validation and test.</summary>
internal static class PrepareCommand
{
    // Liang et al. 2018 take ratings of 4 and more for clicks.
    internal const float LikedRating = 4;

    public static Command Create(CommandContext context)
    {
        var ratings = new Argument<string>("RATINGS") { Description = "A file of clicks or ratings, plain or gzip." };
        var folder = new Option<string>("--out") { Description = "Folder to write.", HelpName = "DIR", Required = true };
        Option<ClickFormat> format = Options.Choice<ClickFormat>("--format", "Layout of the file; auto tells it by the first line.");
        var columns = new Option<string>("--columns")
        {
            Description = "Names of the user and the item column, and of the rating and the timestamp column if there are any, separated by commas.",
            HelpName = "USER,ITEM,...",
        };
        columns.Validators.Add(CheckColumns);
        Option<float?> minRating = Options.OptionalNumber<float>("--min-rating",
            $"Keep what is rated or counted at least this. [default: {LikedRating} where the file has such a column]", "a finite number", float.IsFinite);
        Option<int> minClicks = Options.AtLeast("--min-clicks", "Drop users with fewer clicks.", 1, new StrongOptions().MinClicksPerUser);
        Option<int?> heldOut = Options.OptionalNumber<int>("--held-out",
            "Users to hold out for validation, and as many for test. [default: a tenth each, at most 10000]", $"a whole number from 1 to {int.MaxValue}", value => value >= 1);
        Option<ulong> seed = Options.Seed(new StrongOptions().Seed);
        Option<FoldInOrder> foldIn = Options.Choice<FoldInOrder>("--fold-in", "Which clicks of a held-out user the model sees: any, or the earliest.");
        var command = new Command("prepare", "Split a file of clicks into training, validation and test users.")
        {
            ratings, folder, format, columns, minRating, minClicks, heldOut, seed, foldIn,
        };
        command.SetAction(parsed =>
        {
            string[]? names = parsed.GetValue(columns)?.Split(',');
            if (names is not null && parsed.GetValue(format) is not (ClickFormat.Auto or ClickFormat.Delimited))
                throw new InputException($"--columns: found with --format {parsed.GetValue(format).ToString().ToLowerInvariant()}, whose columns are known; expected --format delimited");
            string path = parsed.GetRequiredValue(ratings);
            var reading = new ReadOptions
            {
                Format = parsed.GetValue(format),
                UserColumn = names?[0],
                ItemColumn = names?[1],
                RatingColumn = names?.ElementAtOrDefault(2),
                TimestampColumn = names?.ElementAtOrDefault(3),
                KeepTimestamps = parsed.GetValue(foldIn) == FoldInOrder.Time,
            };
            ClickData data = ClickReader.Read(path, reading with { MinRating = parsed.GetValue(minRating) ?? (ClickReader.HasRatings(path, reading) ? LikedRating : null) });
            context.Stop.ThrowIfCancellationRequested();
            (DataSplit split, SplitReport report) = Splits.StrongGeneralization(data, new StrongOptions
            {
                MinClicksPerUser = parsed.GetValue(minClicks),
                HeldOutUsers = parsed.GetValue(heldOut),
                FoldIn = parsed.GetValue(foldIn),
                Seed = parsed.GetValue(seed),
            });
            context.Stop.ThrowIfCancellationRequested();
            SplitFolder.Write(parsed.GetRequiredValue(folder), split, report);
            DataText.Write(context, split, report);
            context.WriteLine($"written to {parsed.GetRequiredValue(folder)}");
            return ExitCodes.Good;
        });
        return command;
    }

    private static void CheckColumns(OptionResult result)
    {
        string text = result.Tokens is [var token, ..] ? token.Value : "";
        string[] names = text.Split(',');
        if (names.Length is < 2 or > 4 || names.Any(name => name.Length == 0))
            result.AddError($"--columns: found '{text}'; expected 2 to 4 names, separated by commas");
    }
}
