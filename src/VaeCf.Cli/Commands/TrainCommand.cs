using System.CommandLine;
using VaeCf.Cli.Pages;
using VaeCf.Native;
using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf train</c>: from a split folder to a saved model.</summary>
internal static class TrainCommand
{
    public static Command Create(CommandContext context)
    {
        var folder = new Argument<string>("DIR") { Description = "A folder written by prepare." };
        var output = new Option<string>("--out")
        {
            Description = "File to write the model to, such as MODEL.safetensors.",
            HelpName = "FILE",
            Required = true,
        };
        var model = new ModelOptions(findsBeta: true);
        var from = new Option<string>("--from")
        {
            Description = "A model to start from, of the same type and shape; items are matched by id. By default, the "
                + "settings are those of that model.",
            HelpName = "FILE",
        };
        var all = new Option<bool>("--train-on-validation")
        {
            Description = "Also train on what validation held out, once it has chosen the settings; then nothing is "
                + "validated.",
        };
        var computing = new DeviceOptions();
        var logFile = new Option<string>("--log")
        {
            Description = "File to write a line of JSON to after each epoch.",
            HelpName = "FILE",
        };
        var tensorBoard = new Option<string>("--tensorboard")
        {
            Description = "Folder to write the run's curves to as TensorBoard reads them, a folder for each phase; "
                + "nothing in it is replaced.",
            HelpName = "FOLDER",
        };
        var report = new Option<string>("--report")
        {
            Description = "File to write the run to as a web page: its curves, its test users beside popularity's and "
                + "EASE's figures, its latent code, its time and its settings.",
            HelpName = "FILE.html",
        };
        var titling = new TitleOptions();
        var checkpointing = new CheckpointOptions();
        Option<bool> force = Options.Force();
        Option<bool> json = Options.Json();
        var command = new Command("train", "Train a model and keep the best by validation NDCG@100, or RMSE where it "
            + "predicts ratings; Ctrl-C stops and keeps the best so far. By default, the settings are those of the "
            + "model's paper; see 'vaecf models'.")
        {
            folder, output, all, force
        };
        model.AddTo(command);
        computing.AddTo(command);
        command.Options.Add(from);
        command.Options.Add(logFile);
        command.Options.Add(tensorBoard);
        command.Options.Add(report);
        titling.AddTo(command);
        checkpointing.AddTo(command);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            (string data, string target, string? start, string? lines, string? page) = (parsed.GetRequiredValue(folder),
                parsed.GetRequiredValue(output), parsed.GetValue(from), parsed.GetValue(logFile),
                parsed.GetValue(report));
            bool forced = parsed.GetValue(force);
            if (page is null)
                titling.Refuse(parsed, "no --report; expected both");
            // No output may take the place of what a setting names, such as a hybrid's models.
            IReadOnlyList<string?> files =
                [.. SplitFolder.FilesIn(data), .. model.FilesIn(parsed), titling.File(parsed)];
            CheckTarget(target, start, [.. files, lines, page, checkpointing.File(parsed)], forced);
            if (lines is not null)
                OutputFile.Check(lines, "a log that train wrote", RunLog.IsLog, forced, [.. files, start, page]);
            if (page is not null)
                OutputFile.Check(page, "a report of runs", RunPage.IsPage, forced, [.. files, start]);
            if (parsed.GetValue(tensorBoard) is { } curves)
                EventFolder.Check(curves, [.. files, target, start, lines, page, .. checkpointing.Files(parsed)]);
            using var record = new RunRecord();
            using RunCheckpoints? checkpoints =
                checkpointing.Open(parsed, context, forced, [.. files, target, start, lines, page]);
            // A run that was killed, even before its first checkpoint, may have left these files' temporary ones.
            foreach (string? written in (string?[])[target, lines, page])
                if (checkpointing.Resumes(parsed) && written is not null)
                    AtomicFile.RemoveLeftovers(written);
            using Recommender? first = start is null ? null : Recommender.Load(start);
            Settings settings = model.Read(parsed, first?.Settings);
            DataSplit split = record.Time("reading", () => SplitFolder.Read(data));
            if (parsed.GetValue(all))
                split = split.TrainedOnValidation();
            context.WarnOfNoOrder(settings.Type, data, split.Train);
            IReadOnlyDictionary<string, string>? titles = titling.Read(context, parsed, split.Items);
            using Device device = computing.Open(parsed, context);
            record.Open(lines is null ? null : new RunLog(lines, context),
                parsed.GetValue(tensorBoard) is { } events ? new EventFolder(events, context) : null,
                checkpoints?.From, model.FindsBeta(parsed));
            var run = new TrainingRun(context, data, split, device, first, record, checkpoints, parsed.GetValue(json))
            {
                Page = page,
                Titles = titles,
                Threads = computing.CpuThreads(parsed),
            };
            return run.Run(settings, model.FindsBeta(parsed), target);
        });
        return command;
    }

    // The model to start from may be replaced by the one that comes of it, if that is asked for.
    private static void CheckTarget(string target, string? start, string?[] others, bool force)
    {
        OutputFile.Check(target, "a model that train wrote", Recommender.IsModel, force, others);
        if (!force && start is not null && AtomicFile.RealPath(start) == AtomicFile.RealPath(target))
            throw new InputException($"{target}: found the model to start from; expected another name, or --force to "
                + "replace it");
    }
}
