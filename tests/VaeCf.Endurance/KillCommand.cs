using System.CommandLine;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;

namespace VaeCf.Endurance;

/// <summary>
/// <c>kill</c>: training runs and searches that are ended by SIGKILL again and again, and must end with the files of a
/// run that was left alone.
/// </summary>
internal static class KillCommand
{
    private const string All = "all", BetaSearched = "multvae --find-beta", Tuned = "tune ";

    private const int TrainedEpochs = 60, SearchedEpochs = 9;

    public static Command Create()
    {
        var times = new Option<int>("--times")
        {
            Description = "Kills of each.",
            DefaultValueFactory = _ => 50,
        };
        var seed = new Option<int>("--seed")
        {
            Description = "Seed of the clicks and of the moments.",
            DefaultValueFactory = _ => 1,
        };
        var model = new Option<string>("--model")
        {
            Description = $"A model's name, '{BetaSearched}', '{Tuned}' and a model's name, or '{All}'.",
            DefaultValueFactory = _ => All,
        };
        var command = new Command("kill", "Kill training and searches at random moments and resume them.")
        {
            times, seed, model
        };
        command.SetAction(parsed =>
            Run(parsed.GetValue(times), parsed.GetValue(seed), parsed.GetRequiredValue(model)));
        return command;
    }

    private static int Run(int times, int seed, string model)
    {
        using var folder = new TemporaryFolder();
        (string Name, Func<string, IEnumerable<string>> Arguments)[] cases =
        [
            .. SmallModels.Types.Select(type => (type.Name, Train(type))),
            (BetaSearched, Train(MultVae.Type, "--find-beta")),
            .. SmallModels.Types.Where(type => type.Grid.Count > 0)
                .Select(type => ($"{Tuned}{type.Name}", Tune(type))),
        ];
        if (model is not All && cases.All(one => one.Name != model))
            throw new ArgumentException($"--model: found '{model}'; expected '{All}' or one of "
                + string.Join(", ", cases.Select(one => one.Name)));
        Console.WriteLine("| run | kills | in a write | FILE.previous alone | FILE.previous used | "
            + "runs to their end | other contents | damaged files | left over |");
        Console.WriteLine("| :--- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        bool good = true;
        foreach ((string name, Func<string, IEnumerable<string>> arguments) in cases)
        {
            if (model is not All && name != model)
                continue;
            var loop = new KillLoop(folder[name.Replace(' ', '_')], arguments, new Random(seed));
            loop.Run(times);
            Console.WriteLine($"| {name} | {loop.Kills} | {loop.InWrites} | {loop.BetweenRenames} | "
                + $"{loop.PreviousUsed} | {loop.Ends} | {loop.Differences} | {loop.Damaged} | {loop.LeftOver} |");
            good &= (loop.Kills, loop.Differences, loop.Damaged, loop.LeftOver) == (times, 0, 0, 0);
        }
        return good ? 0 : 1;

        string SplitOf(ModelType type)
        {
            string split = folder[type.PredictsRatings ? "ratings" : "clicks"];
            if (!Directory.Exists(split))
                SplitFolder.Write(split, SmallModels.Split(type, seed));
            return split;
        }

        Func<string, IEnumerable<string>> Train(ModelType type, params string[] more)
        {
            string[] command = ["train", SplitOf(type), .. Options(type, TrainedEpochs), .. more];
            return files => [.. command, "--out", $"{files}/model.safetensors", "--log", $"{files}/log.jsonl",
                "--checkpoint", $"{files}/run.checkpoint", "--resume"];
        }

        Func<string, IEnumerable<string>> Tune(ModelType type)
        {
            string[] command = ["tune", SplitOf(type), .. Options(type, SearchedEpochs)];
            return files => [.. command, "--out", files];
        }

        static IEnumerable<string> Options(ModelType type, int epochs) => ["--model", type.Name,
            .. SmallModels.Shape(type, epochs).SelectMany(one => (string[])[one.Setting.Option, one.Value])];
    }
}
