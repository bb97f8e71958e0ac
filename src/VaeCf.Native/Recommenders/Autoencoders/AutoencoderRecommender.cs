using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Networks;

namespace VaeCf.Native.Recommenders;

/// <summary>
/// A trained autoencoder: ranks by its logits, with the mean of the code, no dropout and no sampling.
/// </summary>
internal sealed class AutoencoderRecommender : Recommender
{
    private readonly Autoencoder network;

    public AutoencoderRecommender(ModelData data, Device device) : base(data, device)
    {
        var memory = new Arena(Compute, data);
        try
        {
            network = Autoencoder.Create(memory, data.Settings, data.Items.Count);
            data.CheckAllTaken();
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    public override int CodeLength => network.CodeLength;

    protected override IReadOnlyList<NamedTensor> Tensors => [.. network.Parameters.Select(p => p.Named)];

    protected override Ranker NewRanker(Compute c) =>
        new AutoencoderRanker(c, Autoencoder.Create(new Arena(c, network.Parameters), Settings, ItemCount));

    protected override void Similarities(Compute c, int item, Span<float> scores) =>
        Cosines(c, network.ItemVectors.Named, item, scores);

    protected override void Free() => network.Dispose();
}

/// <summary>
/// Ranks by a network's logits for one caller at a time. It owns its batch, and the network unless that belongs to a
/// fit.
/// </summary>
internal sealed class AutoencoderRanker(Compute c, Autoencoder network, bool ownsNetwork = true) : Ranker
{
    private readonly ClickBatch batch = c.AllocateBatch();

    public override int ItemCount => network.ItemCount;

    public override void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items,
        Span<float> scores)
    {
        c.Load(users.Clicks, rows, batch);
        network.Rank(batch, k, filter, items, scores);
    }

    public override void ScoreAll(Histories users, ReadOnlySpan<int> rows, Span<float> scores)
    {
        c.Load(users.Clicks, rows, batch);
        network.Score(batch);
        c.Read(network.Logits, scores);
    }

    public override void Encode(Histories users, ReadOnlySpan<int> rows, Span<float> codes)
    {
        c.Load(users.Clicks, rows, batch);
        int column = 0;
        foreach (Tensor part in network.CodeOf(batch))
        {
            var values = new float[part.Length];
            c.Read(part, values);
            for (int row = 0; row < rows.Length; row++)
                values.AsSpan(row * part.Columns, part.Columns).CopyTo(codes[(row * network.CodeLength + column)..]);
            column += part.Columns;
        }
    }

    public override void Dispose()
    {
        batch.Dispose();
        if (ownsNetwork)
            network.Dispose();
        base.Dispose();
    }
}
