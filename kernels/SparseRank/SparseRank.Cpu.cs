using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class SparseRank
{
    /// <summary>
    /// Float, vectors and threads, which take users. A score is one chain of fused multiply-adds over the user's clicks
    /// in their order, so that neither threads nor vectors nor the users ranked together change a bit.
    /// </summary>
    public static unsafe partial class Cpu
    {
        // Rows of sparse weights are prefetched so many clicks ahead, and so much of them; the CPU goes on by itself.
        private const int Ahead = 2, FetchedWeights = 64;

        [ThreadStatic]
        private static AlignedBuffer? scratch, keyScratch;

        /// <inheritdoc cref="Reference.Sparse"/>
        /// <remarks>A user's scores lie in the second-level cache, where the rows of W are added to them.</remarks>
        /// <param name="workers">Threads, over users.</param>
        /// <exception cref="ArgumentException">
        /// The length of a span does not match its shape, the row starts do not rise, or a user's items do not ascend.
        /// </exception>
        public static void Sparse(Workers workers, int users, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> clicked,
            ReadOnlySpan<float> values, SparseWeights weights, ReadOnlySpan<int> excludedStarts,
            ReadOnlySpan<int> excludedItems, ReadOnlySpan<byte> forbidden, int k, Span<int> best, Span<float> ranked)
        {
            Check(users, weights.ItemCount, rowStarts, clicked, values, excludedStarts, excludedItems, forbidden, k,
                best, ranked);
            if (best.IsEmpty)
                return;
            fixed (int* starts = rowStarts, own = clicked, barredStarts = excludedStarts, barredItems = excludedItems,
                pBest = best, wStarts = weights.RowStarts, wItems = weights.Items)
            fixed (float* x = values, w = weights.Values, pRanked = ranked)
            fixed (byte* mask = forbidden)
                VectorWidth.Run(workers, users, 1, new SparseKernel(weights.ItemCount, starts, own, x, wStarts, wItems,
                    w, new(barredStarts, barredItems, mask), k, pBest, pRanked));
        }

        private static void Check(int users, int items, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> clicked,
            ReadOnlySpan<float> values, ReadOnlySpan<int> excludedStarts, ReadOnlySpan<int> excludedItems,
            ReadOnlySpan<byte> forbidden, int k, Span<int> best, Span<float> ranked)
        {
            Shape.Csr(users, items, rowStarts, clicked, values.Length);
            TopK.Cpu.Barred.Check(users, items, excludedStarts, excludedItems, forbidden);
            Shape.Dense(nameof(best), best.Length, users, k);
            if (!ranked.IsEmpty)
                Shape.Dense(nameof(ranked), ranked.Length, users, k);
        }

        /// <summary>The lists of users from … to - 1, by sparse weights.</summary>
        private readonly struct SparseKernel(int items, int* rowStarts, int* clicked, float* values, int* weightStarts,
            int* weightItems, float* weights, TopK.Cpu.Barred barred, int k, int* best, float* ranked) : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                int capacity = TopK.Cpu.Capacity(k, items);
                var keys = (ulong*)AlignedBuffer.Reserve(ref keyScratch, 2L * capacity);
                float* scores = AlignedBuffer.Reserve(ref scratch, items);
                for (int user = from; user < to; user++)
                {
                    new Span<float>(scores, items).Clear();
                    Add(user, scores);
                    var state = new TopK.Cpu.State(user, barred);
                    TopK.Cpu.Scan<V>(scores, 0, items, k, keys, capacity, barred, ref state);
                    long at = (long)user * k;
                    TopK.Cpu.List(new(keys, state.Count), k, best + at, ranked == null ? null : ranked + at);
                }
            }

            private void Add(int user, float* scores)
            {
                int* targets = weightItems;
                float* w = weights;
                int last = rowStarts[user + 1];
                for (int click = rowStarts[user]; click < last; click++)
                {
                    if (click + Ahead < last)
                    {
                        int ahead = weightStarts[clicked[click + Ahead]];
                        Memory.Prefetch((float*)(targets + ahead), FetchedWeights);
                        Memory.Prefetch(w + ahead, FetchedWeights);
                    }
                    float value = values[click];
                    int end = weightStarts[clicked[click] + 1];
                    for (int n = weightStarts[clicked[click]]; n < end; n++)
                        scores[targets[n]] = MathF.FusedMultiplyAdd(value, w[n], scores[targets[n]]);
                }
            }
        }
    }
}
