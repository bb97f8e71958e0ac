using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class WorkersTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_part_runs_once_in_every_run(int threads)
    {
        using var workers = new Workers(threads);
        for (int run = 0; run < 2_000; run++)
        {
            int parts = run % 17;
            var counts = new int[parts];
            workers.Run(parts, i => Interlocked.Increment(ref counts[i]));
            Assert.All(counts, count => Assert.Equal(1, count));
            // Long enough, now and then, for the threads to fall asleep.
            if (run % 500 == 499)
                Thread.Sleep(50);
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(1009, 10)]
    [InlineData(1009, 5000)]
    public void Ranges_cover_everything_once(int length, int minimum)
    {
        using var workers = new Workers(3);
        var counts = new int[length];
        workers.RunRanges(length, minimum, (from, to) =>
        {
            for (int i = from; i < to; i++)
                Interlocked.Increment(ref counts[i]);
        });
        Assert.All(counts, count => Assert.Equal(1, count));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_exception_of_a_part_reaches_the_caller_and_the_team_lives_on(int threads)
    {
        using var workers = new Workers(threads);
        Assert.Throws<InvalidTimeZoneException>(
            () => workers.Run(8, i => { if (i == 5) throw new InvalidTimeZoneException(); }));
        int ran = 0;
        workers.Run(8, _ => Interlocked.Increment(ref ran));
        Assert.Equal(8, ran);
    }

    [Fact]
    public void Several_threads_and_a_part_itself_may_run_on_a_team_at_once()
    {
        using var workers = new Workers(3);
        Thread[] callers = [.. Enumerable.Range(0, 3).Select(_ => new Thread(() =>
        {
            for (int run = 0; run < 2_000; run++)
            {
                var counts = new int[5];
                workers.Run(5, i => workers.Run(2, _ => Interlocked.Increment(ref counts[i])));
                Assert.All(counts, count => Assert.Equal(2, count));
            }
        }))];
        foreach (Thread caller in callers)
            caller.Start();
        foreach (Thread caller in callers)
            caller.Join();
    }

    [Fact]
    public void A_disposed_team_refuses_work()
    {
        var workers = new Workers(2);
        workers.Dispose();
        Assert.Throws<ObjectDisposedException>(() => workers.Run(1, _ => { }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Workers(0));
    }
}
