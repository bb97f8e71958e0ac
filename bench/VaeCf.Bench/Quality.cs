using System.CommandLine;
using System.Diagnostics;
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
            Report("popularity", 0, 0, new PopularityRanker(split.Train), split, 0);
            foreach (string name in parsed.GetValue(models)!.Split(','))
            {
                var config = new ModelConfig { Kind = Enum.Parse<ModelKind>(name, ignoreCase: true) };
                if (!config.IsVariational)
                    config = config with { WeightDecay = parsed.GetValue(decay) };
                double mean = Enumerable.Range(1, parsed.GetValue(seeds)).Average(seed => Run(name, config, options with { Seed = (ulong)seed }, split));
                Console.WriteLine(FormattableString.Invariant($"| {name} | mean | | {mean:F5} | | | | | |"));
            }
        });
        return command;
    }

    private static double Run(string name, ModelConfig config, TrainingOptions options, DataSplit split)
    {
        using ICompute compute = Devices.Cpu();
        using var trainer = new Trainer(split, config, options, compute);
        long start = Stopwatch.GetTimestamp();
        using Model model = trainer.Run();
        return Report(name, options.Seed, model.Info.Epoch, model, split, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static double Report(string name, ulong seed, int epoch, IRanker ranker, DataSplit split, double seconds)
    {
        EvaluationReport report = Evaluator.Evaluate(ranker, split.Test ?? throw new ArgumentException("the split has no test users"));
        static string Text(Estimate estimate) => FormattableString.Invariant($"{estimate.Value:F5} ± {estimate.StandardError:F5}");
        Console.WriteLine(FormattableString.Invariant($"| {name} | {seed} | {epoch} | {Text(report.At(100).Ndcg)} | {Text(report.At(20).Ndcg)} | {Text(report.At(20).Recall)} | {Text(report.At(50).Recall)} | {Text(report.At(20).RecallOfTargets)} | {seconds:F0} |"));
        return report.At(100).Ndcg.Value;
    }
}
