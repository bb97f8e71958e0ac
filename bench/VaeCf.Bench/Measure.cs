using System.Diagnostics;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Bench;

/// <summary>Times of one piece of work, in milliseconds.</summary>
internal sealed class Times(IEnumerable<double> milliseconds)
{
    private readonly double[] sorted = [.. milliseconds.Order()];

    public int Count => sorted.Length;
    public double Best => sorted[0];
    public double Median => Percentile(0.5);

    /// <summary>These times and others of the same work.</summary>
    public Times And(Times others) => new([.. sorted, .. others.sorted]);

    /// <summary>The least time that a given share of the runs did not exceed.</summary>
    public double Percentile(double share) => sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
}

/// <summary>Runs work again and again, and times it.</summary>
internal static class Measure
{
    private const int Rounds = 3, RunsPerRound = 3;
    // Anything shorter is distorted by the clock; runs are timed together until they last this long.
    private const double ShortestSample = 0.2;
    // A GPU's events resolve half a microsecond; at most this many launches are queued at once.
    private const double ShortestOnGpu = 1;
    private const int MostOnGpu = 100;
    // Threads of another library may spin after their work is done, OpenBLAS's for 0.1 s, and the system then puts two
    // of ours on one core. In the meantime work runs that is not counted.
    private const int SettleMs = 200;

    /// <summary>Times one piece of work for about <paramref name="budgetMs"/>, at least nine times.</summary>
    public static Times Run(double budgetMs, Action work) => Compare(budgetMs, [work])[0];

    /// <summary>
    /// Times several pieces of work, each for about <paramref name="budgetMs"/>, in rounds so that a slow minute
    /// affects all of them.
    /// </summary>
    public static Times[] Compare(double budgetMs, Action[] works, int rounds = Rounds)
    {
        List<double>[] samples = [.. works.Select(_ => new List<double>())];
        for (int round = 0; round < rounds; round++)
            for (int w = 0; w < works.Length; w++)
            {
                Settle(works[w], Math.Min(SettleMs, budgetMs));
                long begin = Stopwatch.GetTimestamp();
                for (int run = 0; run < RunsPerRound
                    || Stopwatch.GetElapsedTime(begin).TotalMilliseconds < budgetMs / rounds; run++)
                    samples[w].Add(Sample(works[w]));
            }
        return [.. samples.Select(sample => new Times(sample))];
    }

    /// <summary>
    /// Times work of a GPU by its events, for about <paramref name="budgetMs"/>; short work is timed several runs at
    /// once.
    /// </summary>
    public static Times OnGpu(CudaContext gpu, double budgetMs, Action work)
    {
        double once = Enumerable.Range(0, Rounds).Select(_ => gpu.Time(work)).Last();
        int repeats = (int)Math.Clamp(ShortestOnGpu / once, 1, MostOnGpu);
        double Sample() => gpu.Time(() =>
        {
            for (int i = 0; i < repeats; i++)
                work();
        }) / repeats;
        for (int i = 0; i < Rounds; i++)
            Sample();
        var samples = new List<double>();
        while (samples.Count < Rounds * RunsPerRound || samples.Sum() * repeats < budgetMs)
            samples.Add(Sample());
        return new Times(samples);
    }

    /// <summary>Milliseconds of one run.</summary>
    public static double Once(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    // The clock is read after each run, for no run shows how many will be enough: one may be shorter than the clock
    // resolves, the next may wait for a core.
    private static double Sample(Action work)
    {
        long begin = Stopwatch.GetTimestamp();
        double ms;
        int runs = 0;
        do
        {
            work();
            runs++;
            ms = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        }
        while (ms < ShortestSample);
        return ms / runs;
    }

    // Not counted: caches, pages, branch prediction and compiled code reach their steady state.
    private static void Settle(Action work, double ms)
    {
        long begin = Stopwatch.GetTimestamp();
        do
            work();
        while (Stopwatch.GetElapsedTime(begin).TotalMilliseconds < ms);
    }
}
