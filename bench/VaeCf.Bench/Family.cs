using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using VaeCf.Baselines;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;
using static System.FormattableString;

namespace VaeCf.Bench;

/// <summary>
/// The model family on one split: settings chosen by the validation NDCG@100 of one run each, the chosen ones trained
/// from more seeds, and H+Vamp with more layers. Every run is a line in a file; runs already there are not repeated.
/// </summary>
internal static class Family
{
    private static readonly Argument<string> folder = new("DIR") { Description = "A split folder." };
    private static readonly Option<FileInfo> file = new("--runs")
    {
        Description = "File of the runs, one line of JSON each.",
        HelpName = "FILE",
        Required = true,
    };
    private static readonly Option<string[]> models = Models();
    private static readonly Option<int> seeds = Verb.Count("--seeds", 3, "Seeds 1 to N; seed 1 chooses the settings."),
        depthSeeds = new("--depth-seeds")
        {
            Description = "Seeds of H+Vamp with more layers. [default: 0]",
            HelpName = "N",
            CustomParser = result => Verb.Whole(result, "--depth-seeds", result.Tokens[0].Value),
        };
    private static readonly Option<int?> most = new("--most")
    {
        Description = "Largest number of runs to make now; 0 only reports. [default: all]",
        HelpName = "N",
    };
    private static readonly Option<int> epochs = Verb.Count(
        "--epochs", 100, "Epochs; RecVAE has twice as many, and every fourth updates its decoder."),
        warmUp = Verb.Count("--warm-up", 40, "Epochs in which beta rises to its cap."),
        patience = Verb.Count(
            "--patience", 20, "Epochs without a better validation after the warm-up; twice as many for RecVAE."),
        batch = Verb.Count("--batch", 500, "Users per update."),
        choices = Verb.Count("--choices", 3, "Largest number of settings of a model to choose from."),
        every = Verb.Count("--validate-every", 2, "Epochs from one validation to the next.");

    private static readonly Option<double> learningRate = new("--lr")
    {
        DefaultValueFactory = _ => 1e-3,
        Description = "Learning rate.",
        HelpName = "X",
    };

    private static readonly string[] measures = ["NDCG@100", "NDCG@20", "Recall@50", "Recall@20", "Recall@10"];

    private static readonly Column[] columns =
    [
        new("model", "model"), new("settings", "settings"), new("seeds", "seeds"),
        .. measures.Select(name => new Column(name, name)),
        new("overSeeds", "s.e. of NDCG@100 over seeds"), new("epochs", "best epochs"), new("cpuSeconds", "CPU seconds"),
    ];

    private sealed record Run(string Schedule, string Model, string Settings, int Seed, int Epoch, int Epochs,
        double? CpuSeconds, double Validation, double[] Values, double[] StandardErrors);

    public static Command Command() => Verb.Create("family", "Test metrics of the whole family beside popularity, "
        + "its settings chosen by validation, and of H+Vamp by depth.", [folder, file, models, seeds, depthSeeds, most,
            epochs, warmUp, patience, batch, every, learningRate, choices], Execute);

    private static Report Execute(ParseResult parsed)
    {
        var schedule = new Schedule(parsed.GetValue(epochs), parsed.GetValue(warmUp), parsed.GetValue(patience),
            parsed.GetValue(batch), parsed.GetValue(every), parsed.GetValue(learningRate));
        string path = parsed.GetValue(file)!.FullName;
        Candidate[] grid =
        [
            .. FamilyGrid.Candidates.Where(candidate => parsed.GetValue(models)!.Contains(candidate.Model))
                .GroupBy(candidate => candidate.Model).SelectMany(same => same.Take(parsed.GetValue(choices))),
        ];
        IEnumerable<Run> known = File.Exists(path)
            ? File.ReadLines(path).Select((line, i) => Parse(path, i + 1, line)) : [];
        List<Run> runs = [.. known.Where(run => run.Schedule == $"{schedule}")];
        DataSplit split = SplitFolder.Read(parsed.GetValue(folder)!);
        for (int made = 0; made < (parsed.GetValue(most) ?? int.MaxValue); made++)
        {
            (Candidate? next, int seed) = Plan(grid, runs, parsed.GetValue(seeds), parsed.GetValue(depthSeeds))
                .FirstOrDefault(one => Find(runs, one.Candidate, one.Seed) is null);
            if (next is null)
                break;
            Run run = Train(next, seed, schedule, split);
            Console.Error.WriteLine($"{run.Model}; {run.Settings}; seed {run.Seed}: validation {run.Validation:F5}, "
                + $"test {run.Values[0]:F5}, best epoch {run.Epoch} of {run.Epochs}, {run.CpuSeconds:F0} CPU s");
            File.AppendAllText(path, JsonSerializer.Serialize(run) + "\n");
            runs.Add(run);
        }
        return Tell(split, grid, runs, schedule, parsed.GetValue(seeds), parsed.GetValue(depthSeeds));
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
        var option = new Option<string[]>("--models")
        {
            DefaultValueFactory = _ => names,
            Description = "Models, by their names in the table.",
            HelpName = "NAME",
            AllowMultipleArgumentsPerToken = true,
        };
        return option.AcceptOnlyFromAmong(names);
    }

    // Lazy: what follows the grid is known once the whole grid has been run.
    private static IEnumerable<(Candidate Candidate, int Seed)> Plan(
        Candidate[] grid, List<Run> runs, int seedCount, int depthSeedCount)
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

    private static IEnumerable<Candidate> Chosen(Candidate[] grid, List<Run> runs) =>
        grid.Where(candidate => Find(runs, candidate, 1) is not null)
        .GroupBy(candidate => candidate.Model,
            (_, same) => same.MaxBy(candidate => Find(runs, candidate, 1)!.Validation)!);

    private static IEnumerable<Candidate> Depths(Candidate[] grid, List<Run> runs) =>
        Chosen(grid, runs).Where(candidate => candidate.Type == HVamp.Type).SelectMany(FamilyGrid.Depths);

    private static Run? Find(List<Run> runs, Candidate candidate, int seed) =>
        runs.FirstOrDefault(run => (run.Model, run.Settings, run.Seed) == (candidate.Model, candidate.Choice, seed));

    private static Run Train(Candidate candidate, int seed, Schedule schedule, DataSplit split)
    {
        using Device device = Device.Cpu();
        Settings settings = candidate.Choose(schedule.Of(candidate.Type)).With(GradientFit.Seed, (ulong)seed);
        using var run = new FitRun(split, settings, device);
        TimeSpan start = Cpu();
        using Recommender model = run.Run();
        double cpuSeconds = (Cpu() - start).TotalSeconds;
        Estimate[] found = Measure(model, split);
        return new Run($"{schedule}", candidate.Model, candidate.Choice, seed, model.Info.Epoch, run.History.Count,
            cpuSeconds, model.Info.Validation!.Value, [.. found.Select(estimate => estimate.Value)],
            [.. found.Select(estimate => estimate.StandardError!.Value)]);
    }

    // The time of all threads of this process: other work on the machine does not count.
    private static TimeSpan Cpu()
    {
        using Process self = Process.GetCurrentProcess();
        return self.TotalProcessorTime;
    }

    private static Estimate[] Measure(IRanker ranker, DataSplit split)
    {
        EvaluationReport report = Evaluator.Evaluate(
            ranker, split.Test!, new EvaluationOptions { Cutoffs = [10, 20, 50, 100] });
        return [report.At(100).Ndcg, report.At(20).Ndcg, report.At(50).Recall, report.At(20).Recall,
            report.At(10).Recall];
    }

    private static Report Tell(
        DataSplit split, Candidate[] grid, List<Run> runs, Schedule schedule, int seedCount, int depthSeedCount)
    {
        var report = new Report("The model family", $"{Environment.ProcessorCount}");
        report.Fact("data", "Data", $"{split.Train.UserCount:N0} training users, {split.Train.ItemCount:N0} items, "
            + $"{split.Validation!.FoldIn.UserCount} and {split.Test!.FoldIn.UserCount} users held out");
        report.Fact("schedule", "Schedule", $"{schedule}");
        Table table = report.Add(new Table("models", "Test users", columns));
        using (var run = new FitRun(split, Popularity.Type.Defaults))
        using (Recommender popularity = run.Run())
            table.Add(["popularity", "", "", .. Measure(popularity, split)
                .Select(estimate => Text(estimate.Value, estimate.StandardError!.Value)), "", "", ""]);
        AddRows(table, runs, Chosen(grid, runs), seedCount);
        if (depthSeedCount > 0)
            AddRows(report.Add(new Table("depth", "H+Vamp by depth", columns)), runs, Depths(grid, runs),
                depthSeedCount);
        Table choice = report.Add(new Table("grid", "What validation chose from", new("model", "model"),
            new("settings", "settings"), new("validation", "validation NDCG@100"), new("epoch", "best epoch"),
            new("cpuSeconds", "CPU seconds")));
        foreach (Candidate candidate in grid)
            if (Find(runs, candidate, 1) is { } run)
                choice.Add(run.Model, run.Settings, Invariant($"{run.Validation:F5}"), $"{run.Epoch} of {run.Epochs}",
                    Invariant($"{run.CpuSeconds:F0}"));
        return report;
    }

    private static void AddRows(Table table, List<Run> runs, IEnumerable<Candidate> candidates, int seedCount)
    {
        foreach (Candidate candidate in candidates)
        {
            Run[] same = [.. Enumerable.Range(1, seedCount).Select(seed => Find(runs, candidate, seed)).OfType<Run>()];
            if (same.Length == 0)
                continue;
            table.Add([
                candidate.Model, candidate.Choice, $"{same.Length}",
                .. measures.Select((_, i) =>
                    Text(same.Average(run => run.Values[i]), same.Average(run => run.StandardErrors[i]))),
                OverSeeds([.. same.Select(run => run.Values[0])]), string.Join(", ", same.Select(run => run.Epoch)),
                Invariant($"{same.Average(run => run.CpuSeconds):F0}"),
            ]);
        }
    }

    private static string OverSeeds(double[] values)
    {
        if (values.Length < 2)
            return "";
        double squares = values.Sum(value => (value - values.Average()) * (value - values.Average()));
        return Invariant($"{Math.Sqrt(squares / (values.Length - 1) / values.Length):F5}");
    }

    private static string Text(double value, double standardError) => Invariant($"{value:F5} ± {standardError:F5}");
}
