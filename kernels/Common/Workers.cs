using System.Runtime.ExceptionServices;

namespace VaeCf.Kernels.Common;

/// <summary>The parts of a kernel: <see cref="Invoke"/> does one. A struct that holds the kernel's arguments.</summary>
internal interface IPartKernel
{
    void Invoke(int part);
}

/// <summary>A kernel over elements (or rows) from … to - 1. A struct that holds its arguments.</summary>
internal interface IRangeKernel
{
    void Invoke(int from, int to);
}

/// <summary>
/// A fixed team of threads that runs the parts of one kernel. Kernels cut their output, never a sum, into parts, so the
/// number of threads does not change a bit of the result. A team runs one kernel at a time: meanwhile a call from
/// another thread, or from one of the parts, runs on the calling thread alone. So no part may wait for another.
/// </summary>
public sealed class Workers : IDisposable
{
    // A kernel of a training step lasts 0.1 to 50 ms and the next follows within microseconds: spin about a millisecond
    // before sleeping, so that waking a thread (some 50 us) is not paid twenty times a step.
    private const int SpinsBeforeSleep = 2_000;

    private readonly Thread[] threads;
    private readonly Crew crew = new();
    private readonly Lock turn = new();
    private readonly Dictionary<Type, Job> jobs = [];

    // The parts of one kernel, kept for the next kernel of its type, so that a run allocates nothing. Parts are taken
    // by counting down: a thread that comes late finds none left, or helps with the next run; no other waits for it.
    private abstract class Job
    {
        private int count, left, done;
        private Exception? failure;

        protected abstract void RunPart(int part);

        public void Begin(int parts)
        {
            (count, done, failure) = (parts, 0, null);
            Volatile.Write(ref left, parts);
        }

        public void TakeParts()
        {
            for (int rest = Interlocked.Decrement(ref left); rest >= 0; rest = Interlocked.Decrement(ref left))
            {
                try
                {
                    RunPart(count - 1 - rest);
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
            while (Volatile.Read(ref done) < count)
                spin.SpinOnce(sleep1Threshold: -1);
            if (failure is not null)
                ExceptionDispatchInfo.Throw(failure);
        }
    }

    private sealed class Job<TPart> : Job where TPart : struct, IPartKernel
    {
        public TPart Kernel;

        protected override void RunPart(int part) => Kernel.Invoke(part);
    }

    private readonly struct DelegatePart(Action<int> part) : IPartKernel
    {
        public void Invoke(int index) => part(index);
    }

    private readonly struct DelegateRange(Action<int, int> range) : IRangeKernel
    {
        public void Invoke(int from, int to) => range(from, to);
    }

    private readonly struct RangeParts<TRange>(TRange range, int length, int pieces) : IPartKernel
        where TRange : struct, IRangeKernel
    {
        public void Invoke(int part) =>
            range.Invoke((int)((long)length * part / pieces), (int)((long)length * (part + 1) / pieces));
    }

    /// <summary>Starts a team; the calling thread is one of its members.</summary>
    /// <param name="count">Threads, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is below 1.</exception>
    /// <exception cref="OutOfMemoryException">The system gives fewer threads; none is left running.</exception>
    public Workers(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Count = count;
        threads = new Thread[count - 1];
        for (int i = 0; i < threads.Length; i++)
            try
            {
                var thread = new Thread(crew.Work) { IsBackground = true, Name = $"vaecf worker {i + 1}" };
                thread.Start();
                threads[i] = thread;
            }
            catch
            {
                threads = threads[..i];
                Dispose();
                throw;
            }
    }

    /// <summary>A team of the calling thread alone.</summary>
    public static Workers One { get; } = new(1);

    /// <summary>Threads in the team, the caller's included.</summary>
    public int Count { get; }

    /// <summary>
    /// Runs <paramref name="part"/> for 0 … <paramref name="count"/> - 1, each once, in no fixed order, and waits. Any
    /// thread may call it at any time.
    /// </summary>
    /// <param name="count">Number of parts; 0 does nothing.</param>
    /// <param name="part">The work of one part. An exception it throws is rethrown here.</param>
    public void Run(int count, Action<int> part) => Run(count, new DelegatePart(part));

    /// <summary>The same without a closure: it allocates nothing once a kernel of the same type has run.</summary>
    internal void Run<TPart>(int count, TPart kernel) where TPart : struct, IPartKernel
    {
        ObjectDisposedException.ThrowIf(crew.HasEnded, this);
        if (threads.Length == 0 || count <= 1 || turn.IsHeldByCurrentThread || !turn.TryEnter())
        {
            for (int i = 0; i < count; i++)
                kernel.Invoke(i);
            return;
        }
        try
        {
            if (!jobs.TryGetValue(typeof(TPart), out Job? known))
                jobs.Add(typeof(TPart), known = new Job<TPart>());
            var job = (Job<TPart>)known;
            job.Kernel = kernel;
            job.Begin(count);
            crew.Start(job);
            job.TakeParts();
            job.Wait();
        }
        finally
        {
            turn.Exit();
        }
    }

    /// <summary>
    /// Runs <paramref name="range"/>(from, to) over 0 … <paramref name="length"/> - 1, cut into ranges of at least
    /// <paramref name="minimum"/>.
    /// </summary>
    /// <param name="length">Elements in all.</param>
    /// <param name="minimum">Fewest elements worth a part of their own.</param>
    /// <param name="range">The work on elements from … to - 1.</param>
    public void RunRanges(int length, int minimum, Action<int, int> range) =>
        RunRanges(length, minimum, new DelegateRange(range));

    /// <summary>The same without a closure.</summary>
    internal void RunRanges<TRange>(int length, int minimum, TRange kernel) where TRange : struct, IRangeKernel
    {
        int pieces = Math.Clamp(length / Math.Max(1, minimum), 1, Count * 4);
        if (length <= 0)
            return;
        if (Count == 1 || pieces == 1)
            kernel.Invoke(0, length);
        else
            Run(pieces, new RangeParts<TRange>(kernel, length, pieces));
    }

    /// <summary>
    /// What the team's threads know: nothing of the team, so that one that nobody holds any more is finalised, and its
    /// threads end.
    /// </summary>
    private sealed class Crew
    {
        private readonly SemaphoreSlim wake = new(0);
        private volatile Job current = new Job<DelegatePart>();
        private volatile int started;
        private int sleepers;
        private volatile bool ended;

        public bool HasEnded => ended;

        public void Start(Job job)
        {
            current = job;
            started++;
            int asleep = Interlocked.Exchange(ref sleepers, 0);
            if (asleep > 0)
                wake.Release(asleep);
        }

        public void End(int threads)
        {
            ended = true;
            wake.Release(threads);
        }

        public void Work()
        {
            int seen = 0;
            while (!ended)
            {
                for (int i = 0; i < SpinsBeforeSleep && started == seen && !ended; i++)
                    Thread.SpinWait(20);
                if (started == seen)
                    Sleep(seen);
                seen = started;
                current.TakeParts();
            }
        }

        // Whoever puts up a job (or the end) after the count was raised sees the count and releases; what was put up
        // before is seen here.
        private void Sleep(int seen)
        {
            Interlocked.Increment(ref sleepers);
            if (started == seen && !ended)
            {
                wake.Wait();
                return;
            }
            for (int asleep = Volatile.Read(ref sleepers); asleep > 0; asleep = Volatile.Read(ref sleepers))
                if (Interlocked.CompareExchange(ref sleepers, asleep - 1, asleep) == asleep)
                    return;
            wake.Wait();
        }
    }

    /// <summary>Ends the threads of a team that nobody disposed.</summary>
    ~Workers()
    {
        if (threads is { Length: > 0 } && !crew.HasEnded)
            crew.End(threads.Length);
    }

    /// <summary>Ends the team's threads and waits for them.</summary>
    public void Dispose()
    {
        if (crew.HasEnded || threads.Length == 0)
            return;
        crew.End(threads.Length);
        foreach (Thread thread in threads)
            thread.Join();
        GC.SuppressFinalize(this);
    }
}
