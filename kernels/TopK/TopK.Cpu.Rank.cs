using System.Numerics;
using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class TopK
{
    public static unsafe partial class Cpu
    {
        // Scores worth a part of their own: some 5 us of reading.
        private const int ScoresPerPart = 32_768;

        [ThreadStatic]
        private static AlignedBuffer? scratch;

        /// <inheritdoc cref="Reference.Rank"/>
        /// <remarks>
        /// A user's scores are compared, a vector at a time, with its k-th best so far. Allocates nothing once its
        /// memory has grown.
        /// </remarks>
        /// <param name="workers">Threads, over users.</param>
        /// <exception cref="ArgumentException">
        /// The length of a span does not match its shape, the row starts do not rise, or a user's items do not ascend.
        /// </exception>
        public static void Rank(Workers workers, int users, int items, ReadOnlySpan<float> scores,
            ReadOnlySpan<int> excludedStarts, ReadOnlySpan<int> excludedItems, ReadOnlySpan<byte> forbidden, int k,
            Span<int> best, Span<float> ranked)
        {
            Shape.Dense(nameof(scores), scores.Length, users, items);
            Barred.Check(users, items, excludedStarts, excludedItems, forbidden);
            Shape.Dense(nameof(best), best.Length, users, k);
            if (!ranked.IsEmpty)
                Shape.Dense(nameof(ranked), ranked.Length, users, k);
            if (best.IsEmpty)
                return;
            fixed (float* f = scores, pRanked = ranked)
            fixed (int* starts = excludedStarts, own = excludedItems, pBest = best)
            fixed (byte* mask = forbidden)
            {
                var kernel = new Ranking(items, k, f, new(starts, own, mask), pBest, pRanked);
                VectorWidth.Run(workers, users, ScoresPerPart / Math.Max(1, items), kernel);
            }
        }

        /// <summary>The most keys that are gathered before only the k best of them are kept.</summary>
        internal static int Capacity(int k, int items) => Math.Max(k + 1, Math.Min(2 * k, items));

        /// <summary>
        /// Adds a candidate to a user's keys, of which there are count; when that fills them up, the k best are kept
        /// and the k-th best score becomes the bound.
        /// </summary>
        internal static void Offer(
            ulong* keys, int k, int capacity, float score, int item, ref int count, ref float bound)
        {
            keys[count++] = Key(score, item);
            if (count < capacity)
                return;
            Select(new(keys, capacity), k);
            (count, bound) = (k, Score(keys[k - 1]));
        }

        /// <summary>A user's list, from the keys of its candidates, whose order is lost.</summary>
        internal static void List(Span<ulong> keys, int k, int* best, float* scores)
        {
            if (keys.Length > k)
            {
                Select(keys, k);
                keys = keys[..k];
            }
            keys.Sort();
            for (int rank = 0; rank < k; rank++)
            {
                best[rank] = rank < keys.Length ? Index(keys[^(rank + 1)]) : -1;
                if (scores != null)
                    scores[rank] = rank < keys.Length ? Score(keys[^(rank + 1)]) : float.NaN;
            }
        }

        /// <summary>
        /// What a ranking leaves out: some items of each user's own, ascending, and for all users those that a mask
        /// marks. Null: none.
        /// </summary>
        internal readonly struct Barred(int* starts, int* items, byte* mask)
        {
            public static void Check(int users, int items, ReadOnlySpan<int> excludedStarts,
                ReadOnlySpan<int> excludedItems, ReadOnlySpan<byte> forbidden)
            {
                if (!forbidden.IsEmpty)
                    Shape.Dense(nameof(forbidden), forbidden.Length, 1, items);
                if (excludedStarts.IsEmpty && excludedItems.IsEmpty)
                    return;
                Shape.RowStarts(users, excludedStarts, excludedItems.Length);
                for (int user = 0; user < users; user++)
                    for (int n = excludedStarts[user] + 1; n < excludedStarts[user + 1]; n++)
                        if (excludedItems[n] < excludedItems[n - 1])
                            throw new ArgumentException(
                                $"{excludedItems[n]} after {excludedItems[n - 1]}, expected ascending items",
                                nameof(excludedItems));
            }

            /// <summary>Where a user's own items begin.</summary>
            public int First(int user) => starts == null ? 0 : starts[user];

            /// <summary>
            /// Whether a user may not get an item. The items of a user are asked about in ascending order; next is
            /// where its own go on.
            /// </summary>
            public bool Holds(int user, int item, ref int next)
            {
                if (mask != null && mask[item] != 0)
                    return true;
                if (starts == null)
                    return false;
                int end = starts[user + 1];
                while (next < end && items[next] < item)
                    next++;
                return next < end && items[next] == item;
            }
        }

        /// <summary>The lists of users from … to - 1.</summary>
        private readonly struct Ranking(int items, int k, float* scores, Barred barred, int* best, float* ranked)
            : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                int capacity = Capacity(k, items);
                var keys = (ulong*)AlignedBuffer.Reserve(ref scratch, 2L * capacity);
                for (int user = from; user < to; user++)
                {
                    var state = new State(user, barred);
                    Scan<V>(scores + (long)user * items, 0, items, k, keys, capacity, barred, ref state);
                    long at = (long)user * k;
                    List(new(keys, state.Count), k, best + at, ranked == null ? null : ranked + at);
                }
            }
        }

        /// <summary>Takes the scores of some items of a user, from first on; items come in ascending order.</summary>
        internal static void Scan<V>(float* scores, int first, int count, int k, ulong* keys, int capacity,
            in Barred barred, ref State state) where V : unmanaged, ISimd<V>
        {
            int vectors = count - count % V.Count;
            ScanVectors<V>(scores, first, vectors, k, keys, capacity, barred, ref state);
            ScanVectors<Simd1>(scores + vectors, first + vectors, count - vectors, k, keys, capacity, barred,
                ref state);
        }

        [MethodImpl(VectorWidth.Loop)]
        private static void ScanVectors<V>(float* scores, int first, int count, int k, ulong* keys, int capacity,
            in Barred barred, ref State state) where V : unmanaged, ISimd<V>
        {
            V bound = V.Broadcast(state.Bound);
            for (int i = 0; i < count; i += V.Count)
            {
                uint passing = V.UnlessLessOrEqual(V.Load(scores + i), bound);
                if (passing == 0)
                    continue;
                for (; passing != 0; passing &= passing - 1)
                {
                    int place = i + BitOperations.TrailingZeroCount(passing);
                    if (!barred.Holds(state.User, first + place, ref state.Next))
                        Offer(keys, k, capacity, scores[place], first + place, ref state.Count, ref state.Bound);
                }
                bound = V.Broadcast(state.Bound);
            }
        }

        /// <summary>State of a user's ranking: its candidates, their bound, and where its own items go on.</summary>
        internal struct State(int user, in Barred barred)
        {
            public int User = user, Count, Next = barred.First(user);

            // Nothing is less than or equal to NaN: until there are k candidates, no score is passed over.
            public float Bound = float.NaN;
        }
    }
}
