using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>For each user of a batch the k best items by scores x W, x the counts of its clicks.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">The users' clicks.</param>
    /// <param name="w">W, [I, I].</param>
    /// <param name="k">Items per user; at most 1,024 on a GPU.</param>
    /// <param name="filter">Which items may be ranked.</param>
    /// <param name="items">
    /// Receives B x k items, best first; of equals, the lower index comes first; -1 where fewer are left.
    /// </param>
    /// <param name="ranked">Receives their scores, NaN beside -1; or empty.</param>
    /// <exception cref="DeviceException"><paramref name="k"/> is more than a GPU can rank.</exception>
    public static void LinearRank(this Compute c, ClickBatch batch, Tensor w, int k, RankFilter filter,
        Span<int> items, Span<float> ranked)
    {
        w.Expect(batch.ItemCount, batch.ItemCount);
        ExpectRoom(batch.UserCount, batch.ItemCount, k, filter, items, ranked);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                HostBatch own = cpu[batch];
                Kernels.SparseRank.Cpu.Dense(cpu.Workers, own.UserCount, own.ItemCount, own.RowStarts, own.Items,
                    own.Counts, cpu.ClickedRows(batch, w), filter.SeenToo ? [] : own.RowStarts,
                    filter.SeenToo ? [] : own.Items, filter.Forbidden.Span, k, items, ranked);
                break;
            case CudaCompute cuda:
                using (Tensor scores = cuda.Allocate(batch.UserCount, batch.ItemCount))
                {
                    cuda.Context.LaunchElements("SparseGemm_Gather", scores.Rows, scores.Columns,
                        cuda[batch].RowStarts, cuda[batch].Items, cuda[batch].Counts, cuda[w], cuda[scores],
                        scores.Columns);
                    cuda.TopK(batch, scores, k, filter, items, ranked);
                }
                break;
            case ReferenceCompute r:
                var best = new double[ranked.Length];
                Kernels.SparseRank.Reference.Dense(batch.UserCount, batch.ItemCount, r[batch].RowStarts,
                    r[batch].Items, r[batch].CountsAsDoubles(), r[w], filter.SeenToo ? [] : r[batch].RowStarts,
                    filter.SeenToo ? [] : r[batch].Items, filter.Forbidden.Span, k, items, best);
                Round(best, ranked);
                break;
            default: throw c.Lacks(nameof(LinearRank));
        }
    }

    /// <summary>
    /// For each user of a batch the k best items by scores x W, x the counts of its clicks and W sparse. Not on a GPU.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">The users' clicks.</param>
    /// <param name="w">W, items by items.</param>
    /// <param name="k">Items per user.</param>
    /// <param name="filter">Which items may be ranked.</param>
    /// <param name="items">
    /// Receives B x k items, best first; of equals, the lower index comes first; -1 where fewer are left.
    /// </param>
    /// <param name="ranked">Receives their scores, NaN beside -1; or empty.</param>
    public static void SparseRank(this Compute c, ClickBatch batch, SparseWeights w, int k, RankFilter filter,
        Span<int> items, Span<float> ranked)
    {
        if (w.ItemCount != batch.ItemCount)
            throw new ArgumentException($"weights of {w.ItemCount} items, expected {batch.ItemCount}", nameof(w));
        ExpectRoom(batch.UserCount, batch.ItemCount, k, filter, items, ranked);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                HostBatch own = cpu[batch];
                Kernels.SparseRank.Cpu.Sparse(cpu.Workers, own.UserCount, own.RowStarts, own.Items, own.Counts, w,
                    filter.SeenToo ? [] : own.RowStarts, filter.SeenToo ? [] : own.Items, filter.Forbidden.Span, k,
                    items, ranked);
                break;
            case ReferenceCompute r:
                var best = new double[ranked.Length];
                Kernels.SparseRank.Reference.Sparse(batch.UserCount, r[batch].RowStarts, r[batch].Items,
                    r[batch].CountsAsDoubles(), w, filter.SeenToo ? [] : r[batch].RowStarts,
                    filter.SeenToo ? [] : r[batch].Items, filter.Forbidden.Span, k, items, best);
                Round(best, ranked);
                break;
            default: throw c.Lacks(nameof(SparseRank));
        }
    }
}
