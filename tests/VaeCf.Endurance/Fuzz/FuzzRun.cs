using System.Diagnostics;
using VaeCf.Native;

namespace VaeCf.Endurance.Fuzz;

/// <summary>Gives a target one input after the other and watches what it throws, how long it takes and how much it
/// allocates.</summary>
/// <param name="target">The target.</param>
/// <param name="seed">All inputs follow from it and their numbers.</param>
/// <param name="failed">Receives each failure in words, with what reproduces it; and its input.</param>
internal sealed class FuzzRun(FuzzTarget target, int seed, Action<string, byte[]> failed)
{
    /// <summary>What takes longer hangs.</summary>
    private static readonly TimeSpan limit = TimeSpan.FromSeconds(10);

    private readonly Stopwatch clock = new();
    private readonly HashSet<string> kinds = [];
    private byte[] current = [];
    private long number, began;

    public FuzzTarget Target => target;

    public long Inputs { get; private set; }

    public long Refused { get; private set; }

    public long Failures { get; private set; }

    public TimeSpan Elapsed => clock.Elapsed;

    /// <summary>The most that an input allocated beyond the target's buffers, in bytes for each of its own.</summary>
    public double WorstPerByte { get; private set; }

    /// <summary>The longest time that an input took.</summary>
    public TimeSpan Slowest { get; private set; }

    /// <summary>Runs inputs by their numbers, until all are done or a time is over.</summary>
    public void Run(long first, long inputs, TimeSpan atMost)
    {
        Try(target.Make(Numbers(first)), counted: false);
        using var watch = new Timer(_ => EndIfHung(), null, limit, TimeSpan.FromSeconds(1));
        clock.Start();
        for (number = first; number < first + inputs && clock.Elapsed < atMost; number++)
            Try(target.Make(Numbers(number)), counted: true);
        clock.Stop();
    }

    private Random Numbers(long input) => new(unchecked((int)(seed * 1_000_003L + input)));

    // The first input is tried twice, for what a program allocates once is not the input's.
    private void Try(byte[] input, bool counted)
    {
        current = input;
        Volatile.Write(ref began, Stopwatch.GetTimestamp());
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool isRefused = false;
        Exception? wrong = null;
        try
        {
            target.Read(input);
        }
        catch (InputException)
        {
            isRefused = true;
        }
        catch (Exception e)
        {
            wrong = e;
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        TimeSpan taken = Stopwatch.GetElapsedTime(Interlocked.Exchange(ref began, 0));
        if (!counted)
            return;
        Inputs++;
        Refused += isRefused ? 1 : 0;
        WorstPerByte = Math.Max(WorstPerByte, (allocated - target.Buffers) / (double)Math.Max(1, input.Length));
        Slowest = taken > Slowest ? taken : Slowest;
        if (wrong is not null)
            Fail($"{wrong.GetType()}{wrong.StackTrace?.Split('\n')[0]}", wrong.ToString());
        else if (taken > limit)
            Fail("time", $"{taken.TotalSeconds:0.0} s");
        else if (allocated > target.Buffers + target.PerByte * input.Length)
            Fail("memory", $"{allocated:N0} bytes allocated for {input.Length:N0}");
    }

    // The first failure of each kind stands for the others.
    private void Fail(string kind, string what)
    {
        Failures++;
        if (kinds.Add(kind))
            failed($"target {target.Name}, seed {seed}, input {number}: {what}", current);
    }

    // A thread cannot be stopped from outside: the process ends.
    private void EndIfHung()
    {
        long start = Volatile.Read(ref began);
        if (start == 0 || Stopwatch.GetElapsedTime(start) < 2 * limit)
            return;
        Fail("time", $"still running after {2 * limit.TotalSeconds} s");
        Environment.Exit(1);
    }
}
