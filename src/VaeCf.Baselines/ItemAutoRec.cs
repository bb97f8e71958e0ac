using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>
/// I-AutoRec: a row is an item's ratings. It predicts for its training users, whom it knows by their ids; for any other
/// it predicts the mean over them. See <see cref="AutoRec"/>.
/// </summary>
public static class ItemAutoRec
{
    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "iautorec",
        Title = "I-AutoRec",
        Summary = "Predicts ratings: an autoencoder of each item's ratings, for the users it was trained on.",
        Citation = AutoRec.Paper,
        Settings = AutoRec.Settings,
        PredictsRatings = true,
        KeepsUsers = true,
        Grid = AutoRec.Grid,
        Fit = (data, settings, device) =>
        {
            if (data.Train.Users is null)
                throw new InputException("found users without ids; expected ids, by which I-AutoRec knows its users");
            return new AutoRecFit(data, settings, device, ItemRows.Of(data.Clicks));
        },
        Load = (data, device) => new ItemAutoRecRecommender(data, device),
    };
}

internal sealed class ItemAutoRecRecommender : Recommender
{
    private readonly Tensor codes, w, b;

    public ItemAutoRecRecommender(ModelData data, Device device) : base(data, device)
    {
        int units = Settings.Get(AutoRec.Units), users = data.Info.TrainUsers;
        codes = data.Take(Compute, "items", ItemCount, units);
        (w, b) = (data.Take(Compute, "decoder.weight", users, units), data.Take(Compute, "decoder.bias", users, 1));
        data.CheckAllTaken();
        if (Users is not null && Users.Count != users)
            throw new InputException($"the model: found the ids of {Users.Count} users; expected {users}");
    }

    /// <summary>The tensors of its file: the items' hidden units, and the outputs for the users.</summary>
    public static IReadOnlyList<NamedTensor> Named(Tensor codes, Tensor w, Tensor b) =>
        [new("items", codes), new("decoder.weight", w), new("decoder.bias", b)];

    public override int CodeLength => codes.Columns;

    protected override IReadOnlyList<NamedTensor> Tensors => Named(codes, w, b);

    protected override Ranker NewRanker(Compute c) => new ItemAutoRecRanker(c, codes, w, b, Users);

    protected override void Similarities(Compute c, int item, Span<float> scores) =>
        Cosines(c, new NamedTensor("items", codes), item, scores);

    protected override void Free()
    {
        foreach (Tensor tensor in (Tensor[])[codes, w, b])
            tensor.Dispose();
    }
}

/// <summary>
/// I-AutoRec: an item's code is its hidden layer, a user's the row of W and the bias of the user's output. A user whom
/// it does not know has the mean of all.
/// </summary>
internal sealed class ItemAutoRecRanker(Compute c, Tensor codes, Tensor w, Tensor b, Vocabulary? known)
    : AutoRecRanker(c, codes)
{
    private readonly Tensor numbers = c.Allocate(0, 1);
    // Row u chooses user u; the last is the mean.
    private readonly ClickMatrix choice = new(w.Rows, [.. Enumerable.Range(0, w.Rows + 1), 2L * w.Rows],
        [.. Enumerable.Range(0, w.Rows), .. Enumerable.Range(0, w.Rows)],
        [.. Enumerable.Repeat(1f, w.Rows), .. Enumerable.Repeat(1f / w.Rows, w.Rows)]);

    protected override float[] Code(Histories users, ReadOnlySpan<int> rows)
    {
        var chosen = new int[rows.Length];
        for (int i = 0; i < chosen.Length; i++)
            chosen[i] = users.Users is { } ids && known?.IndexOf(ids[rows[i]]) is int user and >= 0 ? user : w.Rows;
        C.Load(choice, chosen, Batch);
        C.ClickDropout(default, 1, Batch, X);
        C.SparseGemm(Batch, X, w, Codes);
        C.SparseGemm(Batch, X, b, numbers);
        var ofUsers = new float[rows.Length];
        C.Read(numbers, ofUsers.AsSpan());
        return ofUsers;
    }

    protected override float[] OfItems() => new float[ItemCount];

    public override void Dispose()
    {
        numbers.Dispose();
        base.Dispose();
    }
}
