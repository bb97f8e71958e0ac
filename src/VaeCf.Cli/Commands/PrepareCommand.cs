using System.CommandLine;
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
        var ratings = new Argument<string>("RATINGS")
        {
            Description =
                "A file of clicks or ratings, plain, gzip or zip; a folder of its parts; or - for standard input.",
        };
        var folder = new Option<string>("--out")
        {
            Description = "Folder to write to.",
            HelpName = "DIR",
            Required = true,
        };
        Option<bool> force = Options.Force();
        var file = new ClickFileOptions($"{LikedRating} if the file has ratings");
        var keepValues = new Option<bool>("--keep-values")
        {
            Description =
                "Write the ratings or counts too, for models that use them; by default, every click counts as 1.",
        };
        var predict = new Option<bool>("--ratings")
        {
            Description = "For models that predict ratings: keep all of them, and hold out a tenth for test and a "
                + "tenth of the others for validation, random ones or, with --fold-in time, the latest. With --test: "
                + "keep all ratings of the files. Of repeated ratings the latest counts.",
        };
        Option<int> minClicks = Options.AtLeast(
            "--min-clicks", "Drop users with fewer clicks.", 1, new StrongOptions().MinClicksPerUser);
        Option<int?> heldOut = Options.OptionalNumber<int>("--held-out",
            "Users to hold out for validation, and the same number for test. [default: a tenth each, at most 10000]",
            $"a whole number from 1 to {int.MaxValue}", value => value >= 1);
        Option<ulong> seed = Options.Seed(new StrongOptions().Seed);
        Option<FoldInOrder?> foldIn = Options.OptionalChoice<FoldInOrder>("--fold-in",
            "Which clicks of a held-out user the model sees: random ones or the earliest. "
            + "[default: random; with --leave-one-out: time]");
        var test = new Option<string>("--test")
        {
            Description = "Held-out clicks of the same users; the model is trained on RATINGS (weak generalisation).",
            HelpName = "FILE",
        };
        var validation = new Option<string>("--validation")
        {
            Description = "With --test: clicks by which the best epoch is chosen.",
            HelpName = "FILE",
        };
        var trainOnValidation = new Option<bool>("--train-on-validation")
        {
            Description = "With --validation: also train on its clicks.",
        };
        var leaveOneOut = new Option<bool>("--leave-one-out")
        {
            Description = "Hold out each user's last click for test and the one before it for validation; the last by "
                + "time, or a random one with --fold-in random.",
        };
        Option<TimedOptions?> timed = Options.CutInTime("--timed", "Train on the clicks before a time, and hold out "
            + "those from it on for test, and the latest before it for validation: a date, such as 2018-03-01, or the "
            + "share of the clicks, such as 0.1, that are held out for each.");
        Option<bool> json = Options.Json();
        var command = new Command("prepare", "Split a file of clicks for training, validation and test.")
        {
            ratings, folder, force, keepValues, predict, minClicks, heldOut, seed, foldIn,
            test, validation, trainOnValidation, leaveOneOut, timed, json,
        };
        file.AddTo(command);
        command.SetAction(parsed =>
        {
            bool weak = parsed.GetValue(test) is not null, last = parsed.GetValue(leaveOneOut),
                rated = parsed.GetValue(predict);
            TimedOptions? cut = parsed.GetValue(timed);
            if (cut is not null)
                Options.Refuse(parsed, "--timed, one cut for all users", predict, heldOut, seed, foldIn, test,
                    leaveOneOut);
            if (rated)
            {
                Options.Refuse(parsed, "--ratings, which keeps every user and rating", keepValues, minClicks, heldOut,
                    leaveOneOut);
                file.ExpectRatings(parsed);
            }
            if (weak)
                Options.Refuse(
                    parsed, "--test, whose files are the split", minClicks, heldOut, seed, foldIn, leaveOneOut);
            else
                Options.Refuse(parsed, "no --test; expected both", validation, trainOnValidation);
            if (last)
                Options.Refuse(parsed, "--leave-one-out, which holds out clicks of every user", heldOut);
            if (parsed.GetValue(trainOnValidation) && parsed.GetValue(validation) is null)
                throw new InputException("--train-on-validation: found without --validation; expected its file");
            if (last && parsed.GetValue(minClicks) < LeastClicksToLeaveOneOut)
                throw new InputException($"--min-clicks: found {parsed.GetValue(minClicks)} with --leave-one-out; "
                    + $"expected at least {LeastClicksToLeaveOneOut}, one each for training, validation and test");
            SplitFolder.CheckWrite(parsed.GetRequiredValue(folder), parsed.GetValue(force),
                OutputFile.Read(parsed.GetValue(ratings), parsed.GetValue(test), parsed.GetValue(validation)));
            FoldInOrder order = parsed.GetValue(foldIn) ?? (last ? FoldInOrder.Time : FoldInOrder.Random);
            ClickData? train = null;
            ClickData ReadFile(string path)
            {
                context.Stop.ThrowIfCancellationRequested();
                ClickData read = file.Read(parsed, path, reading => reading with
                {
                    Values = rated ? ClickValues.Ratings
                        : train is { Report.Values: not ClickValues.None } ? train.Report.Values : reading.Values,
                    LeastLiked = rated ? null : LikedRating,
                    KeepCounts = rated || parsed.GetValue(keepValues),
                    Repeats = rated && reading.Repeats == Repeats.Merge ? Repeats.Latest : reading.Repeats,
                    KeepOrder = true,
                    KeepTimestamps = order == FoldInOrder.Time || cut is not null,
                });
                if (rated && read.Report.Values == ClickValues.None)
                    throw new InputException($"{path}: found no column of ratings; expected one, or its name in "
                        + "--columns");
                if (cut is not null && read.Report.Format is ClickFormat.Adjacency or ClickFormat.CountedAdjacency)
                    throw new InputException($"{path}: found no times, but a user's items on each line; expected "
                        + "times, by which --timed cuts");
                WarnOfMissing(context, path, read.Users, "a user");
                WarnOfMissing(context, path, read.Items, "an item");
                if (train is not null && !Share(train.Users, read.Users))
                    throw new InputException($"{path}: found none of the users of {train.Report.File}; expected later "
                        + "clicks of the same users, with ids that are spelled alike");
                if (train is not null && !Share(train.Items, read.Items))
                    throw new InputException($"{path}: found none of the items of {train.Report.File}; expected the "
                        + "same items, with ids that are spelled alike");
                return read;
            }
            ClickData data = train = ReadFile(parsed.GetRequiredValue(ratings));
            (DataSplit split, SplitReport report) = weak
                ? Splits.WeakGeneralization(data, parsed.GetValue(validation) is { } path ? ReadFile(path) : null,
                    ReadFile(parsed.GetValue(test)!), parsed.GetValue(trainOnValidation))
                : cut is not null
                ? Splits.ByTime(data, cut with { MinClicksPerUser = parsed.GetValue(minClicks) })
                : rated
                ? Splits.Ratings(data, order, parsed.GetValue(seed))
                : last
                ? Splits.LeaveOneOut(data, new LeaveOneOutOptions
                {
                    MinClicksPerUser = parsed.GetValue(minClicks),
                    FoldIn = order,
                    Seed = parsed.GetValue(seed),
                })
                : Splits.StrongGeneralization(data, new StrongOptions
                {
                    MinClicksPerUser = parsed.GetValue(minClicks),
                    HeldOutUsers = parsed.GetValue(heldOut),
                    FoldIn = order,
                    Seed = parsed.GetValue(seed),
                });
            context.Stop.ThrowIfCancellationRequested();
            SplitFolder.Write(parsed.GetRequiredValue(folder), split, report, force: parsed.GetValue(force));
            foreach (ReadReport source in report.Sources)
                WarnOfLoss(context, source);
            if (parsed.GetValue(json))
            {
                context.WriteLine(File.ReadAllText(Path.Combine(parsed.GetRequiredValue(folder), "split.json")).Trim());
                return ExitCodes.Good;
            }
            context.WriteLine($"{report}\n{split}");
            if (report.Sources.Any(source => source is { Values: ClickValues.Ratings, Range: not null })
                && !rated && !file.SetsMinRating(parsed))
                context.WriteLine($"ratings below {LikedRating} are dropped by default; --min-rating changes that");
            context.WriteLine($"written to {parsed.GetRequiredValue(folder)}");
            return ExitCodes.Good;
        });
        return command;
    }

    // What programs write where a value is missing; it may be an id all the same.
    private static void WarnOfMissing(CommandContext context, string file, Vocabulary ids, string what)
    {
        foreach (string id in (string[])["NaN", "nan", "NULL", "null", "None", "N/A", "\\N"])
            if (ids.IndexOf(id) >= 0)
                context.WriteErrorLine($"{file}: '{id}' is taken for {what} like any other; if it stands for a missing "
                    + "value, take its rows out of the file");
    }

    private static bool Share(Vocabulary one, Vocabulary other) =>
        IdSpelling.Ids(other).Any(id => one.IndexOf(id) >= 0);

    private static void WarnOfLoss(CommandContext context, ReadReport source)
    {
        if (2 * source.BelowMinRating > source.Rows)
            context.WriteErrorLine($"{source.File}: {source.BelowMinRating} of {source.Rows} rows are dropped for "
                + $"their low {source.Values.ToString().ToLowerInvariant()}; --min-rating says which are kept");
    }
}
