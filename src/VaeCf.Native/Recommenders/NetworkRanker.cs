using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;


namespace VaeCf.Native.Recommenders;

/// <summary>
/// Ranks by a network's logits: the mean of the code, no dropout, no sampling. It owns a batch, not the network. On the processor a call
/// like one before allocates nothing, but for a few small objects where a layer reads two inputs.
/// </summary>
internal sealed class NetworkRanker(Compute c, Autoencoder network) : IRanker, IDisposable
{
    private readonly ClickBatch batch = c.AllocateBatch();

    public int ItemCount => network.ItemCount;

    public void Rank(ClickMatrix foldIn, ReadOnlySpan<int> users, int k, Span<int> ranked) => Rank(foldIn, users, k, ranked, []);

    /// <summary>The same, with the ranked items' logits where there is room for them.</summary>
    public void Rank(ClickMatrix foldIn, ReadOnlySpan<int> users, int k, Span<int> ranked, Span<float> scores)
    {
        RankArguments.Check(this, foldIn, users, k, ranked);
        c.Load(foldIn, users, batch);
        network.Rank(batch, k, ranked, scores);
    }

    public void Dispose() => batch.Dispose();
}
