using System.CommandLine;
using System.Globalization;
using SharpFuzz;
using VaeCf.Endurance.Fuzz;

namespace VaeCf.Endurance;

/// <summary><c>fuzz</c>: gives what reads files inputs that no friend wrote, and watches.</summary>
internal static class FuzzCommand
{
    public static Command Create()
    {
        Option<T> With<T>(string name, string description, T fallback) =>
            new(name) { Description = description, DefaultValueFactory = _ => fallback };
        Option<long> inputs = With("--inputs", "Inputs for each target.", 10_000L);
        Option<long> first = With("--first", "Number of the first input, to make one again.", 0L);
        Option<int> seed = With("--seed", "What all inputs follow from.", 1);
        Option<string> target = With("--target", "A target's name, or all.", "all");
        Option<double> minutes = With("--minutes", "Time for each target at most.", 60.0);
        var afl = new Option<string?>("--afl")
        {
            Description = "Reads inputs for this target from afl-fuzz, which chooses them by the code that they reach.",
        };
        var command = new Command("fuzz", "Gives readers of files mutated inputs.")
        {
            inputs, first, seed, target, minutes, afl
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(afl) is not { } name)
                return Run(parsed.GetValue(target)!, parsed.GetValue(seed), parsed.GetValue(first),
                    parsed.GetValue(inputs), TimeSpan.FromMinutes(parsed.GetValue(minutes)));
            using var folder = new TemporaryFolder();
            FuzzTarget? one = null;
            Fuzzer.OutOfProcess.Run(stream =>
            {
                // What counts the code that was reached works in here alone.
                one ??= Targets(folder).First(target => target.Name == name);
                using var input = new MemoryStream();
                stream.CopyTo(input);
                try
                {
                    one.Read(input.ToArray());
                }
                catch (Native.InputException)
                {
                }
            });
            return 0;
        });
        return command;
    }

    /// <summary>All targets; their files are in a folder.</summary>
    public static IEnumerable<FuzzTarget> Targets(TemporaryFolder folder) =>
        [.. ModelTargets.All(folder), .. DataTargets.All(folder), ArgumentsTarget.In(folder)];

    private static int Run(string name, int seed, long first, long inputs, TimeSpan atMost)
    {
        using var folder = new TemporaryFolder();
        FuzzTarget[] targets = [.. Targets(folder).Where(target => name == "all" || target.Name == name)];
        var runs = new List<FuzzRun>();
        foreach (FuzzTarget target in targets)
        {
            int saved = 0;
            runs.Add(new FuzzRun(target, seed, (what, input) =>
            {
                string path = $"fuzz-{target.Name}-{seed}-{saved++}";
                File.WriteAllBytes(path, input);
                Console.Error.WriteLine($"{path}: {what}");
            }));
            runs[^1].Run(first, inputs, atMost);
        }
        Console.WriteLine("""
            | target | inputs | accepted | refused | seconds | slowest, ms | bytes per byte | failures |
            | :-- | --: | --: | --: | --: | --: | --: | --: |
            """);
        foreach (FuzzRun run in runs)
        {
            object[] cells = [run.Target.Name, run.Inputs, run.Inputs - run.Refused - run.Failures, run.Refused,
                run.Elapsed.TotalSeconds, run.Slowest.TotalMilliseconds, run.WorstPerByte, run.Failures];
            Console.WriteLine(string.Format(CultureInfo.InvariantCulture,
                "| {0} | {1:N0} | {2:N0} | {3:N0} | {4:0.0} | {5:0} | {6:0} | {7:N0} |", cells));
        }
        return runs.Any(run => run.Failures > 0) ? 1 : 0;
    }
}
