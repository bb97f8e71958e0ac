using System.CommandLine;
using System.Diagnostics;
using VaeCf.Kernels;
using VaeCf.Native.Compute;
using VaeCf.Native.Data;
using VaeCf.Native.Models;

namespace VaeCf.Bench;

/// <summary>One training step of Mult-VAE at the paper's shape, part by part.</summary>
internal static class Step
{
    private static readonly string[] Parts = ["load", "noise", "forward", "loss", "terms", "backward", "adam"];

    public static Command Command()
    {
        var batchSize = new Option<int>("--batch") { DefaultValueFactory = _ => 500, Description = "Users per step." };
        var items = new Option<int>("--items") { DefaultValueFactory = _ => 20_108, Description = "Items." };
        var threads = new Option<int>("--threads") { DefaultValueFactory = _ => Environment.ProcessorCount, Description = "Threads." };
        var steps = new Option<int>("--steps") { DefaultValueFactory = _ => 30, Description = "Steps to time, after 5 that are not." };
        var command = new Command("step", "Time of a training step of Mult-VAE (hidden 600, latent 200), in milliseconds, median and best.") { batchSize, items, threads, steps };
        command.SetAction(parsed => Run(parsed.GetValue(batchSize), parsed.GetValue(items), parsed.GetValue(threads), parsed.GetValue(steps)));
        return command;
    }

    private static void Run(int batchSize, int items, int threads, int steps)
    {
        ClickMatrix clicks = Clicks(10 * batchSize, items, clicksPerUser: 73);
        using ICompute c = Devices.Cpu(threads);
        using Autoencoder network = Autoencoder.Create(c, new ModelConfig(), items);
        using var adam = new VaeCf.Native.Training.Adam(c, network.Parameters, 1e-3, 0);
        using ClickBatch batch = c.AllocateBatch();
        network.Initialize(seed: 1);
        var times = new double[Parts.Length + 1][];
        for (int part = 0; part < times.Length; part++)
            times[part] = new double[steps];
        for (int step = -5; step < steps; step++)
        {
            int[] users = [.. Enumerable.Range((step + 5) % 10 * batchSize, batchSize)];
            Action[] parts =
            [
                () => c.Load(clicks, users, batch), () => network.DrawNoise(batch, 1, (ulong)(step + 5)), () => network.Forward(batch),
                () => network.Loss(batch), () => network.Terms(), () => network.Backward(batch, 0.2), () => adam.Step(step + 6),
            ];
            for (int part = 0; part < parts.Length; part++)
            {
                long start = Stopwatch.GetTimestamp();
                parts[part]();
                double ms = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                if (step < 0)
                    continue;
                times[part][step] = ms;
                times[^1][step] += ms;
            }
        }
        Console.WriteLine($"B {batchSize}, I {items}, {clicks.ClickCount / clicks.UserCount} clicks a user; {c.Description}");
        Console.WriteLine("| part | median ms | best ms |\n| --- | --- | --- |");
        for (int part = 0; part < times.Length; part++)
            Console.WriteLine(FormattableString.Invariant($"| {(part < Parts.Length ? Parts[part] : "step")} | {times[part].Order().ElementAt(steps / 2):F2} | {times[part].Min():F2} |"));
        double gflop = 6.0 * batchSize * items * 600 / 1e9, ceiling = Ceiling.GflopsPerSecond(threads);
        double floor = gflop / ceiling * 1e3, median = times[^1].Order().ElementAt(steps / 2);
        Console.WriteLine(FormattableString.Invariant($"three products {gflop:F1} GFLOP; multiply-add ceiling {ceiling:F0} GFLOP/s on {threads} threads; floor {floor:F1} ms; step / floor {median / floor:F2}; {batchSize / median * 1e3:F0} users/s"));
    }

    /// <summary>Users with geometric numbers of clicks on items of popularity 1 / rank^0.9, as of a film catalogue.</summary>
    private static ClickMatrix Clicks(int users, int items, int clicksPerUser)
    {
        var cumulative = new double[items];
        for (int i = 0; i < items; i++)
            cumulative[i] = (i == 0 ? 0 : cumulative[i - 1]) + Math.Pow(i + 1, -0.9);
        var starts = new long[users + 1];
        var columns = new List<int>();
        for (int user = 0; user < users; user++)
        {
            var random = new RandomSequence(new RandomStream(1, RandomPurpose.Split, 0), (uint)user);
            int wanted = Math.Min(items / 4, 5 + (int)(-Math.Log(1 - random.NextDouble()) * clicksPerUser));
            var row = new SortedSet<int>();
            while (row.Count < wanted)
            {
                int place = Array.BinarySearch(cumulative, random.NextDouble() * cumulative[^1]);
                row.Add(place < 0 ? Math.Min(items - 1, ~place) : place);
            }
            columns.AddRange(row);
            starts[user + 1] = columns.Count;
        }
        return new ClickMatrix(items, starts, [.. columns]);
    }
}
