using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>Widths of SVAE's layers.</summary>
/// <param name="Items">I.</param>
/// <param name="Embedding">E, of an item's vector.</param>
/// <param name="State">H, of the recurrent state.</param>
/// <param name="Hidden">A, of the encoder's and the decoder's layer.</param>
/// <param name="Latent">Z.</param>
internal sealed record SvaeShape(int Items, int Embedding, int State, int Hidden, int Latent);

/// <summary>
/// SVAE's weights, [in, out] but for the output layer's, which has a row for each item. The recurrent unit's have the
/// columns [reset | update | candidate], the latent layer's [mu | logvar].
/// </summary>
internal sealed class SvaeWeights : IDisposable
{
    private readonly List<NamedTensor> named = [];

    private SvaeWeights(SvaeShape shape, Func<string, int, int, bool, Tensor> allocate)
    {
        Tensor Add(string name, int rows, int columns)
        {
            bool isVector = name.EndsWith(".bias", StringComparison.Ordinal);
            Tensor tensor = allocate(name, rows, columns, isVector);
            named.Add(new(name, tensor, isVector));
            return tensor;
        }

        (Tensor, Tensor) Layer(string name, int inputs, int outputs) =>
            (Add($"{name}.weight", inputs, outputs), Add($"{name}.bias", 1, outputs));

        Embedding = Add("embedding.weight", shape.Items, shape.Embedding);
        (W, B) = Layer("gru.input", shape.Embedding, 3 * shape.State);
        (V, C) = Layer("gru.hidden", shape.State, 3 * shape.State);
        (Encoder, EncoderBias) = Layer("encoder", shape.State, shape.Hidden);
        (Latent, LatentBias) = Layer("latent", shape.Hidden, 2 * shape.Latent);
        (Decoder, DecoderBias) = Layer("decoder.0", shape.Latent, shape.Hidden);
        (Output, OutputBias) = (Add("decoder.1.weight", shape.Items, shape.Hidden),
            Add("decoder.1.bias", 1, shape.Items));
    }

    /// <summary>Zeros.</summary>
    public static SvaeWeights Allocate(Compute c, SvaeShape shape) =>
        new(shape, (_, rows, columns, _) => c.Allocate(rows, columns));

    /// <summary>Those of a model's data, which must hold nothing else.</summary>
    public static SvaeWeights Take(ModelData data, Compute c, SvaeShape shape)
    {
        var taken = new SvaeWeights(shape, (name, rows, columns, isVector) =>
            isVector ? data.Take(c, name, columns) : data.Take(c, name, rows, columns));
        data.CheckAllTaken();
        return taken;
    }

    public Tensor Embedding { get; }
    public Tensor W { get; }
    public Tensor B { get; }
    public Tensor V { get; }
    public Tensor C { get; }
    public Tensor Encoder { get; }
    public Tensor EncoderBias { get; }
    public Tensor Latent { get; }
    public Tensor LatentBias { get; }
    public Tensor Decoder { get; }
    public Tensor DecoderBias { get; }
    public Tensor Output { get; }
    public Tensor OutputBias { get; }

    public IReadOnlyList<NamedTensor> Named => named;

    public void Dispose()
    {
        foreach (NamedTensor tensor in named)
            tensor.Value.Dispose();
    }
}

/// <summary>
/// SVAE at work on a batch of sequences: through time to a state after each step, and from each state to a latent z and
/// the logits of the items that come next. It has the units of a batch and their gradients; the weights are another's.
/// Rows are the batch's, N of them; the states have the B that the sequences begin with, zeros, before them.
/// </summary>
internal sealed class SvaeNetwork : IDisposable
{
    private readonly Compute c;
    private readonly SvaeWeights weights;
    private readonly List<Tensor> scratch = [];
    private readonly Tensor ones, e, gates, projected, states, lasts, a, head, z, kl, d, losses;
    private readonly Tensor dD, dZ, dHead, dA, dStates, before, dE;

    public SvaeNetwork(Compute c, SvaeWeights weights)
    {
        (this.c, this.weights) = (c, weights);
        int embedding = weights.W.Rows, state = weights.V.Rows, hidden = weights.Encoder.Columns,
            latent = weights.Decoder.Rows;
        Tensor Room(int columns)
        {
            scratch.Add(c.Allocate(0, columns));
            return scratch[^1];
        }

        (ones, e, dE) = (Room(1), Room(embedding), Room(embedding));
        (gates, projected) = (Room(3 * state), Room(3 * state));
        (states, dStates, before, lasts) = (Room(state), Room(state), Room(state), Room(state));
        (a, dA, d, dD) = (Room(hidden), Room(hidden), Room(hidden), Room(hidden));
        (head, dHead, z, dZ) = (Room(2 * latent), Room(2 * latent), Room(latent), Room(latent));
        (kl, losses) = (Room(1), Room(1));
    }

    /// <summary>KL of each row after <see cref="Train"/>, [N, 1].</summary>
    public Tensor Kl => kl;

    // The states after every step.
    private void Recur(SequenceBatch batch)
    {
        ones.Resize(Math.Max(batch.Rows, batch.Count));
        c.Fill(1, ones);
        states.Resize(batch.Count + batch.Rows);
        projected.Resize(batch.Rows);
        c.Fill(0, states.Slice(0, batch.Count));                  // h_0 = 0
        c.SparseGemm(batch.Inputs, ones.Slice(0, batch.Rows), weights.Embedding, e); // e = the items' vectors
        c.Gemm(Transpose.None, e, weights.W, gates);              // x = e W, of all steps
        for (int t = 0; t < batch.Steps; t++)
        {
            (int first, int count) = batch.Step(t);
            Tensor h = states.Slice(batch.StateBefore(t), count), g = projected.Slice(first, count);
            c.Gemm(Transpose.None, h, weights.V, g);              // g_t = h_(t-1) V
            c.Gru(weights.B, weights.C, h, gates.Slice(first, count), g,
                states.Slice(batch.Count + first, count));        // h_t
        }
    }

    // [mu | logvar] of states.
    private void Encode(Tensor h)
    {
        c.Gemm(Transpose.None, h, weights.Encoder, a);
        c.AddBiasActivate(Activation.Tanh, weights.EncoderBias, a); // a = tanh(h W1 + b1)
        c.Gemm(Transpose.None, a, weights.Latent, head);
        c.AddBias(weights.LatentBias, head);                      // [mu | l] = a W2 + b2
    }

    private void Decode()
    {
        c.Gemm(Transpose.None, z, weights.Decoder, d);
        c.AddBiasActivate(Activation.Tanh, weights.DecoderBias, d); // d = tanh(z W3 + b3)
    }

    /// <summary>An update of all weights.</summary>
    /// <param name="batch">The sequences.</param>
    /// <param name="targets">Of each row the items that come next.</param>
    /// <param name="weight">What each of them weighs in the loss, [number of targets, 1].</param>
    /// <param name="klWeight">What the KL of each row weighs beside beta, [N, 1].</param>
    /// <param name="epsilon">Standard normal noise, [N, Z].</param>
    /// <param name="beta">Weight of the KL.</param>
    /// <param name="sampling">The deviation of z.</param>
    /// <param name="optimizer">Adam.</param>
    /// <param name="decay">What times a weight is added to its gradient.</param>
    /// <returns>Each row's weighted cross-entropy before it.</returns>
    public double[] Train(SequenceBatch batch, ClickBatch targets, Tensor weight, Tensor klWeight, Tensor epsilon,
        double beta, Sampling sampling, Optimizer optimizer, double decay)
    {
        double scale = 1.0 / batch.Count;
        Recur(batch);
        Tensor h = states.Slice(batch.Count, batch.Rows);
        Encode(h);
        c.Reparameterize(head, epsilon, z, kl, sampling);         // z = mu + epsilon sigma, KL
        Decode();
        c.TrainOutputLayer(targets, d, new OutputLoss(Likelihood.Multinomial, scale),
            optimizer.Adam(weights.Output, decay), optimizer.Adam(weights.OutputBias, decay), losses, dD,
            weight);                                              // f = d W4' + b4, df, dd = df W4, updates

        c.ActivationGradient(Activation.Tanh, d, dD);             // dy = dd (1 - d^2)
        Backward(z, dD, weights.Decoder, weights.DecoderBias, dZ); // dz = dy W3'
        c.WeightedReparameterizeGradient(head, epsilon, dZ, scale * beta, klWeight, sampling, dHead); // dmu, dl
        Backward(a, dHead, weights.Latent, weights.LatentBias, dA); // da = [dmu | dl] W2'
        c.ActivationGradient(Activation.Tanh, a, dA);             // dy = da (1 - a^2)
        dStates.Resize(batch.Count + batch.Rows);
        c.Fill(0, dStates.Slice(0, batch.Count));
        Backward(h, dA, weights.Encoder, weights.EncoderBias,
            dStates.Slice(batch.Count, batch.Rows));              // dh = dy W1'
        BackwardThroughTime(batch);
        c.SparseGemm(batch.Before, ones.Slice(0, batch.Rows), states, before); // h_(t-1) of all rows
        Backward(before, projected, weights.V, weights.C, null);  // dV = h_(t-1)' dg, dc
        Backward(e, gates, weights.W, weights.B, dE);             // dW = e' dx, db, de = dx W'
        optimizer.Update(batch.Inputs, ones.Slice(0, batch.Rows), dE, weights.Embedding,
            decay);                                               // of an item: the sum of its de
        var values = new double[losses.Rows];
        c.Read(losses, values);
        return values;

        void Backward(Tensor input, Tensor dY, Tensor matrix, Tensor bias, Tensor? dInput)
        {
            if (dInput is not null)
                c.Gemm(Transpose.B, dY, matrix, dInput);          // dinput = dy W'
            Tensor dW = optimizer.Gradient(matrix);
            c.Gemm(Transpose.A, input, dY, dW);                   // dW = input' dy
            optimizer.Update(dW, matrix, decay);
            Tensor dB = optimizer.Gradient(bias);
            c.BiasGradient(dY, dB);                               // db = sum over rows of dy
            optimizer.Update(dB, bias, decay);
        }
    }

    // From the last step to the first: dh_t is that of the loss at t, and what comes back from t + 1.
    private void BackwardThroughTime(SequenceBatch batch)
    {
        for (int t = batch.Steps - 1; t >= 0; t--)
        {
            (int first, int count) = batch.Step(t);
            Tensor h = states.Slice(batch.StateBefore(t), count), dH = dStates.Slice(batch.StateBefore(t), count);
            Tensor dNext = dStates.Slice(batch.Count + first, count), dG = projected.Slice(first, count);
            c.AddGruGradient(h, dNext, gates.Slice(first, count), dG, dH); // dx, dg, dh_(t-1) += dh_t u
            if (t > 0)
                c.GemmAdd(Transpose.B, dG, weights.V, dH);        // dh_(t-1) += dg V'
        }
    }

    /// <summary>mu after the last step of each sequence, in the order they were given, [B, Z].</summary>
    public Tensor Codes(SequenceBatch batch)
    {
        Recur(batch);
        c.SparseGemm(batch.Last, ones.Slice(0, batch.Count), states, lasts);
        Encode(lasts);
        c.Mean(head, z);                                          // z = mu
        return z;
    }

    /// <summary>The logits of all items for the <see cref="Codes"/>, [B, I].</summary>
    public void Logits(Tensor logits)
    {
        Decode();
        c.Gemm(Transpose.B, d, weights.Output, logits);           // f = d W4'
        c.AddBias(weights.OutputBias, logits);                    // f = d W4' + b4
    }

    /// <summary>The k best items of each user, for the <see cref="Codes"/>.</summary>
    public void Rank(ClickBatch clicks, int k, RankFilter filter, Span<int> items, Span<float> scores)
    {
        Decode();
        c.Rank(clicks, d, weights.Output, weights.OutputBias, k, filter, items, scores);
    }

    public void Dispose()
    {
        foreach (Tensor tensor in scratch)
            tensor.Dispose();
    }
}
