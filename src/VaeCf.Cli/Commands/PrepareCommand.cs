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

    private const int LeastClicksToLeaveOneOut = 3;

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
        var test = new Option<string>("--test") { Description = "Clicks of the same users to be found; RATINGS is trained on (weak generalisation).", HelpName = "FILE" };
        var validation = new Option<string>("--validation") { Description = "With --test: clicks that choose the best epoch.", HelpName = "FILE" };
        var trainOnValidation = new Option<bool>("--train-on-validation") { Description = "With --validation: train on its clicks too." };
        var leaveOneOut = new Option<bool>("--leave-one-out")
        {
            Description = "Of each user, the last click is the test and the one before it the validation; by time unless --fold-in random is told.",
        };
        var command = new Command("prepare", "Split a file of clicks for training, validation and test.")
        {
            ratings, folder, format, columns, minRating, minClicks, heldOut, seed, foldIn, test, validation, trainOnValidation, leaveOneOut,
        };
        command.SetAction(parsed =>
        {
            string[]? names = parsed.GetValue(columns)?.Split(',');
            if (names is not null && parsed.GetValue(format) is not (ClickFormat.Auto or ClickFormat.Delimited))
                throw new InputException($"--columns: found with --format {parsed.GetValue(format).ToString().ToLowerInvariant()}, whose columns are known; expected --format delimited");
            bool weak = parsed.GetValue(test) is not null, last = parsed.GetValue(leaveOneOut);
            if (weak)
                Options.Refuse(parsed, "--test, whose files are the split", minClicks, heldOut, seed, foldIn, leaveOneOut);
            else
                Options.Refuse(parsed, "no --test, which it belongs to", validation, trainOnValidation);
            if (last)
                Options.Refuse(parsed, "--leave-one-out, which holds out clicks of every user", heldOut);
            if (parsed.GetValue(trainOnValidation) && parsed.GetValue(validation) is null)
                throw new InputException("--train-on-validation: found without --validation; expected its file");
            if (last && parsed.GetValue(minClicks) < LeastClicksToLeaveOneOut)
                throw new InputException($"--min-clicks: found {parsed.GetValue(minClicks)} with --leave-one-out; expected at least {LeastClicksToLeaveOneOut}, one each for training, validation and test");
            FoldInOrder order = last && parsed.GetResult(foldIn) is null ? FoldInOrder.Time : parsed.GetValue(foldIn);
            var reading = new ReadOptions
            {
                Format = parsed.GetValue(format),
                UserColumn = names?[0],
                ItemColumn = names?[1],
                RatingColumn = names?.ElementAtOrDefault(2),
                TimestampColumn = names?.ElementAtOrDefault(3),
                KeepTimestamps = order == FoldInOrder.Time,
            };
            ClickData ReadFile(string path)
            {
                context.Stop.ThrowIfCancellationRequested();
                return ClickReader.Read(path, reading with { MinRating = parsed.GetValue(minRating) ?? (ClickReader.HasRatings(path, reading) ? LikedRating : null) });
            }
            ClickData data = ReadFile(parsed.GetRequiredValue(ratings));
            (DataSplit split, SplitReport report) = weak
                ? Splits.WeakGeneralization(data, parsed.GetValue(validation) is { } file ? ReadFile(file) : null, ReadFile(parsed.GetValue(test)!), parsed.GetValue(trainOnValidation))
                : last
                ? Splits.LeaveOneOut(data, new LeaveOneOutOptions { MinClicksPerUser = parsed.GetValue(minClicks), FoldIn = order, Seed = parsed.GetValue(seed) })
                : Splits.StrongGeneralization(data, new StrongOptions
                {
                    MinClicksPerUser = parsed.GetValue(minClicks),
                    HeldOutUsers = parsed.GetValue(heldOut),
                    FoldIn = order,
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
