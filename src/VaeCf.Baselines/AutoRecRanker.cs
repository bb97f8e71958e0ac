using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>
/// Predicts ratings that are a product of a user's code and an item's, plus a number of the user's and one of the
/// item's: what both kinds of AutoRec come to. The best items are those of the highest predicted ratings.
/// </summary>
internal abstract class AutoRecRanker : Ranker
{
    private readonly Tensor items, bias, f;

    protected AutoRecRanker(Compute c, Tensor items)
    {
        (C, this.items) = (c, items);
        (bias, f) = (c.Allocate(1, items.Rows), c.Allocate(0, 1));
        (Codes, X, Batch) = (c.Allocate(0, items.Columns), c.Allocate(0, 1), c.AllocateBatch());
    }

    protected Compute C { get; }

    /// <summary>The codes of the users at hand, [B, K].</summary>
    protected Tensor Codes { get; }

    protected Tensor X { get; }

    protected ClickBatch Batch { get; }

    public override int ItemCount => items.Rows;

    /// <summary>Computes the users' codes, and the number of each.</summary>
    protected abstract float[] Code(Histories users, ReadOnlySpan<int> rows);

    /// <summary>The items' numbers.</summary>
    protected abstract float[] OfItems();

    public override void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> ranked,
        Span<float> scores)
    {
        float[] ofUsers = Code(users, rows);
        C.Write(OfItems(), bias);
        C.Load(users.Clicks, rows, Batch);
        C.Rank(Batch, Codes, items, bias, k, filter, ranked, scores);
        for (int i = 0; i < scores.Length; i++)
            scores[i] += ofUsers[i / k];
    }

    public override void Predict(Histories users, ReadOnlySpan<int> rows, ClickMatrix pairs, Span<float> ratings)
    {
        float[] ofUsers = Code(users, rows), ofItems = OfItems();
        C.Load(pairs, rows, Batch);
        C.SampledGemm(Batch, Codes, items, f);
        C.Read(f, ratings);
        int n = 0;
        for (int row = 0; row < rows.Length; row++)
            foreach (int item in pairs.ItemsOf(rows[row]))
                ratings[n++] += ofItems[item] + ofUsers[row];
    }

    public override void Encode(Histories users, ReadOnlySpan<int> rows, Span<float> codes)
    {
        Code(users, rows);
        C.Read(Codes, codes);
    }

    public override void Dispose()
    {
        foreach (IDisposable owned in (IDisposable[])[bias, f, Codes, X, Batch])
            owned.Dispose();
        base.Dispose();
    }
}
