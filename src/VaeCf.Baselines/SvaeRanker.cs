using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>
/// Ranks by the logits for z = mu after the last item of a history. It reads which items were clicked in which order,
/// not how often.
/// </summary>
internal sealed class SvaeRanker(Compute c, SvaeWeights weights) : Ranker
{
    // Steps whose units exist at once, unless one user has more: some 100 MB at the paper's widths.
    private const int MostSteps = 1 << 14;

    private readonly SvaeNetwork network = new(c, weights);
    private readonly SequenceBatch sequences = new(c, weights.Embedding.Rows);
    private readonly ClickBatch batch = c.AllocateBatch();

    public override int ItemCount => weights.Embedding.Rows;

    public override void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items,
        Span<float> scores)
    {
        for (int first = 0, count; first < rows.Length; first += count)
        {
            count = CountFrom(users, rows[first..]);
            ReadOnlySpan<int> some = rows.Slice(first, count);
            Codes(users, some);
            c.Load(users.Clicks.WithoutValues(), some, batch);
            network.Rank(batch, k, filter, items.Slice(first * k, count * k),
                scores.IsEmpty ? [] : scores.Slice(first * k, count * k));
        }
    }

    public override void ScoreAll(Histories users, ReadOnlySpan<int> rows, Span<float> scores)
    {
        for (int first = 0, count; first < rows.Length; first += count)
        {
            count = CountFrom(users, rows[first..]);
            using Tensor f = c.Allocate(count, ItemCount);
            Codes(users, rows.Slice(first, count));
            network.Logits(f);
            c.Read(f, scores.Slice(first * ItemCount, count * ItemCount));
        }
    }

    public override void Encode(Histories users, ReadOnlySpan<int> rows, Span<float> codes)
    {
        for (int first = 0, count; first < rows.Length; first += count)
        {
            count = CountFrom(users, rows[first..]);
            Tensor some = Codes(users, rows.Slice(first, count));
            c.Read(some, codes.Slice(first * some.Columns, count * some.Columns));
        }
    }

    // How many of the users have few enough steps together.
    private static int CountFrom(Histories users, ReadOnlySpan<int> rows)
    {
        int count = 1, steps = users.Clicks.CountOf(rows[0]);
        for (; count < rows.Length; count++)
        {
            steps += users.Clicks.CountOf(rows[count]);
            if (steps > MostSteps)
                break;
        }
        return count;
    }

    private Tensor Codes(Histories users, ReadOnlySpan<int> rows)
    {
        int[] some = rows.ToArray();
        sequences.Load([.. some.Select(row => users.InOrder(row).ToArray())]);
        return network.Codes(sequences);
    }

    public override void Dispose()
    {
        foreach (IDisposable one in (IDisposable[])[network, sequences, batch])
            one.Dispose();
        base.Dispose();
    }
}

internal sealed class SvaeRecommender : Recommender
{
    private readonly SvaeWeights weights;

    public SvaeRecommender(ModelData data, Device device) : base(data, device) =>
        weights = SvaeWeights.Take(data, Compute, Svae.Shape(Settings, data.Items.Count));

    public override int CodeLength => weights.Decoder.Rows;

    protected override IReadOnlyList<NamedTensor> Tensors => weights.Named;

    protected override Ranker NewRanker(Compute c) => new SvaeRanker(c, weights);

    protected override void Similarities(Compute c, int item, Span<float> scores) =>
        Cosines(c, new NamedTensor("decoder.1.weight", weights.Output), item, scores);

    protected override void Free() => weights.Dispose();
}
