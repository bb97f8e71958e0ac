using VaeCf.Kernels;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>
/// Ranks by the logits of all items. The items' half of the MLP's first layer is computed once for a batch of users,
/// each user's half once for all items; the layers above have a row for each item. A user whom training did not see has
/// the mean of all users' vectors. What a user clicked is not read: it is in the vector.
/// </summary>
internal sealed class NcfRanker : ScoreRanker
{
    private readonly Compute c;
    private readonly NcfWeights weights;
    private readonly Vocabulary? trained;
    private readonly ClickMatrix choice;
    private readonly ClickBatch chosen;
    private readonly Tensor ones, strangers, share;
    private readonly Vectors? gmf, mlp;
    private readonly Tensor? scale, ofUsers, ofItems;
    private readonly Tensor[] units;

    public NcfRanker(Compute c, NcfWeights weights, Vocabulary? trained) : base(c, ItemsOf(weights).Rows)
    {
        (this.c, this.weights, this.trained) = (c, weights, trained);
        int users = (weights.Gmf?.User ?? weights.Mlp!.User).Rows;
        (choice, chosen) = (PairBatch.Single(users, empty: 1), c.AllocateBatch());
        (ones, strangers, share) = (c.Allocate(0, 1), c.Allocate(0, 1), c.Allocate(1, users));
        c.Fill(1.0 / users, share);
        if (weights.Gmf is not null)
            (gmf, scale) = (new(c, weights.Gmf.User), c.Allocate(0, weights.Gmf.User.Columns));
        if (weights.Mlp is { Biases: [{ Columns: var width }, ..] })
            (mlp, ofUsers, ofItems) = (new(c, weights.Mlp.User), c.Allocate(0, width), c.Allocate(0, width));
        units = [.. (weights.Mlp?.Biases ?? []).Select(one => c.Allocate(0, one.Columns))];
    }

    /// <summary>The items' vectors that items are compared by: GMF's, and those of the MLP alone.</summary>
    public static Tensor ItemsOf(NcfWeights weights) => weights.Gmf?.Item ?? weights.Mlp!.Item;

    protected override void Score(Histories users, ReadOnlySpan<int> rows, ClickBatch batch, Tensor scores) =>
        Logits(users, rows, scores);

    /// <summary>The logits of all items, [B, I].</summary>
    public void Logits(Histories users, ReadOnlySpan<int> rows, Tensor scores)
    {
        Choose(users, rows);
        var constant = new double[1];
        c.Read(weights.Bias, constant.AsSpan());
        scores.Resize(rows.Length);
        c.Fill(constant[0], scores);                                      // c
        Tensor? p = gmf?.Of(chosen, ones, strangers, share), ofMlp = mlp?.Of(chosen, ones, strangers, share);
        if (p is not null)
        {
            ones.Resize(rows.Length);
            c.Fill(1, ones);
            c.Gemm(Transpose.None, ones, weights.Gmf!.Output, scale!);    // a row h for each user
            c.Hadamard(p, scale!, p);
            c.GemmAdd(Transpose.B, p, weights.Gmf.Item, scores);          // (p_u * h) . q_i
        }
        if (ofMlp is null)
            return;
        MlpWeights w = weights.Mlp!;
        c.Gemm(Transpose.None, ofMlp, w.OfUser(w.Layers[0]), ofUsers!);
        c.AddBias(w.Biases[0], ofUsers!);                                 // P_u W_1 + b_1, a row for each user
        c.Gemm(Transpose.None, w.Item, w.OfItem(w.Layers[0]), ofItems!);  // Q_i W_1, a row for each item
        for (int row = 0; row < rows.Length; row++)
            AddMlp(w, ofUsers!.Slice(row, 1), scores.Slice(row, 1));
    }

    // h . a_L for all items of a user.
    private void AddMlp(MlpWeights w, Tensor ofUser, Tensor scores)
    {
        units[0].Resize(ItemCount);
        c.Fill(0, units[0]);
        c.Add(ofItems!, units[0]);
        c.AddBiasActivate(Activation.Relu, ofUser, units[0]);             // relu(Q_i W_1 + (P_u W_1 + b_1))
        for (int l = 1; l < units.Length; l++)
        {
            c.Gemm(Transpose.None, units[l - 1], w.Layers[l], units[l]);
            c.AddBiasActivate(Activation.Relu, w.Biases[l], units[l]);
        }
        c.GemmAdd(Transpose.B, w.Output, units[^1], scores);
    }

    // The known users' rows, an empty one for a stranger, who is marked.
    private void Choose(Histories users, ReadOnlySpan<int> rows)
    {
        int[] known = new int[rows.Length];
        var marks = new float[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            int user = trained is null || users.Users is null ? -1 : trained.IndexOf(users.Users[rows[i]]);
            (known[i], marks[i]) = user >= 0 ? (user, 0) : (choice.UserCount - 1, 1);
        }
        c.Load(choice, known, chosen);
        strangers.Resize(rows.Length);
        c.Write(marks, strangers);
        ones.Resize(chosen.ClickCount);
        c.Fill(1, ones);
    }

    public override void Dispose()
    {
        foreach (IDisposable? one in (IDisposable?[])
            [chosen, ones, strangers, share, gmf, mlp, scale, ofUsers, ofItems, .. units])
            one?.Dispose();
        base.Dispose();
    }

    // Users' vectors: a row of the weight, or the mean of all rows.
    private sealed class Vectors(Compute c, Tensor weight) : IDisposable
    {
        private readonly Tensor rows = c.Allocate(0, weight.Columns), mean = c.Allocate(1, weight.Columns);

        public Tensor Of(ClickBatch chosen, Tensor ones, Tensor strangers, Tensor share)
        {
            c.SparseGemm(chosen, ones, weight, rows);
            if (chosen.ClickCount == chosen.UserCount)
                return rows;
            c.Gemm(Transpose.None, share, weight, mean);                  // 1/U sum of all
            c.GemmAdd(Transpose.None, strangers, mean, rows);
            return rows;
        }

        public void Dispose()
        {
            rows.Dispose();
            mean.Dispose();
        }
    }
}

internal sealed class NcfRecommender : Recommender
{
    private readonly NcfWeights weights;

    public NcfRecommender(ModelData data, Device device) : base(data, device)
    {
        weights = NcfWeights.Take(data, Compute);
        if (Users is not null && Users.Count != data.Info.TrainUsers)
            throw new InputException(
                $"the model: found the ids of {Users.Count} users; expected {data.Info.TrainUsers}");
    }

    protected override IReadOnlyList<NamedTensor> Tensors => weights.Named;

    protected override Ranker NewRanker(Compute c) => new NcfRanker(c, weights, Users);

    protected override void Similarities(Compute c, int item, Span<float> scores) =>
        Cosines(c, new NamedTensor("item.weight", NcfRanker.ItemsOf(weights)), item, scores);

    protected override void Free() => weights.Dispose();
}
