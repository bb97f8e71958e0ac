using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using VaeCf.Native.Compute;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Models;
using VaeCf.Native.Training;

namespace VaeCf.Bench;

/// <summary>Test metrics of models trained from several seeds on one split, beside popularity's.</summary>
internal static class Quality
{
    public static Command Command()
    {
        var folder = new Argument<string>("DIR") { Description = "A split folder." };
        var models = new Option<string>("--models") { DefaultValueFactory = _ => "multvae,multdae", Description = "Models, by commas." };
        var seeds = new Option<int>("--seeds") { DefaultValueFactory = _ => 3, Description = "Seeds 1 … N." };
        var epochs = new Option<int?>("--epochs") { Description = "Epochs of each run." };
        var batch = new Option<int>("--batch") { DefaultValueFactory = _ => 500, Description = "Users per update." };
        var cap = new Option<double>("--beta-cap") { DefaultValueFactory = _ => 0.2, Description = "Highest beta." };
        var anneal = new Option<double?>("--anneal-steps") { Description = "Updates in which beta would reach 1." };
        var every = new Option<int>("--validate-every") { DefaultValueFactory = _ => 1, Description = "Epochs from one validation to the next." };
        var decay = new Option<double>("--weight-decay") { DefaultValueFactory = _ => 4e-5, Description = "Weight decay of multdae." };
        var command = new Command("quality", "Trains models from several seeds and reports their test metrics.") { folder, models, seeds, epochs, batch, cap, anneal, every, decay };
        command.SetAction(parsed =>
        {
            var options = new TrainingOptions
            {
                Epochs = parsed.GetValue(epochs),
                BatchSize = parsed.GetValue(batch),
                BetaCap = parsed.GetValue(cap),
                AnnealSteps = parsed.GetValue(anneal),
                ValidateEvery = parsed.GetValue(every),
                Patience = 0,
            };
            DataSplit split = SplitFolder.Read(parsed.GetValue(folder)!);
            Console.WriteLine("| model | seed | best epoch | NDCG@100 | NDCG@20 | Recall@20 | Recall@50 | hits / targets @20 | seconds |");
            Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
            WriteRow("popularity", "", "", Measure(new PopularityRanker(split.Train), split), "");
            foreach (string name in parsed.GetValue(models)!.Split(','))
            {
                var config = new ModelConfig { Kind = Enum.Parse<ModelKind>(name, ignoreCase: true) };
                if (!config.IsVariational)
                    config = config with { WeightDecay = parsed.GetValue(decay) };
                Estimate[][] runs = [.. Enumerable.Range(1, parsed.GetValue(seeds)).Select(seed => Run(name, config, options with { Seed = (ulong)seed }, split))];
                WriteRow(name, "mean", "", [.. runs[0].Select((_, i) => new Estimate(runs.Average(run => run[i].Value), runs.Average(run => run[i].StandardError)))], "");
            }
        });
        return command;
    }

    private static Estimate[] Run(string name, ModelConfig config, TrainingOptions options, DataSplit split)
    {
        using Device device = Device.Cpu();
        using var trainer = new Trainer(split, config, options, device);
        long start = Stopwatch.GetTimestamp();
        using Model model = trainer.Run();
        string seconds = Stopwatch.GetElapsedTime(start).TotalSeconds.ToString("F0", CultureInfo.InvariantCulture);
        Estimate[] measures = Measure(model, split);
        WriteRow(name, $"{options.Seed}", $"{model.Info.Epoch}", measures, seconds);
        return measures;
    }

    private static Estimate[] Measure(IRanker ranker, DataSplit split)
    {
        EvaluationReport report = Evaluator.Evaluate(ranker, split.Test ?? throw new ArgumentException("the split has no test users"));
        return [report.At(100).Ndcg, report.At(20).Ndcg, report.At(20).Recall, report.At(50).Recall, report.At(20).RecallOfTargets];
    }

    private static void WriteRow(string name, string seed, string epoch, Estimate[] measures, string seconds) =>
        Console.WriteLine($"| {name} | {seed} | {epoch} | {string.Join(" | ", measures.Select(m => FormattableString.Invariant($"{m.Value:F5} ± {m.StandardError:F5}")))} | {seconds} |");
}
