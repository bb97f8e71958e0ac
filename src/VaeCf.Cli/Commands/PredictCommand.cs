using System.CommandLine;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf predict</c>: how users would rate items.</summary>
internal static class PredictCommand
{
    public static Command Create(CommandContext context)
    {
        var modelFile = new Argument<string>("MODEL")
        {
            Description = "A model file written by train, of a model that predicts ratings.",
        };
        var user = new Option<string>("--user")
        {
            Description = "Id of the user: one that the model was trained on, if it keeps them, or one of --histories.",
            HelpName = "ID",
        };
        var histories = new Option<string>("--histories")
        {
            Description = "A file of ratings, in any layout that prepare reads, or -; each user in it gets an answer, "
                + "or the one that --user names.",
            HelpName = "FILE",
        };
        Option<string> items = Options.Ids("--items", "Ids of the items, or @FILE with one id on each line.");
        items.Required = true;
        var file = new ClickFileOptions();
        var titleFile = new TitleOptions();
        var computing = new DeviceOptions();
        var json = new Option<bool>("--json")
        {
            Description = "Print JSON on standard output: an object on a line for each user.",
        };
        var command = new Command(
            "predict", "Predict how users would rate items; ids unknown to the model are reported.")
        {
            modelFile, user, histories, items, json
        };
        file.AddTo(command);
        titleFile.AddTo(command);
        computing.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(user) is null && result.GetResult(histories) is null)
                result.AddError("found neither --user nor --histories; expected one of them, or both");
        });
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(modelFile);
            using Device device = computing.Open(parsed, context);
            using Recommender model = Recommender.Load(path, device);
            if (!model.Settings.Type.PredictsRatings)
                throw new InputException($"{path}: found {model.Settings.Type.Title}, which ranks items and "
                    + "predicts no ratings; expected one of "
                    + string.Join(", ", Catalog.All.Where(type => type.PredictsRatings)));
            IReadOnlyList<string> ids = Options.ReadIds(parsed, items)!;
            IdSpelling.ReportSpelling(context, items.Name, ids, model.Items);
            var answers =
                new Answers(context, titleFile.Read(context, parsed, model.Items), parsed.GetValue(json), "rating");
            string? only = parsed.GetValue(user);
            if (!model.Settings.Type.KeepsUsers && parsed.GetValue(histories) is null)
                throw new InputException($"--user: found without --histories; expected a file with the user's "
                    + $"ratings, by which the {model.Settings.Type.Title} model knows them");
            foreach ((string id, IReadOnlyList<HistoryItem> history) in Users(parsed, file, histories, only,
                model.Info.Scale!.Value))
            {
                context.Stop.ThrowIfCancellationRequested();
                if (context.OutputFailure is not null)
                    break;
                try
                {
                    answers.Write(model.Predict(id, history, ids));
                }
                catch (ArgumentException e)
                {
                    throw InputException.About(path, e);
                }
            }
            return ExitCodes.Good;
        });
        return command;
    }

    // The users asked about, with what is known of them.
    private static IEnumerable<(string Id, IReadOnlyList<HistoryItem> History)> Users(ParseResult parsed,
        ClickFileOptions file, Option<string> histories, string? only, RatingScale scale)
    {
        if (parsed.GetValue(histories) is not { } path)
        {
            file.Refuse(parsed, "no --histories; expected their file");
            return [(only!, [])];
        }
        file.ExpectRatings(parsed);
        ClickData data = file.Read(parsed, path,
            reading => reading with
            {
                KeepCounts = true,
                Values = ClickValues.Ratings,
                Repeats = reading.Repeats == Repeats.Merge ? Repeats.Latest : reading.Repeats,
            });
        if (data.Report.Values == ClickValues.None)
            throw new InputException($"{path}: found no column of ratings; expected one, or its name in --columns");
        for (int user = 0; user < data.Users.Count; user++)
            foreach (float rating in data.Matrix.ValuesOf(user))
                if (rating < scale.Lowest || rating > scale.Highest)
                    throw new InputException($"{path}: found the rating {rating} of user '{data.Users[user]}'; "
                        + $"expected {scale.Lowest} to {scale.Highest}, the scale of the model");
        int row = only is null ? 0 : data.Users.IndexOf(only);
        if (row < 0)
            throw new InputException($"--user: found '{only}', who has no ratings in {path}; expected one who has");
        return Enumerable.Range(row, only is null ? data.Users.Count : 1).Select(user => (data.Users[user],
            (IReadOnlyList<HistoryItem>)[.. Enumerable.Range(0, data.Matrix.CountOf(user)).Select(n =>
                new HistoryItem(data.Items[data.Matrix.ItemsOf(user)[n]], data.Matrix.ValuesOf(user)[n]))]));
    }
}
