using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace VaeCf.Endurance;

/// <summary>
/// <c>soak</c>: everything at once in one process for a long time. Every few seconds the load pauses, and what the
/// process holds is counted after a full garbage collection. It must not grow, and every answer must be the first one.
/// </summary>
internal static class SoakCommand
{
    private const int SecondsBetweenSamples = 5, RowsOfTable = 15;

    public static Command Create()
    {
        var minutes = new Option<double>("--minutes")
        {
            Description = "How long it takes.",
            DefaultValueFactory = _ => 30,
        };
        var seed = new Option<int>("--seed")
        {
            Description = "Seed of the clicks and of what happens when.",
            DefaultValueFactory = _ => 1,
        };
        var command =
            new Command("soak", "Serve, train, load and fail for a long time; nothing may grow.") { minutes, seed };
        command.SetAction(parsed => Run(TimeSpan.FromMinutes(parsed.GetValue(minutes)), parsed.GetValue(seed)));
        return command;
    }

    private static int Run(TimeSpan length, int seed)
    {
        using var load = new SoakLoad(seed);
        // Native memory that is free stays with the process in part, so the working set has some slack.
        Drift[] drifts = [new("managed MB", 0.01), new("working set MB", 0.03), new("threads", 0.02), new("files", 0)];
        Console.WriteLine($"| minute | {string.Join(" | ", drifts.Select(drift => drift.Name))} | {load.Heading} |");
        Console.WriteLine($"|{string.Concat(Enumerable.Repeat(" ---: |", drifts.Length + 1 + load.Counts.Count))}");
        var clock = Stopwatch.StartNew();
        TimeSpan row = TimeSpan.Zero;
        load.Start();
        while (clock.Elapsed < length && load.Failure is null)
        {
            Thread.Sleep(TimeSpan.FromSeconds(SecondsBetweenSamples));
            load.WhilePaused(() => Sample(drifts));
            if (clock.Elapsed < row)
                continue;
            row = clock.Elapsed + length / RowsOfTable;
            Console.WriteLine($"| {Text(clock.Elapsed.TotalMinutes)} | "
                + $"{string.Join(" | ", drifts.Select(drift => Text(drift.Last)))} | "
                + $"{string.Join(" | ", load.Counts)} |");
        }
        load.Stop();
        Console.WriteLine();
        Console.WriteLine("| over the last two thirds | mean | growth | standard error | |");
        Console.WriteLine("| :--- | ---: | ---: | ---: | :--- |");
        bool good = true;
        foreach (Drift drift in drifts)
        {
            (double mean, double growth, double error, bool grew) = drift.Judge();
            Console.WriteLine($"| {drift.Name} | {Text(mean)} | {Text(growth)} | {Text(error)} | "
                + $"{(grew ? "grew" : "did not grow")} |");
            good &= !grew;
        }
        Console.WriteLine(load.Failure is { } failure ? $"failed: {failure}"
            : $"in {Text(clock.Elapsed.TotalMinutes)} minutes every answer was the first one, bit by bit");
        return good && load.Failure is null ? 0 : 1;
    }

    private static void Sample(Drift[] drifts)
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        double files = OperatingSystem.IsLinux() ? Directory.GetFileSystemEntries("/proc/self/fd").Length
            : process.HandleCount;
        double[] values = [GC.GetTotalMemory(false) / 1e6, process.WorkingSet64 / 1e6, process.Threads.Count, files];
        foreach ((Drift drift, double value) in drifts.Zip(values))
            drift.Add(value);
    }

    private static string Text(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
