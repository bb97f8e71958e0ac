using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>U-AutoRec: a row is a user's ratings, those of new users too. See <see cref="AutoRec"/>.</summary>
public static class UserAutoRec
{
    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "uautorec",
        Title = "U-AutoRec",
        Summary = "Predicts ratings: an autoencoder of each user's ratings, for any user who has some.",
        Citation = AutoRec.Paper,
        Settings = AutoRec.Settings,
        PredictsRatings = true,
        Grid = AutoRec.Grid,
        Fit = (data, settings, device) => new AutoRecFit(data, settings, device, rows: null),
        Load = (data, device) => new UserAutoRecRecommender(data, device),
    };
}

internal sealed class UserAutoRecRecommender : Recommender
{
    private readonly Tensor v, mu, w, b;

    public UserAutoRecRecommender(ModelData data, Device device) : base(data, device)
    {
        int units = Settings.Get(AutoRec.Units);
        (v, mu) = (data.Take(Compute, "encoder.weight", ItemCount, units), data.Take(Compute, "encoder.bias", units));
        (w, b) = (data.Take(Compute, "decoder.weight", ItemCount, units),
            data.Take(Compute, "decoder.bias", ItemCount, 1));
        data.CheckAllTaken();
    }

    public override int CodeLength => v.Columns;

    protected override IReadOnlyList<NamedTensor> Tensors => [new("encoder.weight", v),
        new("encoder.bias", mu, IsVector: true), new("decoder.weight", w), new("decoder.bias", b)];

    protected override Ranker NewRanker(Compute c) => new UserAutoRecRanker(c, v, mu, w, b);

    protected override void Similarities(Compute c, int item, Span<float> scores) =>
        Cosines(c, new NamedTensor("decoder.weight", w), item, scores);

    protected override void Free()
    {
        foreach (Tensor tensor in (Tensor[])[v, mu, w, b])
            tensor.Dispose();
    }
}

/// <summary>U-AutoRec: the code is the hidden layer of the user's ratings; the outputs' bias is the items'.</summary>
internal sealed class UserAutoRecRanker(Compute c, Tensor v, Tensor mu, Tensor w, Tensor b) : AutoRecRanker(c, w)
{
    protected override float[] Code(Histories users, ReadOnlySpan<int> rows)
    {
        C.Load(users.Clicks, rows, Batch);
        AutoRecNetwork.Encode(C, Batch, v, mu, X, Codes);
        return new float[rows.Length];
    }

    protected override float[] OfItems()
    {
        var numbers = new float[b.Length];
        C.Read(b, numbers.AsSpan());
        return numbers;
    }
}
