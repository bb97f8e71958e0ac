using System.Runtime.CompilerServices;

namespace VaeCf.Kernels.Common;

/// <summary>
/// Fused multiply-adds in registers and nothing else: the fastest that a CPU can calculate, to set benchmarks beside.
/// </summary>
public static unsafe class MultiplyAdds
{
    private const int Chains = 12;

    /// <summary>
    /// Work of nothing but a given number of fused multiply-adds, independent of each other, in registers, in equal
    /// parts on all threads of a team: no calculation with the same number takes less.
    /// </summary>
    /// <param name="workers">The threads.</param>
    /// <param name="gflop">How many, in 10^9 operations, a multiply-add being two.</param>
    public static Action Of(Workers workers, double gflop)
    {
        var sums = new float[workers.Count];
        long rounds = (long)(gflop * 1e9 / (2.0 * workers.Count * Chains * (VectorWidth.Bits / 32)));
        return () => workers.Run(workers.Count, i => VectorWidth.Invoke(new Multiplier(rounds, sums), i, i + 1));
    }

    private readonly struct Multiplier(long rounds, float[] sums) : IVectorKernel
    {
        // Two units of latency 4 need 8 chains to be busy; 12 have some to spare.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
        {
            V x = V.Broadcast(0.999f), y = V.Broadcast(0.001f);
            V a0 = y, a1 = y, a2 = y, a3 = y, a4 = y, a5 = y, a6 = y, a7 = y, a8 = y, a9 = y, a10 = y, a11 = y;
            for (long left = rounds; left > 0; left--)
            {
                a0 = V.FusedMultiplyAdd(a0, x, y); a1 = V.FusedMultiplyAdd(a1, x, y); a2 = V.FusedMultiplyAdd(a2, x, y);
                a3 = V.FusedMultiplyAdd(a3, x, y);
                a4 = V.FusedMultiplyAdd(a4, x, y); a5 = V.FusedMultiplyAdd(a5, x, y); a6 = V.FusedMultiplyAdd(a6, x, y);
                a7 = V.FusedMultiplyAdd(a7, x, y);
                a8 = V.FusedMultiplyAdd(a8, x, y); a9 = V.FusedMultiplyAdd(a9, x, y);
                a10 = V.FusedMultiplyAdd(a10, x, y); a11 = V.FusedMultiplyAdd(a11, x, y);
            }
            sums[from] = First(a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + a8 + a9 + a10 + a11);
        }
    }

    /// <summary>The first number of a vector: work whose result is used is not left out.</summary>
    internal static float First<V>(V v) where V : unmanaged, ISimd<V>
    {
        float* lanes = stackalloc float[V.Count];
        V.Store(v, lanes);
        return lanes[0];
    }
}
