using VaeCf.Native.Compute;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;

namespace VaeCf.Native.Models;

/// <summary>Ranks by a network's logits: the mean of the code, no dropout, no sampling. It owns a batch, not the network.</summary>
internal sealed class NetworkRanker(ICompute c, Autoencoder network) : IRanker, IDisposable
{
    private readonly ClickBatch batch = c.AllocateBatch();

    public int ItemCount => network.ItemCount;

    public void Rank(ClickMatrix foldIn, ReadOnlySpan<int> users, int k, Span<int> ranked)
    {
        RankArguments.Check(this, foldIn, users, k, ranked);
        c.TopK(batch, Score(foldIn, users), k, ranked);
    }

    /// <summary>Scores [users, items], valid until the network's next use.</summary>
    public Tensor Score(ClickMatrix foldIn, ReadOnlySpan<int> users)
    {
        c.Load(foldIn, users, batch);
        return network.Predict(batch);
    }

    public void Dispose() => batch.Dispose();
}
