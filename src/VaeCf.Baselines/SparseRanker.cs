using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>
/// Ranks by sparse weights of items by items, which a model's rankers share: a user's scores are x W.
/// </summary>
internal sealed class SparseRanker(Compute c, SparseWeights weights) : Ranker
{
    private readonly ClickBatch batch = c.AllocateBatch();

    public override int ItemCount => weights.ItemCount;

    public override void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items,
        Span<float> scores)
    {
        c.Load(users.Clicks, rows, batch);
        c.SparseRank(batch, weights, k, filter, items, scores);
    }

    public override void Dispose()
    {
        batch.Dispose();
        base.Dispose();
    }
}
