using System.Numerics;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class OutputLayer
{
    public static unsafe partial class Cpu
    {
        // Users whose logits of a block of items one part computes: as many as can read W's block from the second-level
        // cache while it is there.
        private const int RankedUsers = 128;
        // Parts per thread, at least, so that the threads finish close together.
        private const int RankedPartsPerThread = 2;
        // Fewest items worth a part of their own: some 40 us of one user's logits.
        private const int FewestRankedItems = 2_400;

        /// <inheritdoc cref="Reference.Rank"/>
        /// <remarks>
        /// The logits are never stored: a block's are compared with each user's k-th best so far. Allocates nothing
        /// once its memory has grown.
        /// </remarks>
        /// <param name="workers">Threads, over users and items.</param>
        /// <param name="workspace">Memory that grows as needed.</param>
        /// <exception cref="ArgumentException">
        /// The length of a span does not match its shape, the row starts do not rise, or a user's items do not ascend.
        /// </exception>
        public static void Rank(Workers workers, Workspace workspace, int users, int inputs, int items,
            ReadOnlySpan<float> hidden, ReadOnlySpan<float> weights, ReadOnlySpan<float> bias,
            ReadOnlySpan<int> excludedStarts, ReadOnlySpan<int> excludedItems, ReadOnlySpan<byte> forbidden, int k,
            Span<int> best, Span<float> scores)
        {
            Shape.Dense(nameof(hidden), hidden.Length, users, inputs);
            Shape.Dense(nameof(weights), weights.Length, items, inputs);
            Shape.Dense(nameof(bias), bias.Length, items, 1);
            TopK.Cpu.Barred.Check(users, items, excludedStarts, excludedItems, forbidden);
            Shape.Dense(nameof(best), best.Length, users, k);
            if (!scores.IsEmpty)
                Shape.Dense(nameof(scores), scores.Length, users, k);
            if (best.IsEmpty)
                return;

            int groups = (users + RankedUsers - 1) / RankedUsers;
            int ranges = workers.Count == 1
                ? 1
                : Math.Clamp((RankedPartsPerThread * workers.Count + groups - 1) / groups, 1,
                    Math.Max(1, items / FewestRankedItems));
            int stride = Panels.Columns(users), capacity = TopK.Cpu.Capacity(k, (items + ranges - 1) / ranges);
            // [inputs, users] of H in panels; [ranges, stride] of k-th best scores, candidates' counts, and next
            // exclusions; [users, ranges, capacity] of keys.
            float* byUnit = workspace.Reserve(
                (long)inputs * stride + 3L * ranges * stride + 2L * ranges * users * capacity);
            float* bounds = byUnit + (long)inputs * stride;
            int* counts = (int*)(bounds + (long)ranges * stride), nextExcluded = counts + (long)ranges * stride;
            ulong* keys = (ulong*)(nextExcluded + (long)ranges * stride);
            fixed (float* h = hidden, w = weights, b = bias, pScores = scores)
            fixed (int* starts = excludedStarts, excluded = excludedItems, pBest = best)
            fixed (byte* mask = forbidden)
            {
                workers.RunRanges(users, Panels.Width, new ByUnit(h, inputs, byUnit));
                VectorWidth.Run(workers, groups * ranges, 1, new Ranking
                {
                    Users = users,
                    Inputs = inputs,
                    Items = items,
                    Stride = stride,
                    Ranges = ranges,
                    K = k,
                    Capacity = capacity,
                    Hidden = h,
                    HiddenByUnit = byUnit,
                    Weights = w,
                    Bias = b,
                    Barred = new(starts, excluded, mask),
                    Bounds = bounds,
                    Counts = counts,
                    NextExcluded = nextExcluded,
                    Keys = keys,
                });
                workers.RunRanges(users, 8, new Lists(stride, ranges, k, capacity, counts, keys, pBest, pScores));
            }
        }

        /// <summary>H of users from … to - 1 by unit, in panels.</summary>
        private readonly struct ByUnit(float* hidden, int inputs, float* byUnit) : IRangeKernel
        {
            public void Invoke(int from, int to) => Panels.PutTransposed(hidden, inputs, from, to, byUnit);
        }

        /// <summary>Candidates of the parts from … to - 1; a part is a group of users and a range of items.</summary>
        private readonly partial struct Ranking : IVectorKernel
        {
            public required int Users { get; init; }
            public required int Inputs { get; init; }
            public required int Items { get; init; }
            public required int Stride { get; init; }
            public required int Ranges { get; init; }
            public required int K { get; init; }
            public required int Capacity { get; init; }
            public required float* Hidden { get; init; }
            public required float* HiddenByUnit { get; init; }
            public required float* Weights { get; init; }
            public required float* Bias { get; init; }
            public required TopK.Cpu.Barred Barred { get; init; }
            public required float* Bounds { get; init; }
            public required int* Counts { get; init; }
            public required int* NextExcluded { get; init; }
            public required ulong* Keys { get; init; }

            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int part = from; part < to; part++)
                    Part<V>(part / Ranges * RankedUsers, part % Ranges);
            }

            private void Part<V>(int firstUser, int range) where V : unmanaged, ISimd<V>
            {
                int endUser = Math.Min(Users, firstUser + RankedUsers),
                    end = (int)((long)Items * (range + 1) / Ranges), width = Tile<V>.Columns;
                long row = (long)range * Stride;
                for (int user = firstUser; user < endUser; user++)
                {
                    // Nothing is less than or equal to NaN: until there are k candidates, no score is passed over.
                    (Bounds[row + user], Counts[row + user]) = (float.NaN, 0);
                    NextExcluded[row + user] = Barred.First(user);
                }
                int first = (int)((long)Items * range / Ranges);
                if (endUser - firstUser == 1)
                    first = One<V>(range, firstUser, first, end);
                float* f = Scratch(BlockItems * width);
                for (; first < end; first += BlockItems)
                {
                    int count = Math.Min(BlockItems, end - first);
                    for (int user = firstUser; user < endUser; user += width)
                    {
                        int users = Math.Min(width, endUser - user);
                        for (int i = 0; i < count; i += Tile<V>.Rows)
                            Tile<V>.Run(Math.Min(Tile<V>.Rows, count - i), users, Inputs,
                                Weights + (long)(first + i) * Inputs, Inputs, 1,
                                Panels.Column(HiddenByUnit, Inputs, user), Panels.Width,
                                f + (nint)i * width, width, accumulate: false);
                        for (int lane = 0; lane < users; lane += V.Count)
                            Scan<V>(range, user + lane, Math.Min(V.Count, users - lane), first, count, f + lane);
                    }
                }
            }

            // Logits f [count, at a stride of a tile's columns], still without their bias, of the items from first on,
            // for some users from user on.
            private void Scan<V>(int range, int user, int users, int first, int count, float* f)
                where V : unmanaged, ISimd<V>
            {
                float* bounds = Bounds + (long)range * Stride + user;
                uint lanes = uint.MaxValue >> (32 - users);
                V bound = V.Load(bounds);
                for (int i = 0; i < count; i++, f += Tile<V>.Columns)
                {
                    V score = V.Load(f) + V.Broadcast(Bias[first + i]);
                    uint passing = V.UnlessLessOrEqual(score, bound) & lanes;
                    if (passing == 0)
                        continue;
                    V.Store(score, f);
                    for (; passing != 0; passing &= passing - 1)
                    {
                        int lane = BitOperations.TrailingZeroCount(passing);
                        Offer(range, user + lane, f[lane], first + i);
                    }
                    bound = V.Load(bounds);
                }
            }

            private void Offer(int range, int user, float score, int item)
            {
                long at = (long)range * Stride + user;
                ulong* keys = Keys + ((long)user * Ranges + range) * Capacity;
                if (!Barred.Holds(user, item, ref NextExcluded[at]))
                    TopK.Cpu.Offer(keys, K, Capacity, score, item, ref Counts[at], ref Bounds[at]);
            }
        }

        /// <summary>The lists of users from … to - 1, out of the candidates of all ranges.</summary>
        private readonly struct Lists(int stride, int ranges, int k, int capacity, int* counts, ulong* keys, int* best,
            float* scores) : IRangeKernel
        {
            public void Invoke(int from, int to)
            {
                for (int user = from; user < to; user++)
                {
                    var all = new Span<ulong>(keys + (long)user * ranges * capacity, ranges * capacity);
                    int found = counts[user];
                    for (int range = 1; range < ranges; range++)
                    {
                        int count = counts[(long)range * stride + user];
                        all.Slice(range * capacity, count).CopyTo(all[found..]);
                        found += count;
                    }
                    long at = (long)user * k;
                    TopK.Cpu.List(all[..found], k, best + at, scores == null ? null : scores + at);
                }
            }
        }
    }
}
