using System.CommandLine;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;

namespace VaeCf.Endurance;

/// <summary>
/// <c>kill</c>: training runs that are ended by SIGKILL again and again, and must end with the bytes of a run that was
/// left alone.
/// </summary>
internal static class KillCommand
{
    private const string All = "all", BetaSearched = "multvae --find-beta";

    public static Command Create()
    {
        var times = new Option<int>("--times")
        {
            Description = "Kills of each model.",
            DefaultValueFactory = _ => 50,
        };
        var seed = new Option<int>("--seed")
        {
            Description = "Seed of the clicks and of the moments.",
            DefaultValueFactory = _ => 1,
        };
        var model = new Option<string>("--model")
        {
            Description = $"A model's name, '{BetaSearched}' or '{All}'.",
            DefaultValueFactory = _ => All,
        };
        var command = new Command("kill", "Kill training at random moments and resume it.") { times, seed, model };
        command.SetAction(parsed =>
            Run(parsed.GetValue(times), parsed.GetValue(seed), parsed.GetRequiredValue(model)));
        return command;
    }

    private static int Run(int times, int seed, string model)
    {
        using var folder = new TemporaryFolder();
        string split = folder["split"];
        SplitFolder.Write(split, Splits.StrongGeneralization(SmallModels.Clicks(seed)).Split);
        IEnumerable<(string Name, ModelType Type, string[] More)> cases =
        [
            .. SmallModels.Types.Select(type => (type.Name, type, Array.Empty<string>())),
            (BetaSearched, MultVae.Type, ["--find-beta"]),
        ];
        Console.WriteLine("| model | kills | in a write | FILE.previous alone | FILE.previous used | "
            + "runs to their end | other bytes | damaged files | left over |");
        Console.WriteLine("| :--- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        bool good = true;
        foreach ((string name, ModelType type, string[] more) in cases.Where(one => model is All || one.Name == model))
        {
            var loop = new KillLoop(folder[$"{type}{more.Length}"], split, type, more, new Random(seed));
            loop.Run(times);
            Console.WriteLine($"| {name} | {loop.Kills} | {loop.InWrites} | {loop.BetweenRenames} | "
                + $"{loop.PreviousUsed} | {loop.Ends} | {loop.Differences} | {loop.Damaged} | {loop.LeftOver} |");
            good &= (loop.Kills, loop.Differences, loop.Damaged, loop.LeftOver) == (times, 0, 0, 0);
        }
        return good ? 0 : 1;
    }
}
