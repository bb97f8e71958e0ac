using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Bench;

/// <summary>How data is passed over: read, copied, or changed in place.</summary>
internal enum Traffic
{
    Read,
    Copy,
    Update,
}

/// <summary>
/// What the machine can do at most, measured: multiply-adds in registers at the vector width in use, and bytes moved.
/// </summary>
internal static unsafe class Ceiling
{
    private const double ShortGflop = 0.2, BudgetMs = 100;
    private const int LinePasses = 1000, LineSamples = 9, SpinsBeforeYield = 1000;

    /// <inheritdoc cref="Kernels.Common.MultiplyAdds.Of"/>
    public static Action MultiplyAdds(Workers workers, double gflop) => Kernels.Common.MultiplyAdds.Of(workers, gflop);

    /// <summary>
    /// GFLOP/s of <see cref="MultiplyAdds"/>, the median of about a hundred runs of about a millisecond.
    /// </summary>
    public static double Gflops(int threads)
    {
        using var workers = new Workers(threads);
        return ShortGflop * threads / Measure.Run(BudgetMs, MultiplyAdds(workers, ShortGflop * threads)).Median * 1e3;
    }

    /// <summary>
    /// GB/s, read and written, of passing over data of a given size, on one thread or on all, whichever is more: small
    /// data is in a cache.
    /// </summary>
    public static double GigabytesPerSecond(int threads, double footprint, Traffic traffic, int budgetMs)
    {
        long length = Math.Clamp(
            (long)(footprint / sizeof(float) / (traffic == Traffic.Copy ? 2 : 1)), 16, int.MaxValue / 2);
        using var source = new AlignedBuffer(length);
        using var target = new AlignedBuffer(traffic == Traffic.Copy ? length : 0);
        double bytes = (traffic == Traffic.Read ? 1.0 : 2.0) * length * sizeof(float);
        return new[] { 1, threads }.Distinct().Max(count =>
        {
            using var workers = new Workers(count);
            var sums = new float[4 * count];
            return bytes / 1e6 / Measure.Run(budgetMs, () => workers.Run(count, i =>
            {
                int from = (int)(length * i / count), to = (int)(length * (i + 1) / count);
                switch (traffic)
                {
                    case Traffic.Read: VectorWidth.Invoke(new Sum(source.Pointer, sums, i), from, to); break;
                    case Traffic.Copy: source.Span[from..to].CopyTo(target.Span[from..to]); break;
                    case Traffic.Update: VectorWidth.Invoke(new Negation(source.Pointer), from, to); break;
                }
            })).Median;
        });
    }

    /// <summary>
    /// Milliseconds in which a cache line passes from one of a team's threads to another; null for a single thread.
    /// </summary>
    public static Times? LinePass(Workers workers)
    {
        if (workers.Count == 1)
            return null;
        using var line = new AlignedBuffer(1);
        var turn = (int*)line.Pointer;
        return new(Enumerable.Range(0, LineSamples).Select(_ =>
        {
            *turn = 0;
            return Measure.Once(() => workers.Run(2, side =>
            {
                for (int pass = side; pass < LinePasses; pass += 2)
                {
                    // The other thread may wait for this one's core.
                    for (int spins = 1; Volatile.Read(ref *turn) != pass; spins++)
                        if (spins % SpinsBeforeYield == 0)
                            Thread.Yield();
                    Volatile.Write(ref *turn, pass + 1);
                }
            })) / LinePasses;
        }));
    }

    private readonly struct Sum(float* data, float[] sums, int part) : IVectorKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
        {
            V a0 = V.Broadcast(0), a1 = a0, a2 = a0, a3 = a0;
            float* p = data + from, end = data + to - 4 * V.Count;
            for (; p <= end; p += 4 * V.Count)
            {
                a0 += V.Load(p); a1 += V.Load(p + V.Count); a2 += V.Load(p + 2 * V.Count);
                a3 += V.Load(p + 3 * V.Count);
            }
            sums[part] = Kernels.Common.MultiplyAdds.First(a0 + a1 + a2 + a3);
        }
    }

    // Four vectors a turn, as above: the library's own elementwise loop reaches the same rate in memory, but up to
    // a fifth less in a cache.
    private readonly struct Negation(float* data) : IVectorKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
        {
            V zero = V.Broadcast(0);
            float* p = data + from, end = data + to - 4 * V.Count;
            for (; p <= end; p += 4 * V.Count)
            {
                V.Store(zero - V.Load(p), p); V.Store(zero - V.Load(p + V.Count), p + V.Count);
                V.Store(zero - V.Load(p + 2 * V.Count), p + 2 * V.Count);
                V.Store(zero - V.Load(p + 3 * V.Count), p + 3 * V.Count);
            }
        }
    }
}
