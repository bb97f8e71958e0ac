using System.Runtime.ExceptionServices;

namespace VaeCf.Kernels.Common;

/// <summary>
/// A fixed team of threads that runs the parts of one kernel. Kernels cut their output, never a sum, into parts, so
/// the number of threads does not change a bit of the result. One kernel runs at a time on a team.
/// </summary>
public sealed class Workers : IDisposable
{
    // A kernel of a training step lasts 0.1 to 50 ms and the next follows within microseconds: spin about a millisecond
    // before sleeping, so that waking a thread (some 50 us) is not paid twenty times a step.
    private const int SpinsBeforeSleep = 2_000;

    private readonly Thread[] threads;
    private readonly SemaphoreSlim wake = new(0);
    private readonly Lock turn = new();
    private volatile Job current = new(0, _ => { });
    private int sleepers;
    private volatile bool disposed;

    // The parts of one kernel. A thread that comes late finds none left; nobody waits for it.
    private sealed class Job(int parts, Action<int> body)
    {
        private int next, done;
        private Exception? failure;

        public void TakeParts()
        {
            for (int i = Interlocked.Increment(ref next) - 1; i < parts; i = Interlocked.Increment(ref next) - 1)
            {
                try
                {
                    body(i);
                }
                catch (Exception e)
                {
                    Interlocked.CompareExchange(ref failure, e, null);
                }
                Interlocked.Increment(ref done);
            }
        }

        public void Wait()
        {
            SpinWait spin = default;
            while (Volatile.Read(ref done) < parts)
                spin.SpinOnce(sleep1Threshold: -1);
            if (failure is not null)
                ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>Starts a team; the calling thread is one of it.</summary>
    /// <param name="count">Threads, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is below 1.</exception>
    public Workers(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Count = count;
        threads = new Thread[count - 1];
        for (int i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(Work) { IsBackground = true, Name = $"vaecf worker {i + 1}" };
            threads[i].Start();
        }
    }

    /// <summary>A team of the calling thread alone.</summary>
    public static Workers One { get; } = new(1);

    /// <summary>Threads in the team, the caller's included.</summary>
    public int Count { get; }

    /// <summary>Runs <paramref name="part"/> for 0 … <paramref name="count"/> - 1, each once, in no fixed order, and waits.</summary>
    /// <param name="count">Number of parts; 0 does nothing.</param>
    /// <param name="part">The work of one part. An exception it throws is rethrown here.</param>
    public void Run(int count, Action<int> part)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (threads.Length == 0 || count <= 1)
        {
            for (int i = 0; i < count; i++)
                part(i);
            return;
        }
        lock (turn)
        {
            var job = new Job(count, part);
            current = job;
            int asleep = Interlocked.Exchange(ref sleepers, 0);
            if (asleep > 0)
                wake.Release(asleep);
            job.TakeParts();
            job.Wait();
        }
    }

    /// <summary>Runs <paramref name="range"/>(from, to) over 0 … <paramref name="length"/>, cut into ranges of at least <paramref name="minimum"/>.</summary>
    /// <param name="length">Elements in all.</param>
    /// <param name="minimum">Fewest elements worth a part of their own.</param>
    /// <param name="range">The work on elements from … to - 1.</param>
    public void RunRanges(int length, int minimum, Action<int, int> range)
    {
        int pieces = Math.Clamp(length / Math.Max(1, minimum), 1, Count * 4);
        if (length <= 0)
            return;
        if (Count == 1 || pieces == 1)
            range(0, length);
        else
            Run(pieces, i => range((int)((long)length * i / pieces), (int)((long)length * (i + 1) / pieces)));
    }

    private void Work()
    {
        Job seen = current;
        while (!disposed)
        {
            for (int i = 0; i < SpinsBeforeSleep && current == seen && !disposed; i++)
                Thread.SpinWait(20);
            if (current == seen)
                Sleep(seen);
            seen = current;
            seen.TakeParts();
        }
    }

    // Who puts a job (or the end) up after the count was raised sees the count and releases; who did so before is seen here.
    private void Sleep(Job seen)
    {
        Interlocked.Increment(ref sleepers);
        if (current == seen && !disposed)
        {
            wake.Wait();
            return;
        }
        for (int asleep = Volatile.Read(ref sleepers); asleep > 0; asleep = Volatile.Read(ref sleepers))
            if (Interlocked.CompareExchange(ref sleepers, asleep - 1, asleep) == asleep)
                return;
        wake.Wait();
    }

    /// <summary>Ends the team's threads.</summary>
    public void Dispose()
    {
        if (disposed || threads.Length == 0)
            return;
        disposed = true;
        wake.Release(threads.Length);
        foreach (Thread thread in threads)
            thread.Join();
        wake.Dispose();
    }
}
