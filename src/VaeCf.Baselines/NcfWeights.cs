using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>p [U, F], q [I, F], and the output's weights h [1, F].</summary>
internal sealed record GmfWeights(Tensor User, Tensor Item, Tensor Output);

/// <summary>
/// P [U, D], Q [I, D], the layers' W_l and b_l, of which the first has 2 D rows, P_u's before Q_i's, and the output's
/// weights h, [1, the last width].
/// </summary>
internal sealed record MlpWeights(Tensor User, Tensor Item, Tensor[] Layers, Tensor[] Biases, Tensor Output)
{
    /// <summary>The rows of W_1 that read P_u.</summary>
    public Tensor OfUser(Tensor first) => first.Slice(0, User.Columns);

    /// <summary>The rows of W_1 that read Q_i.</summary>
    public Tensor OfItem(Tensor first) => first.Slice(User.Columns, Item.Columns);
}

/// <summary>The weights of GMF, of MLP, or of both with one output; its bias c is [1, 1].</summary>
internal sealed record NcfWeights(GmfWeights? Gmf, MlpWeights? Mlp, Tensor Bias) : IDisposable
{
    // The deviation of the first vectors in the authors' program.
    private const double Deviation = 0.01;

    private delegate Tensor Make(string name, params ReadOnlySpan<long> shape);

    /// <summary>Zeros, of the parts that the model has settings of.</summary>
    public static NcfWeights Allocate(Compute c, Settings settings, int users, int items) =>
        New(settings, users, items, (_, shape) =>
            c.Allocate(shape.Length == 1 ? 1 : (int)shape[0], (int)shape[^1]));

    /// <summary>Those of a model's data, which must hold nothing else.</summary>
    public static NcfWeights Take(ModelData data, Compute c)
    {
        NcfWeights taken = New(data.Settings, data.Info.TrainUsers, data.Items.Count,
            (name, shape) => data.Take(c, name, shape));
        data.CheckAllTaken();
        return taken;
    }

    private static NcfWeights New(Settings settings, int users, int items, Make make)
    {
        GmfWeights? gmf = null;
        if (settings.Has(Ncf.Factors))
        {
            int factors = settings.Get(Ncf.Factors);
            gmf = new(make("gmf.user.weight", users, factors), make("gmf.item.weight", items, factors),
                make("output.gmf.weight", factors));
        }
        MlpWeights? mlp = null;
        if (settings.Has(Ncf.MlpFactors))
        {
            int factors = settings.Get(Ncf.MlpFactors);
            int[] widths = [2 * factors, .. settings.Get(Ncf.Widths)];
            mlp = new(make("mlp.user.weight", users, factors), make("mlp.item.weight", items, factors),
                [.. widths.Skip(1).Select((width, l) => make($"mlp.{l}.weight", widths[l], width))],
                [.. widths.Skip(1).Select((width, l) => make($"mlp.{l}.bias", width))],
                make("output.mlp.weight", widths[^1]));
        }
        return new(gmf, mlp, make("output.bias", 1));
    }

    public IReadOnlyList<NamedTensor> Named =>
    [
        .. Gmf is null ? Array.Empty<NamedTensor>()
            : [new("gmf.user.weight", Gmf.User), new("gmf.item.weight", Gmf.Item)],
        .. Mlp is null ? Array.Empty<NamedTensor>()
            : [new("mlp.user.weight", Mlp.User), new("mlp.item.weight", Mlp.Item)],
        .. Mlp is null ? [] : Mlp.Layers.SelectMany((layer, l) => (NamedTensor[])
            [new($"mlp.{l}.weight", layer), new($"mlp.{l}.bias", Mlp.Biases[l], IsVector: true)]),
        .. OfOutput,
    ];

    /// <summary>The output's weights and its bias.</summary>
    public IReadOnlyList<NamedTensor> OfOutput =>
    [
        .. Gmf is null ? Array.Empty<NamedTensor>() : [new("output.gmf.weight", Gmf.Output, IsVector: true)],
        .. Mlp is null ? Array.Empty<NamedTensor>() : [new("output.mlp.weight", Mlp.Output, IsVector: true)],
        new("output.bias", Bias, IsVector: true),
    ];

    /// <summary>A part with its vectors and layers, which it shares with these, and an output of its own.</summary>
    public NcfWeights Apart(Compute c, bool isGmf) => isGmf
        ? new(Gmf! with { Output = c.Allocate(1, Gmf.Output.Columns) }, null, c.Allocate(1, 1))
        : new(null, Mlp! with { Output = c.Allocate(1, Mlp.Output.Columns) }, c.Allocate(1, 1));

    /// <summary>
    /// Draws the weights, each tensor from a stream of its own, so that a part starts alike alone and within NeuMF: the
    /// vectors are normal, the layers Xavier's, and the biases 0.
    /// </summary>
    public void Draw(Compute c, ulong seed)
    {
        var stream = new RandomStream(seed, RandomPurpose.Weights, 0);
        if (Gmf is not null)
        {
            Drawing.Normal(c, Gmf.User, stream, 0, Deviation);
            Drawing.Normal(c, Gmf.Item, stream, 1, Deviation);
        }
        if (Mlp is not null)
        {
            Drawing.Normal(c, Mlp.User, stream, 2, Deviation);
            Drawing.Normal(c, Mlp.Item, stream, 3, Deviation);
            for (int l = 0; l < Mlp.Layers.Length; l++)
                Drawing.Uniform(c, Mlp.Layers[l], stream, (uint)(6 + l),
                    Math.Sqrt(6.0 / (Mlp.Layers[l].Rows + Mlp.Layers[l].Columns)));
        }
        DrawOutput(c, seed);
    }

    /// <summary>Draws the output's weights.</summary>
    public void DrawOutput(Compute c, ulong seed)
    {
        var stream = new RandomStream(seed, RandomPurpose.Weights, 0);
        double bound = Math.Sqrt(3.0 / ((Gmf?.Output.Columns ?? 0) + (Mlp?.Output.Columns ?? 0)));
        if (Gmf is not null)
            Drawing.Uniform(c, Gmf.Output, stream, 4, bound);
        if (Mlp is not null)
            Drawing.Uniform(c, Mlp.Output, stream, 5, bound);
    }

    public void Dispose()
    {
        foreach (NamedTensor tensor in Named)
            tensor.Value.Dispose();
    }
}
