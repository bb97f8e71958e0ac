using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>A layer of DeepRec, y = a(x W + b).</summary>
/// <param name="Weight">W, [in, out], or its transpose.</param>
/// <param name="IsTransposed">Whether it is the transpose: the output layer's, and a tied decoder's.</param>
/// <param name="Bias">b, [1, out].</param>
internal sealed record DeepRecLayer(Tensor Weight, bool IsTransposed, Tensor Bias);

/// <summary>
/// The weights of DeepRec: <c>encoder.L.weight</c> and <c>encoder.L.bias</c>, <c>decoder.L.bias</c> and, unless they
/// are tied, <c>decoder.L.weight</c>, of which the last has a row for each item. The mean that is subtracted from
/// ratings lies beside them; it is 0 where none is.
/// </summary>
internal sealed class DeepRecWeights : IDisposable
{
    private readonly List<NamedTensor> named = [];

    private DeepRecWeights(Settings settings, int items, Func<string, int, int, bool, Tensor> allocate)
    {
        int[] widths = [items, .. settings.Get(DeepRec.Widths)];
        int depth = widths.Length - 1;
        Tensor New(string name, int rows, int columns, bool isVector)
        {
            named.Add(new(name, allocate(name, rows, columns, isVector), isVector));
            return named[^1].Value;
        }

        for (int l = 0; l < depth; l++)
            Layers.Add(new(New($"encoder.{l}.weight", widths[l], widths[l + 1], false), false,
                New($"encoder.{l}.bias", 1, widths[l + 1], true)));
        for (int l = 0; l < depth; l++)
        {
            (int inputs, int outputs) = (widths[depth - l], widths[depth - l - 1]);
            bool isLast = l == depth - 1, isTied = settings.Get(DeepRec.Tied);
            Tensor weight = isTied ? Layers[depth - 1 - l].Weight
                : isLast ? New($"decoder.{l}.weight", outputs, inputs, false)
                : New($"decoder.{l}.weight", inputs, outputs, false);
            Layers.Add(new(weight, isTied || isLast, New($"decoder.{l}.bias", 1, outputs, true)));
        }
        Trained = [.. named];
        Mean = New("mean", 1, 1, true);
    }

    /// <summary>Zeros.</summary>
    public static DeepRecWeights Allocate(Compute c, Settings settings, int items) =>
        new(settings, items, (_, rows, columns, _) => c.Allocate(rows, columns));

    /// <summary>Those of a model's data, which must hold nothing else.</summary>
    public static DeepRecWeights Take(ModelData data, Compute c)
    {
        var taken = new DeepRecWeights(data.Settings, data.Items.Count, (name, rows, columns, isVector) =>
            isVector ? data.Take(c, name, columns) : data.Take(c, name, rows, columns));
        data.CheckAllTaken();
        return taken;
    }

    /// <summary>Encoder and decoder, from the ratings to the outputs.</summary>
    public List<DeepRecLayer> Layers { get; } = [];

    /// <summary>The mean that is subtracted from ratings, [1, 1].</summary>
    public Tensor Mean { get; }

    /// <summary>All tensors of the model.</summary>
    public IReadOnlyList<NamedTensor> Named => named;

    /// <summary>Those that are trained.</summary>
    public IReadOnlyList<NamedTensor> Trained { get; }

    /// <summary>The output layer's weight, a row for each item.</summary>
    public NamedTensor Items => named.Single(one => one.Value == Layers[^1].Weight);

    /// <summary>Draws the weights, uniform in ±sqrt(6 / (inputs + outputs)) (Glorot and Bengio 2010).</summary>
    public void Draw(Compute c, ulong seed)
    {
        foreach ((NamedTensor one, uint number) in Trained.Select((one, i) => (one, (uint)i)))
            if (!one.IsVector)
                Drawing.Uniform(c, one.Value, new RandomStream(seed, RandomPurpose.Weights, 0), number,
                    Math.Sqrt(6.0 / (one.Value.Rows + one.Value.Columns)));
    }

    public void Dispose()
    {
        foreach (NamedTensor one in named)
            one.Value.Dispose();
    }
}

/// <summary>
/// DeepRec at work: the hidden layers h_0 … of a batch, of which h_(L-1) is the code, their gradients, and an update's.
/// The weights are another's.
/// </summary>
internal sealed class DeepRecNetwork : IDisposable
{
    private readonly Compute c;
    private readonly DeepRecWeights weights;
    private readonly Activation output;
    private readonly double keep;
    private readonly Tensor[] h, dH;
    private readonly Tensor dropped, x, f, dY, losses;
    private readonly int code;
    private readonly Tensor? tied;
    private Tensor y, fed;

    public DeepRecNetwork(Compute c, DeepRecWeights weights, Settings settings)
    {
        (this.c, this.weights) = (c, weights);
        (output, keep) = (DeepRec.Output(settings), settings.Get(DeepRec.KeepProbability));
        Tensor[] Allocate() => [.. weights.Layers.SkipLast(1).Select(layer => c.Allocate(0, layer.Bias.Columns))];
        (h, dH, code) = (Allocate(), Allocate(), weights.Layers.Count / 2 - 1);
        dropped = c.Allocate(0, h[code].Columns);
        (x, f, losses) = (c.Allocate(0, 1), c.Allocate(0, 1), c.Allocate(0, 1));
        int items = weights.Layers[^1].Bias.Columns;
        Tensor first = weights.Layers[0].Weight;
        tied = first == Out.Weight ? c.Allocate(first.Rows, first.Columns) : null;
        (fed, y, dY) = (c.Allocate(0, items), c.Allocate(0, items), c.Allocate(0, items));
    }

    private DeepRecLayer Out => weights.Layers[^1];

    /// <summary>The code after <see cref="Forward"/>, [B, K], with nothing dropped.</summary>
    public Tensor Code => h[code];

    /// <summary>The last hidden layer for ratings less the mean x [N, 1], [B, H].</summary>
    /// <param name="batch">Where there are ratings.</param>
    /// <param name="x">The ratings.</param>
    /// <param name="mask">Of the code, 0 and 1, [B, K]; null where nothing is dropped.</param>
    public Tensor Forward(ClickBatch batch, Tensor x, Tensor? mask)
    {
        c.SparseGemm(batch, x, weights.Layers[0].Weight, h[0]);   // x W
        return Rise(mask);
    }

    // The other layers, from the product of the first on.
    private Tensor Rise(Tensor? mask)
    {
        for (int l = 0; l < h.Length; l++)
        {
            DeepRecLayer layer = weights.Layers[l];
            if (l > 0)
                c.Gemm(layer.IsTransposed ? Transpose.B : Transpose.None, Input(l, mask), layer.Weight, h[l]);
            c.AddBiasActivate(Activation.Selu, layer.Bias, h[l]); // h_l = selu(h_(l-1) W + b)
            if (l != code || mask is null)
                continue;
            dropped.Resize(h[l].Rows);
            c.Fill(0, dropped);
            c.Add(h[l], dropped);
            c.Dropout(mask, keep, dropped);                       // the code, mask / keep
        }
        return Input(h.Length, mask);
    }

    // What a layer after the first reads.
    private Tensor Input(int layer, Tensor? mask) => layer == code + 1 && mask is not null ? dropped : h[layer - 1];

    /// <summary>Outputs of all items, [B, I], for a last hidden layer.</summary>
    public void Outputs(Tensor last, Tensor outputs)
    {
        c.Gemm(Transpose.B, last, Out.Weight, outputs);
        c.AddBiasActivate(output, Out.Bias, outputs);             // y = a(h W' + b)
    }

    /// <summary>
    /// The batch's loss, the mean square of the errors at all its ratings, and the gradients of all weights.
    /// </summary>
    /// <param name="batch">Ratings, less the mean.</param>
    /// <param name="mask">As for <see cref="Forward"/>.</param>
    /// <param name="gradients">Receives the gradients.</param>
    /// <param name="feeds">Whether the outputs are to be fed again, by <see cref="Refeed"/>.</param>
    public double Backward(ClickBatch batch, Tensor? mask, Descent gradients, bool feeds)
    {
        c.ClickDropout(default, 1, batch, x);                     // r, where there are ratings
        Tensor last = Forward(batch, x, mask);
        if (feeds)
            Outputs(last, y);
        // Twice half the square of each error, over their number.
        double share = 1.0 / Math.Max(1, batch.ClickCount);
        c.SampledGemm(batch, last, Out.Weight, f);                // h W', where there are ratings
        c.SampledLoss(batch, new OutputLoss(Likelihood.Gaussian, share, C1: 2, C0: 2, output), Out.Bias, f, losses);
        c.SparseGemm(batch, f, Out.Weight, dH[^1]);               // dh = df W
        c.SparseGemmGradient(batch, f, last, gradients.Gradient(Out.Weight)); // dW = df' h
        c.SparseBiasGradient(batch, f, gradients.Gradient(Out.Bias));
        Fall(mask, gradients);
        Tensor first = weights.Layers[0].Weight;
        if (tied is not null)
        {
            c.SparseGemmGradient(batch, x, dH[0], tied);
            c.Add(tied, gradients.Gradient(first));               // dW += r' dy: it is in two layers
        }
        else
            c.SparseGemmGradient(batch, x, dH[0], gradients.Gradient(first)); // dW = r' dy
        return share * Losses();
    }

    /// <summary>
    /// The loss of the last outputs y fed again, the mean of (f(y) - y)^2 over all users and items, with y a constant;
    /// and the gradients of all weights. Its outputs are the next to be fed.
    /// </summary>
    /// <inheritdoc cref="Backward"/>
    public double Refeed(Tensor? mask, Descent gradients)
    {
        (fed, y) = (y, fed);
        c.Gemm(Transpose.None, fed, weights.Layers[0].Weight, h[0]);
        Tensor last = Rise(mask);
        Outputs(last, y);
        double share = 1.0 / fed.Length;
        c.DenseSquaredError(y, fed, share, dY, losses);           // dy = 2 (y - fed) / (B I)
        c.ActivationGradient(output, y, dY);
        c.Gemm(Transpose.None, dY, Out.Weight, dH[^1]);
        c.Gemm(Transpose.A, dY, last, gradients.Gradient(Out.Weight));
        c.BiasGradient(dY, gradients.Gradient(Out.Bias));
        Fall(mask, gradients);
        Product(weights.Layers[0], fed, dH[0], gradients);
        return share * Losses();
    }

    // From the gradient of what the output layer reads to that of the first layer's product.
    private void Fall(Tensor? mask, Descent gradients)
    {
        for (int l = h.Length - 1; l >= 0; l--)
        {
            DeepRecLayer layer = weights.Layers[l];
            if (l == code && mask is not null)
                c.Dropout(mask, keep, dH[l]);
            c.ActivationGradient(Activation.Selu, h[l], dH[l]);   // dy = dh selu'
            c.BiasGradient(dH[l], gradients.Gradient(layer.Bias));
            if (l == 0)
                return;
            Product(layer, Input(l, mask), dH[l], gradients);
            c.Gemm(layer.IsTransposed ? Transpose.None : Transpose.B, dH[l], layer.Weight, dH[l - 1]); // dh = dy W'
        }
    }

    // dW = x' dy, or dy' x of a transposed W. A tied weight has the decoder's part before the encoder's is added.
    private void Product(DeepRecLayer layer, Tensor input, Tensor dy, Descent gradients)
    {
        Tensor dW = gradients.Gradient(layer.Weight);
        if (layer.IsTransposed)
            c.Gemm(Transpose.A, dy, input, dW);
        else if (weights.Layers.Exists(other => other.IsTransposed && other.Weight == layer.Weight))
            c.GemmAdd(Transpose.A, input, dy, dW);
        else
            c.Gemm(Transpose.A, input, dy, dW);
    }

    private double Losses()
    {
        var values = new double[losses.Rows];
        c.Read(losses, values);
        return values.Sum();
    }

    public void Dispose()
    {
        foreach (Tensor tensor in (Tensor[])[.. h, .. dH, dropped, x, f, fed, y, dY, losses])
            tensor.Dispose();
        tied?.Dispose();
    }
}
