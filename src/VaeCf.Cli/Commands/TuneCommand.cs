using System.CommandLine;
using System.Text.Json;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf tune</c>: a model's settings chosen on the validation users.</summary>
internal static class TuneCommand
{
    public static Command Create(CommandContext context)
    {
        var folder = new Argument<string>("DIR") { Description = "A folder written by prepare." };
        var output = new Option<string>("--out")
        {
            Description = "Folder for the best model, best.safetensors, and the state of the search. The same command "
                + "goes on with a search that was stopped.",
            HelpName = "FOLDER",
            Required = true,
        };
        var model = new ModelOptions(findsBeta: false);
        Option<double?> budget = SearchRun.Budget("Minutes of training");
        var computing = new DeviceOptions();
        Option<bool> json = Options.Json();
        var command = new Command("tune", "Choose a model's settings by validation NDCG@100, or RMSE where it predicts "
            + "ratings, over the grid that "
            + "'vaecf models MODEL' shows; a setting that is given keeps its value.")
        {
            folder, output, budget
        };
        model.AddTo(command);
        computing.AddTo(command);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            (string data, string target) = (parsed.GetRequiredValue(folder), parsed.GetRequiredValue(output));
            Settings start = model.Read(parsed, null);
            DataSplit split = SplitFolder.Read(data);
            using Device device = computing.Open(parsed, context);
            var run = new SearchRun(context, new GridSearch(split, start, target, device), start);
            try
            {
                run.Run(parsed.GetValue(budget));
            }
            catch (InputException e) when (e.IsOfDisk)
            {
                context.WriteErrorLine($"error: {e.Message}; what was tried before is kept: the same command goes on");
                return ExitCodes.Incomplete;
            }
            catch (OperationCanceledException)
            {
                SearchRun.WriteStopped(context, target);
                throw;
            }
            if (run.Search.Best is null)
                throw new InputException($"--model {start.Type}: no combination of settings has a result; the first: "
                    + run.Search.Trials[0].Failure);
            using Recommender best = run.Search.ToRecommender();
            IComparison? test = split.Test is { HeldOut.ClickCount: > 0 } set
                ? Comparisons.Of(best, split, set, context.Stop) : null;
            if (parsed.GetValue(json))
                context.WriteJson(writer => WriteJson(writer, run, test));
            else
                Write(context, run, data, test);
            return context.HasLostOutput ? ExitCodes.Incomplete : ExitCodes.Good;
        });
        return command;
    }

    private static void Write(CommandContext context, SearchRun run, string data, IComparison? test)
    {
        run.WriteTrials();
        Trial best = run.Search.Best!;
        context.WriteLine($"best: {run.Choice(best.Number)}; saved to {run.Search.ModelFile}");
        context.WriteLine(run.IsCutShort
            ? $"it is trained for {best.Epochs} epochs only, since time was up; the same command without --budget "
                + "goes on"
            : $"the same by hand: vaecf train {data} --out MODEL.safetensors {run.Options(best.Number)}");
        test?.Write(context);
    }

    private static void WriteJson(Utf8JsonWriter writer, SearchRun run, IComparison? test)
    {
        writer.WriteStartObject();
        writer.WriteString("model", run.Search.Candidates[0].Type.Name);
        run.WriteJson(writer);
        if (test is not null)
        {
            writer.WriteStartObject("test");
            test.WriteJson(writer);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }
}
