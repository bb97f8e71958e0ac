using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using VaeCf.Native;
using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;
using static System.FormattableString;

namespace VaeCf.Bench;

/// <summary>
/// The model family on one split: settings chosen by the validation NDCG@100 of one run each, the chosen ones trained from more seeds, and
/// H+Vamp with more layers. Every run is a line of a file, and what stands there is not run again.
/// </summary>
internal static class Family
{
    private static readonly Argument<string> folder = new("DIR") { Description = "A split folder." };
    private static readonly Option<FileInfo> file = new("--runs") { Description = "The file of runs, JSON by lines.", HelpName = "FILE", Required = true };
    private static readonly Option<string[]> models = Models();
    private static readonly Option<int> seeds = Verb.Count("--seeds", 3, "Seeds 1 … N; seed 1 chooses the settings."), depthSeeds = new("--depth-seeds")
    {
        Description = "Seeds of H+Vamp with more layers. [default: 0]",
        HelpName = "N",
        CustomParser = result => Verb.Whole(result, "--depth-seeds", result.Tokens[0].Value),
    };
    private static readonly Option<int?> most = new("--most") { Description = "Runs to make now, at most; 0 only reports. [default: all]", HelpName = "N" };
    private static readonly Option<int> epochs = Verb.Count("--epochs", 100, "Epochs; RecVAE has twice as many, of which each fourth updates the decoder."), warmUp = Verb.Count("--warm-up", 40, "Epochs in which beta rises to its cap."),
        patience = Verb.Count("--patience", 20, "Epochs without a better validation after the warm-up; RecVAE's twice as many."), batch = Verb.Count("--batch", 500, "Users per update."),
        choices = Verb.Count("--choices", 3, "Settings of a model to choose from, at most."), every = Verb.Count("--validate-every", 2, "Epochs from one validation to the next.");

    private static readonly Option<double> learningRate = new("--lr") { DefaultValueFactory = _ => 1e-3, Description = "Learning rate.", HelpName = "X" };

    private static readonly string[] measures = ["NDCG@100", "NDCG@20", "Recall@50", "Recall@20", "Recall@10"];

    private static readonly Column[] columns =
    [
        new("model", "model"), new("settings", "settings"), new("seeds", "seeds"), .. measures.Select(name => new Column(name, name)),
        new("overSeeds", "s.e. of NDCG@100 over seeds"), new("epochs", "best epochs"), new("cpuSeconds", "CPU seconds"),
    ];

    private sealed record Run(string Schedule, string Model, string Settings, int Seed, int Epoch, int Epochs, double? CpuSeconds, double Validation, double[] Values, double[] StandardErrors);

    public static Command Command() => Verb.Create("family", "Test metrics of the whole family beside popularity, its settings chosen by validation, and of H+Vamp by depth.",
        [folder, file, models, seeds, depthSeeds, most, epochs, warmUp, patience, batch, every, learningRate, choices], Execute);

    private static Report Execute(ParseResult parsed)
    {
        var schedule = new TrainingOptions
        {
            Epochs = parsed.GetValue(epochs),
            WarmUpEpochs = parsed.GetValue(warmUp),
            Patience = parsed.GetValue(patience),
            BatchSize = parsed.GetValue(batch),
            ValidateEvery = parsed.GetValue(every),
            LearningRate = parsed.GetValue(learningRate),
        };
        string description = Invariant($"epochs {schedule.Epochs}, warm-up {schedule.WarmUpEpochs}, patience {schedule.Patience}, batch {schedule.BatchSize}, learning rate {schedule.LearningRate}, validated every {schedule.ValidateEvery}");
        string path = parsed.GetValue(file)!.FullName;
        Candidate[] grid = [.. FamilyGrid.Candidates.Where(candidate => parsed.GetValue(models)!.Contains(candidate.Model)).GroupBy(candidate => candidate.Model).SelectMany(same => same.Take(parsed.GetValue(choices)))];
        List<Run> runs = File.Exists(path) ? [.. File.ReadLines(path).Select((line, i) => Parse(path, i + 1, line)).Where(run => run.Schedule == description)] : [];
        DataSplit split = SplitFolder.Read(parsed.GetValue(folder)!);
        for (int made = 0; made < (parsed.GetValue(most) ?? int.MaxValue); made++)
        {
            (Candidate? next, int seed) = Plan(grid, runs, parsed.GetValue(seeds), parsed.GetValue(depthSeeds)).FirstOrDefault(one => Find(runs, one.Candidate, one.Seed) is null);
            if (next is null)
                break;
            Run run = Train(next, seed, schedule, description, split);
            Console.Error.WriteLine($"{run.Model}; {run.Settings}; seed {run.Seed}: validation {run.Validation:F5}, test {run.Values[0]:F5}, best epoch {run.Epoch} of {run.Epochs}, {run.CpuSeconds:F0} CPU s");
            File.AppendAllText(path, JsonSerializer.Serialize(run) + "\n");
            runs.Add(run);
        }
        return Tell(split, grid, runs, description, parsed.GetValue(seeds), parsed.GetValue(depthSeeds));
    }

    private static Run Parse(string path, int number, string line)
    {
        Exception Malformed() => new InputException(path, number, $"'{line}'", "a run as this verb writes it");
        try
        {
            return JsonSerializer.Deserialize<Run>(line) ?? throw Malformed();
        }
        catch (JsonException)
        {
            throw Malformed();
        }
    }

    private static Option<string[]> Models()
    {
        string[] names = [.. FamilyGrid.Candidates.Select(candidate => candidate.Model).Distinct()];
        var option = new Option<string[]>("--models") { DefaultValueFactory = _ => names, Description = "Models, by their names in the table.", HelpName = "NAME", AllowMultipleArgumentsPerToken = true };
        return option.AcceptOnlyFromAmong(names);
    }

    // Lazy: what follows the grid is known when all of the grid is there.
    private static IEnumerable<(Candidate Candidate, int Seed)> Plan(Candidate[] grid, List<Run> runs, int seedCount, int depthSeedCount)
    {
        foreach (Candidate candidate in grid)
            yield return (candidate, 1);
        foreach (int seed in Enumerable.Range(1, seedCount))
            foreach (Candidate candidate in Chosen(grid, runs))
                yield return (candidate, seed);
        foreach (int seed in Enumerable.Range(1, depthSeedCount))
            foreach (Candidate candidate in Depths(grid, runs))
                yield return (candidate, seed);
    }

    private static IEnumerable<Candidate> Chosen(Candidate[] grid, List<Run> runs) => grid.Where(candidate => Find(runs, candidate, 1) is not null)
        .GroupBy(candidate => candidate.Model, (_, same) => same.MaxBy(candidate => Find(runs, candidate, 1)!.Validation)!);

    private static IEnumerable<Candidate> Depths(Candidate[] grid, List<Run> runs) => Chosen(grid, runs).Where(candidate => candidate.Config.Kind == ModelKind.HVamp).SelectMany(FamilyGrid.Depths);

    private static Run? Find(List<Run> runs, Candidate candidate, int seed) =>
        runs.FirstOrDefault(run => (run.Model, run.Settings, run.Seed) == (candidate.Model, candidate.Settings, seed));

    private static Run Train(Candidate candidate, int seed, TrainingOptions schedule, string description, DataSplit split)
    {
        using Device device = Device.Cpu();
        using var trainer = new Trainer(split, candidate.Config, candidate.Train(schedule) with { Seed = (ulong)seed }, device);
        TimeSpan start = Cpu();
        using Model model = trainer.Run();
        double cpuSeconds = (Cpu() - start).TotalSeconds;
        Estimate[] found = Measure(model, split);
        return new Run(description, candidate.Model, candidate.Settings, seed, model.Info.Epoch, trainer.History.Count, cpuSeconds, model.Info.ValidationNdcg!.Value,
            [.. found.Select(estimate => estimate.Value)], [.. found.Select(estimate => estimate.StandardError!.Value)]);
    }

    // Of all threads: other work on the machine does not count.
    private static TimeSpan Cpu()
    {
        using Process self = Process.GetCurrentProcess();
        return self.TotalProcessorTime;
    }

    private static Estimate[] Measure(IRanker ranker, DataSplit split)
    {
        EvaluationReport report = Evaluator.Evaluate(ranker, split.Test!, new EvaluationOptions { Cutoffs = [10, 20, 50, 100] });
        return [report.At(100).Ndcg, report.At(20).Ndcg, report.At(50).Recall, report.At(20).Recall, report.At(10).Recall];
    }

    private static Report Tell(DataSplit split, Candidate[] grid, List<Run> runs, string description, int seedCount, int depthSeedCount)
    {
        var report = new Report("The model family", $"{Environment.ProcessorCount}");
        report.Fact("data", "Data", $"{split.Train.UserCount:N0} training users, {split.Train.ItemCount:N0} items, {split.Validation!.FoldIn.UserCount} and {split.Test!.FoldIn.UserCount} users held out");
        report.Fact("schedule", "Schedule", description);
        Table table = report.Add(new Table("models", "Test users", columns));
        table.Add(["popularity", "", "", .. Measure(new PopularityRanker(split.Train), split).Select(estimate => Text(estimate.Value, estimate.StandardError!.Value)), "", "", ""]);
        AddRows(table, runs, Chosen(grid, runs), seedCount);
        if (depthSeedCount > 0)
            AddRows(report.Add(new Table("depth", "H+Vamp by depth", columns)), runs, Depths(grid, runs), depthSeedCount);
        Table choice = report.Add(new Table("grid", "What validation chose from", new("model", "model"), new("settings", "settings"), new("validation", "validation NDCG@100"), new("epoch", "best epoch"), new("cpuSeconds", "CPU seconds")));
        foreach (Candidate candidate in grid)
            if (Find(runs, candidate, 1) is { } run)
                choice.Add(run.Model, run.Settings, Invariant($"{run.Validation:F5}"), $"{run.Epoch} of {run.Epochs}", Invariant($"{run.CpuSeconds:F0}"));
        return report;
    }

    private static void AddRows(Table table, List<Run> runs, IEnumerable<Candidate> candidates, int seedCount)
    {
        foreach (Candidate candidate in candidates)
        {
            Run[] same = [.. Enumerable.Range(1, seedCount).Select(seed => Find(runs, candidate, seed)).OfType<Run>()];
            if (same.Length == 0)
                continue;
            table.Add([candidate.Model, candidate.Settings, $"{same.Length}", .. measures.Select((_, i) => Text(same.Average(run => run.Values[i]), same.Average(run => run.StandardErrors[i]))),
                OverSeeds([.. same.Select(run => run.Values[0])]), string.Join(", ", same.Select(run => run.Epoch)), Invariant($"{same.Average(run => run.CpuSeconds):F0}")]);
        }
    }

    private static string OverSeeds(double[] values) => values.Length < 2 ? ""
        : Invariant($"{Math.Sqrt(values.Sum(value => (value - values.Average()) * (value - values.Average())) / (values.Length - 1) / values.Length):F5}");

    private static string Text(double value, double standardError) => Invariant($"{value:F5} ± {standardError:F5}");
}
