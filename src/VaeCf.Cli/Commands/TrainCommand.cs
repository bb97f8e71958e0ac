using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using VaeCf.Native;
using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf train</c>: from a split folder to a saved model.</summary>
internal static class TrainCommand
{
    private static readonly (string Name, Func<EvaluationReport, Estimate?> Of)[] testMeasures =
        [("NDCG@100", report => report.At(100).Ndcg), ("Recall@20", report => report.At(20).Recall), ("Recall@50", report => report.At(50).Recall)];

    public static Command Create(CommandContext context)
    {
        var folder = new Argument<string>("DIR") { Description = "A folder as prepare writes." };
        var output = new Option<string>("--out") { Description = "File to write the model to.", HelpName = "MODEL.safetensors", Required = true };
        var model = new ModelOptions();
        var training = new TrainerOptions();
        var computing = new DeviceOptions();
        var log = new Option<string>("--log") { Description = "File to write a line of JSON to after each epoch.", HelpName = "RUN.jsonl" };
        Option<bool> json = Options.Json();
        var command = new Command("train", "Train a model and keep the best by validation NDCG@100; Ctrl-C stops and keeps the best so far. What is not told of model and training is as its paper has it: see 'vaecf models'.") { folder, output };
        model.AddTo(command);
        training.AddTo(command);
        computing.AddTo(command);
        command.Options.Add(log);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            ModelConfig config = model.Read(parsed);
            TrainingOptions options = training.Read(parsed, model.Preset(parsed));
            OutputFile.Check(parsed.GetRequiredValue(output));
            DataSplit split = SplitFolder.Read(parsed.GetRequiredValue(folder));
            using RunLog? file = parsed.GetValue(log) is { } path ? new RunLog(path) : null;
            using Device device = computing.Open(parsed, context);
            var run = new TrainingRun(context, split, config, device, file, parsed.GetValue(json));
            return run.Run(options, training.FindsBeta(parsed), parsed.GetRequiredValue(output));
        });
        return command;
    }

    private sealed class TrainingRun(CommandContext context, DataSplit split, ModelConfig config, Device device, RunLog? log, bool json)
    {
        private readonly Stopwatch clock = Stopwatch.StartNew();

        public int Run(TrainingOptions options, bool findBeta, string path)
        {
            WriteSettings(options.Resolve(split.Train.UserCount), findBeta);
            BetaSearch? search = null;
            if (findBeta)
            {
                search = Search(options);
                if (search is null)
                    return NothingTrained();
                options = search.Options;
            }
            using var trainer = new Trainer(split, config, options, device);
            long updates = 0;
            using Model model = ProgressView.Show(context, "train", show => trainer.Run(progress =>
            {
                updates = progress.Step;
                log?.Add("train", progress);
                show(progress);
            }, context.Stop));
            if (updates == 0)
                return NothingTrained();
            model.Save(path);
            WriteResult(trainer, model, search, path);
            return ExitCodes.Good;
        }

        private BetaSearch? Search(TrainingOptions options)
        {
            try
            {
                BetaSearch search = ProgressView.Show(context, "search", show => BetaSearch.Run(split, config, options, device, progress =>
                {
                    log?.Add("search", progress);
                    show(progress);
                }, context.Stop));
                EpochSummary peak = search.Peak;
                Say($"beta {SettingsText.Number(peak.Beta)} at the peak of validation NDCG@{Trainer.ValidationCutoff}, {SettingsText.Number(peak.ValidationNdcg)} in epoch {peak.Epoch}; training with it as the cap");
                return search;
            }
            catch (InputException) when (context.Stop.IsCancellationRequested)
            {
                return null;
            }
        }

        private int NothingTrained()
        {
            context.WriteErrorLine("stopped before the first update: there is no model to keep, nothing is written");
            return ExitCodes.Stopped;
        }

        private void WriteSettings(TrainingOptions options, bool findBeta)
        {
            Say($"{DataText.Number(split.Train.UserCount)} users, {DataText.Number(split.Items.Count)} items, {DataText.Number(split.Train.ClickCount)} clicks");
            Say(SettingsText.Of(config));
            Say($"{SettingsText.Of(options, config)}, seed {options.Seed}");
            if (config.IsVariational)
                Say(findBeta ? "cap of beta: to be found" : SettingsText.Beta(options));
            Say(device.Description);
        }

        private void WriteResult(Trainer trainer, Model model, BetaSearch? search, string path)
        {
            bool stopped = context.Stop.IsCancellationRequested && !trainer.IsFinished;
            Comparison? test = !stopped && split.Test is { HeldOut.ClickCount: > 0 } set ? Comparison.Of(model, split, set, new EvaluationOptions()) : null;
            if (json)
            {
                context.WriteJson(writer => WriteJson(writer, trainer, model, search, path, stopped, test));
                return;
            }
            int epochs = trainer.History.Count;
            if (stopped)
                context.WriteLine($"stopped after {epochs} of {trainer.Options.Epochs} epochs: the best model so far is kept");
            else if (epochs < trainer.Options.Epochs)
                context.WriteLine($"ended after {epochs} of {trainer.Options.Epochs} epochs: none better for {trainer.Options.Patience}");
            context.WriteLine(model.Info.ValidationNdcg is double ndcg
                ? $"best epoch {model.Info.Epoch}, validation NDCG@{Trainer.ValidationCutoff} {SettingsText.Number(ndcg)}"
                : $"not validated: the model of the last update is kept, after {model.Info.Epoch} whole epochs");
            context.WriteLine($"saved to {path}");
            test?.Write(context, testMeasures);
        }

        private void WriteJson(Utf8JsonWriter writer, Trainer trainer, Model model, BetaSearch? search, string path, bool stopped, Comparison? test)
        {
            TrainingOptions options = trainer.Options;
            writer.WriteStartObject();
            writer.WriteString("saved_to", path);
            writer.WriteBoolean("stopped", stopped);
            writer.WriteNumber("epochs_run", trainer.History.Count);
            writer.WriteNumber("best_epoch", model.Info.Epoch);
            writer.WriteNumberOrNull($"validation_ndcg@{Trainer.ValidationCutoff}", model.Info.ValidationNdcg);
            writer.WriteNumber("seconds", clock.Elapsed.TotalSeconds);
            writer.WriteStartObject("settings");
            SettingsText.WriteJson(writer, config, options);
            writer.WriteString("device", device.Description);
            writer.WriteEndObject();
            if (search is not null)
            {
                EpochSummary peak = search.Peak;
                writer.WriteStartObject("beta_search");
                writer.WriteNumber("beta", peak.Beta);
                writer.WriteNumber("epoch", peak.Epoch);
                writer.WriteNumberOrNull($"validation_ndcg@{Trainer.ValidationCutoff}", peak.ValidationNdcg);
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
