using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using VaeCf.Native;
using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

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
        checkpointing.AddTo(command);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            (string data, string target, string? start, string? lines) = (parsed.GetRequiredValue(folder),
                parsed.GetRequiredValue(output), parsed.GetValue(from), parsed.GetValue(logFile));
            bool forced = parsed.GetValue(force);
            // No output may take the place of what a setting names, such as a hybrid's models.
            IReadOnlyList<string> files = [.. SplitFolder.FilesIn(data), .. model.FilesIn(parsed)];
            CheckTarget(target, start, [.. files, lines, checkpointing.File(parsed)], forced);
            if (lines is not null)
                OutputFile.Check(lines, "a log that train wrote", RunLog.IsLog, forced, [.. files, start]);
            using RunCheckpoints? checkpoints =
                checkpointing.Open(parsed, context, forced, [.. files, target, start, lines]);
            // A run that was killed, even before its first checkpoint, may have left these files' temporary ones.
            foreach (string? written in (string?[])[target, lines])
                if (checkpointing.Resumes(parsed) && written is not null)
                    AtomicFile.RemoveLeftovers(written);
            using Recommender? first = start is null ? null : Recommender.Load(start);
            Settings settings = model.Read(parsed, first?.Settings);
            DataSplit split = SplitFolder.Read(data);
            if (parsed.GetValue(all))
                split = split.TrainedOnValidation();
            context.WarnOfNoOrder(settings.Type, data, split.Train);
            using Device device = computing.Open(parsed, context);
            using RunLog? log = lines is null ? null : new RunLog(lines, context, checkpoints?.From);
            var run = new TrainingRun(context, split, device, first, log, checkpoints, parsed.GetValue(json));
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

    private sealed class TrainingRun(
        CommandContext context, DataSplit split, Device device, Recommender? first, RunLog? log,
        RunCheckpoints? checkpoints, bool json)
    {
        private readonly Stopwatch clock = Stopwatch.StartNew();

        public int Run(Settings settings, bool findBeta, string path)
        {
            BetaSearch? search = null;
            if (findBeta)
            {
                search = Search(settings);
                if (search is null)
                    return NothingTrained("in the search for beta; nothing is written");
                settings = search.Settings;
            }
            Checkpoint? from = findBeta && checkpoints?.From?.Search is null ? null : checkpoints?.From;
            using FitRun run = Open(settings, from);
            WriteSettings(run.Settings);
            if (first is not null && from is null)
                Start(run.Fit, first);
            Recommender model;
            try
            {
                model = ProgressView.Show(context, "train", show => run.Run(progress =>
                {
                    log?.Add("train", progress);
                    checkpoints?.Add(progress, search);
                    show(progress);
                }, context.Stop));
            }
            catch (OperationCanceledException)
            {
                return NothingTrained("before the first step; nothing is written");
            }
            if (IsStopped(run))
                checkpoints?.Save(run, search);
            using (model)
            {
                if (IsStopped(run) && run.Best is null && split.Validation is not null && File.Exists(path))
                    return NothingTrained($"before the first validation; {path} is left as it is");
                if (!Save(model, path))
                    return ExitCodes.WrongUse;
                WriteResult(run, model, search, path);
            }
            return IsStopped(run) ? ExitCodes.Stopped
                : run.Divergence is not null ? ExitCodes.Diverged
                : log is { IsCut: true } || checkpoints is { HasFailed: true } || context.HasLostOutput
                ? ExitCodes.Incomplete
                : ExitCodes.Good;
        }

        // What can no longer be replaced, such as a file that something is mounted on, must not cost the model.
        private bool Save(Recommender model, string path)
        {
            try
            {
                model.Save(path);
                return true;
            }
            catch (InputException e)
            {
                string rescue = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
                model.Save(rescue);
                context.WriteErrorLine($"error: {e.Message}; the model is saved to {rescue}");
                return false;
            }
        }

        private bool IsStopped(FitRun run) => context.Stop.IsCancellationRequested && !run.IsFinished;

        private FitRun Open(Settings settings, Checkpoint? from)
        {
            try
            {
                return new FitRun(split, settings, device, from);
            }
            catch (ArgumentException e)
            {
                throw from is not null ? Refused(e, settings.Type)
                    : new InputException($"--model {settings.Type}: {e.Message}", e);
            }
        }

        private BetaSearch? Search(Settings settings)
        {
            if (checkpoints?.From is { Search: { } curve })
                return BetaSearch.Made(split, settings, curve, device);
            try
            {
                Say("a first run searches for the cap of beta");
                BetaSearch search = ProgressView.Show(context, "search",
                    show => BetaSearch.Run(split, settings, device, progress =>
                    {
                        log?.Add("search", progress);
                        checkpoints?.Add(progress, null);
                        show(progress);
                    }, context.Stop, checkpoints?.From));
                // A cap that is chosen from a part of the search is not the one of the whole.
                if (context.Stop.IsCancellationRequested)
                    return null;
                EpochSummary peak = search.Peak;
                Say($"beta {ModelsText.Number(search.Beta)} at the peak of validation NDCG@{FitRun.ValidationCutoff}, "
                    + $"{ModelsText.Number(peak.Validation)} in epoch {peak.Epoch}; training with it as the cap");
                return search;
            }
            catch (Exception e)
                when (context.Stop.IsCancellationRequested && e is (InputException or OperationCanceledException))
            {
                return null;
            }
            catch (ArgumentException e) when (checkpoints?.From is not null)
            {
                throw Refused(e, settings.Type);
            }
        }

        // Why the checkpoint is refused, in the names of the options that were typed.
        private InputException Refused(ArgumentException e, ModelType type) =>
            new(type.Settings.Aggregate(InputException.About(checkpoints!.Path, e).Message, (text, setting) =>
                text.Replace($": {setting.Name} is ", $": {setting.Option} is ")
                    .Replace($"; {setting.Name} is ", $"; {setting.Option} is ")), e);

        private void Start(Fit fit, Recommender first)
        {
            try
            {
                (int shared, int started, int gone) = fit.StartFrom(first);
                Say($"items whose weights are taken over: {DataText.Number(shared)}; new: {DataText.Number(started)}; "
                    + $"dropped: {DataText.Number(gone)}");
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException)
            {
                throw InputException.About("--from", e);
            }
        }

        private int NothingTrained(string when)
        {
            context.WriteErrorLine($"stopped {when}{GoesOn}");
            return ExitCodes.Stopped;
        }

        private void WriteSettings(Settings settings)
        {
            Say($"{DataText.Number(split.Train.UserCount)} users, {DataText.Number(split.Items.Count)} items, "
                + $"{DataText.Number(split.Train.ClickCount)} clicks");
            Say($"{settings}");
            Say(device.Description);
        }

        private void WriteResult(FitRun run, Recommender model, BetaSearch? search, string path)
        {
            bool stopped = IsStopped(run);
            if (run.Divergence is { } divergence)
                context.WriteErrorLine($"warning: {divergence.Message}{LearningRate(run.Settings)}");
            IComparison? test = !stopped && split.Test is { HeldOut.ClickCount: > 0 } set
                ? Comparisons.Of(model, split, set) : null;
            if (json)
            {
                context.WriteJson(writer => WriteJson(writer, run, model, search, path, stopped, test));
                return;
            }
            int epochs = run.History.Count;
            if (stopped)
                context.WriteLine($"stopped after {epochs} of {run.Fit.Epochs} epochs: "
                    + (run.Best is null ? "none is validated" : "the best model so far is kept") + GoesOn);
            else if (run.Divergence is not null)
                context.WriteLine($"diverged after {epochs} of {run.Fit.Epochs} epochs: the best model so far is kept");
            else if (epochs < run.Fit.Epochs)
                context.WriteLine($"ended after {epochs} of {run.Fit.Epochs} epochs: none was better for "
                    + $"{run.Settings.Get(FitRun.Patience)}");
            context.WriteLine(model.Info.Validation is double validation
                ? $"best epoch {model.Info.Epoch}, validation {run.Settings.Type.Validation.Name} "
                    + ModelsText.Number(validation)
                : "not validated: the model of the last update is kept, after "
                    + DataText.Count(model.Info.Epoch, "whole epoch"));
            context.WriteLine($"saved to {path}");
            test?.Write(context);
        }

        private void WriteJson(Utf8JsonWriter writer, FitRun run, Recommender model, BetaSearch? search, string path,
            bool stopped, IComparison? test)
        {
            writer.WriteStartObject();
            writer.WriteString("saved_to", path);
            writer.WriteBoolean("stopped", stopped);
            writer.WriteBoolean("diverged", run.Divergence is not null);
            writer.WriteNumber("epochs_run", run.History.Count);
            writer.WriteNumber("best_epoch", model.Info.Epoch);
            writer.WriteNumberOrNull(run.Settings.Type.Validation.Key, model.Info.Validation);
            writer.WriteNumber("seconds", clock.Elapsed.TotalSeconds);
            writer.WriteString("model", run.Settings.Type.Name);
            writer.WritePropertyName("settings");
            run.Settings.WriteJson(writer);
            writer.WriteString("device", device.Description);
            if (search is not null)
            {
                EpochSummary peak = search.Peak;
                writer.WriteStartObject("beta_search");
                writer.WriteNumber("beta", search.Beta);
                writer.WriteNumber("epoch", peak.Epoch);
                writer.WriteNumberOrNull($"validation_ndcg@{FitRun.ValidationCutoff}", peak.Validation);
                writer.WriteEndObject();
            }
            if (test is not null)
            {
                writer.WriteStartObject("test");
                test.WriteJson(writer);
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
        }

        private string GoesOn => checkpoints is null ? "" : "; the same command with --resume goes on";

        private static string LearningRate(Settings settings) => settings.Has(Autoencoders.LearningRate)
            ? $" ({Autoencoders.LearningRate.Option} is {settings.Text(Autoencoders.LearningRate)})" : "";

        // With --json, standard output holds the result alone.
        private void Say(string text)
        {
            if (json)
                context.WriteErrorLine(text);
            else
                context.WriteLine(text);
        }
    }
}
