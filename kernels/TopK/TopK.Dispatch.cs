using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>For each user, the k items with the highest scores among those that it may get.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">The users' clicks.</param>
    /// <param name="scores">[B, I]; undefined afterwards.</param>
    /// <param name="k">Items per user; at most 1,024 on a GPU.</param>
    /// <param name="filter">Which items may be ranked.</param>
    /// <param name="items">
    /// Receives B x k items, best first; of equals, the lower index comes first; -1 where fewer are left.
    /// </param>
    /// <param name="ranked">Receives their scores, NaN beside -1; or empty.</param>
    /// <exception cref="DeviceException"><paramref name="k"/> is more than a GPU can rank.</exception>
    public static void TopK(this Compute c, ClickBatch batch, Tensor scores, int k, RankFilter filter, Span<int> items,
        Span<float> ranked)
    {
        scores.Expect(batch.UserCount, batch.ItemCount);
        ExpectRoom(scores.Rows, scores.Columns, k, filter, items, ranked);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.TopK.Cpu.Rank(cpu.Workers, scores.Rows, scores.Columns, cpu[scores],
                    filter.SeenToo ? [] : cpu[batch].RowStarts, filter.SeenToo ? [] : cpu[batch].Items,
                    filter.Forbidden.Span, k, items, ranked);
                break;
            case CudaCompute cuda:
                if (items.IsEmpty)
                    return;
                TopKeys keys = new(cuda, cuda[batch], scores.Columns, k, filter);
                keys.Merge(cuda[scores], 0, scores.Columns);
                keys.Read(items, ranked);
                break;
            case ReferenceCompute r:
                var best = new double[ranked.Length];
                Kernels.TopK.Reference.Rank(scores.Rows, scores.Columns, r[scores],
                    filter.SeenToo ? [] : r[batch].RowStarts, filter.SeenToo ? [] : r[batch].Items,
                    filter.Forbidden.Span, k, items, best);
                Round(best, ranked);
                break;
            default: throw c.Lacks(nameof(TopK));
        }
    }

    private static void ExpectRoom(int users, int itemCount, int k, RankFilter filter, ReadOnlySpan<int> items,
        ReadOnlySpan<float> scores)
    {
        if (items.Length != (long)users * k)
            throw new ArgumentException($"room for {items.Length} items, expected {users} x {k}", nameof(items));
        if (!scores.IsEmpty && scores.Length != items.Length)
            throw new ArgumentException($"room for {scores.Length} scores, expected {users} x {k} or none",
                nameof(scores));
        if (!filter.Forbidden.IsEmpty && filter.Forbidden.Length != itemCount)
            throw new ArgumentException($"a filter of {filter.Forbidden.Length} items, expected {itemCount}",
                nameof(filter));
    }

    private static void Round(ReadOnlySpan<double> source, Span<float> target)
    {
        for (int i = 0; i < target.Length; i++)
            target[i] = (float)source[i];
    }

    /// <summary>The best keys of each user so far, on a GPU, from scores that come in blocks of items.</summary>
    private readonly ref struct TopKeys
    {
        private readonly CudaCompute cuda;
        private readonly CudaBatch batch;
        private readonly int k;
        private readonly bool seenToo;
        private readonly CudaView keys, forbidden;

        public TopKeys(CudaCompute cuda, CudaBatch batch, int itemCount, int k, RankFilter filter)
        {
            if (k > TopKLaunch.MostKept)
                throw new DeviceException(
                    $"{cuda.Context.Gpu}: {k} items a user; at most {TopKLaunch.MostKept} can be ranked on a GPU");
            (this.cuda, this.batch, this.k, seenToo) = (cuda, batch, k, filter.SeenToo);
            // A key is as long as two floats, and four bytes of the mask are as long as one.
            keys = cuda.Scratch("keys", 2L * batch.UserCount * k) with { Length = (long)batch.UserCount * k };
            forbidden = default;
            if (filter.Forbidden.IsEmpty)
                return;
            forbidden = cuda.Scratch("forbidden", (itemCount + 3) / 4) with { Length = itemCount };
            cuda.Context.UploadStaged(filter.Forbidden.Span, forbidden.Address);
        }

        /// <summary>Takes scores f [B, count] of the items from first on, except those not to be ranked.</summary>
        public void Merge(CudaView f, int first, int count)
        {
            int users = batch.UserCount;
            if (!seenToo)
                cuda.Context.Launch("TopK_Exclude", new(users), new(ExcludeThreads), f, batch.RowStarts, batch.Items,
                    first, count);
            if (forbidden.Length > 0)
                cuda.Context.LaunchElements("TopK_Mask", users, count, f, forbidden, first, count);
            cuda.Context.Launch("TopK_Merge", new(users), rowBlock, f, keys, first, count, k, first == 0 ? 1 : 0);
        }

        /// <summary>The items and scores of the keys.</summary>
        public void Read(Span<int> items, Span<float> scores)
        {
            var ranked = new ulong[items.Length];
            cuda.Context.Download<ulong>(keys.Address, ranked);
            for (int i = 0; i < ranked.Length; i++)
            {
                items[i] = ranked[i] == 0 ? -1 : Kernels.TopK.Cpu.Index(ranked[i]);
                if (!scores.IsEmpty)
                    scores[i] = Kernels.TopK.Cpu.Score(ranked[i]);
            }
        }
    }
}
