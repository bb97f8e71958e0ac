using System.Diagnostics;
using VaeCf.Native.Recommenders;

namespace VaeCf.Bench;

/// <summary>
/// Threads that ask one model for recommendations at once: how many answers they get per second, and how long each
/// takes.
/// </summary>
internal static class Callers
{
    // Odd, so that the median is a measured round.
    private const int Rounds = 7;

    private sealed record Case(Recommender Model, int Threads, int Callers)
    {
        public List<double> Rates { get; } = [];
        public List<double> Waits { get; } = [];
    }

    /// <summary>
    /// Adds a table: one caller of a device with one thread, which is the unit, then callers of a device with all
    /// threads.
    /// </summary>
    /// <param name="report">Receives the table.</param>
    /// <param name="unit">The model on a device with one thread.</param>
    /// <param name="shared">The same model on a device with all threads, and how many those are.</param>
    /// <param name="callers">Numbers of callers of the shared device.</param>
    /// <param name="histories">The users' histories, for which the callers ask in turn.</param>
    /// <param name="k">Items in an answer.</param>
    /// <param name="roundMs">Milliseconds of a round.</param>
    public static void Add(Report report, (Recommender Model, int Threads) unit,
        (Recommender Model, int Threads) shared, int[] callers, string[][] histories, int k, int roundMs)
    {
        Case[] cases =
        [
            new(unit.Model, unit.Threads, 1),
            .. callers.Select(count => new Case(shared.Model, shared.Threads, count)),
        ];
        // In turns, so that a slow minute affects all of them; the first round is not counted.
        for (int round = -1; round < Rounds; round++)
            foreach (Case one in cases)
            {
                (double rate, double[] waits) = Ask(one, histories, k, roundMs);
                if (round < 0)
                    continue;
                one.Rates.Add(rate);
                one.Waits.AddRange(waits);
            }
        Table table = report.Add(new Table("callers", "Concurrent callers of Recommender.Recommend on one model",
            new("callers", "callers"), new("threads", "threads of the device"),
            new("answersPerSecond", "answers a second"), new("ratio", "times the first row's"),
            new("p50Ms", "an answer, median ms"), new("p95Ms", "95th percentile ms")));
        foreach (Case one in cases)
        {
            var waits = new Times(one.Waits);
            var ratios = new Times(one.Rates.Zip(cases[0].Rates, (rate, first) => rate / first));
            table.Add(one.Callers, one.Threads, new Times(one.Rates).Median, ratios.Median, waits.Median,
                waits.Percentile(0.95));
        }
        report.Note($"Each caller is a thread that asks for one user after another. {Rounds} rounds of {roundMs} ms, "
            + "in turns: answers a second are the median round's, a ratio is the median of those to the first row's.");
    }

    // Answers per second of all callers together, and the milliseconds of each answer.
    private static (double Rate, double[] Waits) Ask(Case one, string[][] histories, int k, int ms)
    {
        using var start = new Barrier(one.Callers);
        Task<(double Rate, List<double> Waits)>[] asked =
        [
            .. Enumerable.Range(0, one.Callers).Select(caller => Task.Factory.StartNew(() => Caller(caller),
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)),
        ];
        Task.WaitAll(asked);
        return (asked.Sum(task => task.Result.Rate), [.. asked.SelectMany(task => task.Result.Waits)]);

        (double Rate, List<double> Waits) Caller(int first)
        {
            var waits = new List<double>();
            start.SignalAndWait();
            long begin = Stopwatch.GetTimestamp();
            do
            {
                string[] history = histories[(first + waits.Count * one.Callers) % histories.Length];
                waits.Add(Measure.Once(() => one.Model.Recommend(history, k)));
            }
            while (Stopwatch.GetElapsedTime(begin).TotalMilliseconds < ms);
            return (waits.Count / Stopwatch.GetElapsedTime(begin).TotalSeconds, waits);
        }
    }
}
