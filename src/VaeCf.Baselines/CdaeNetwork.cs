using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>
/// CDAE's weights: W [I, K] and b of the hidden layer, V [U, K], a row for each user of the training, W2 [I, K] and b2
/// of the output layer, both with a row for each item.
/// </summary>
internal sealed record CdaeWeights(Tensor W, Tensor B, Tensor V, Tensor W2, Tensor B2) : IDisposable
{
    /// <summary>Zeros.</summary>
    public static CdaeWeights Allocate(Compute c, int users, int items, int latent) => new(c.Allocate(items, latent),
        c.Allocate(1, latent), c.Allocate(users, latent), c.Allocate(items, latent), c.Allocate(1, items));

    /// <summary>Those of a model's data, which must hold nothing else.</summary>
    public static CdaeWeights Take(ModelData data, Compute c, int latent)
    {
        int items = data.Items.Count;
        var taken = new CdaeWeights(data.Take(c, "encoder.weight", items, latent), data.Take(c, "encoder.bias", latent),
            data.Take(c, "user.weight", data.Info.TrainUsers, latent), data.Take(c, "decoder.weight", items, latent),
            data.Take(c, "decoder.bias", items));
        data.CheckAllTaken();
        return taken;
    }

    public IReadOnlyList<NamedTensor> Named =>
    [
        new("encoder.weight", W), new("encoder.bias", B, IsVector: true), new("user.weight", V),
        new("decoder.weight", W2), new("decoder.bias", B2, IsVector: true),
    ];

    public void Dispose()
    {
        foreach (NamedTensor tensor in Named)
            tensor.Value.Dispose();
    }
}

/// <summary>
/// CDAE at work: z = h(x~ W + v + b), f = z W2' + b2. It has the units of a batch and their gradients; the weights are
/// another's.
/// </summary>
internal sealed class CdaeNetwork : IDisposable
{
    private readonly Compute c;
    private readonly CdaeWeights weights;
    private readonly Activation hidden;
    private readonly Tensor ones, v, z, dZ, dB, f, df, dB2, losses;

    public CdaeNetwork(Compute c, CdaeWeights weights, Activation hidden)
    {
        (this.c, this.weights, this.hidden) = (c, weights, hidden);
        int latent = weights.W.Columns, items = weights.W.Rows;
        (ones, losses, f) = (c.Allocate(0, 1), c.Allocate(0, 1), c.Allocate(0, 1));
        (v, z, dZ) = (c.Allocate(0, latent), c.Allocate(0, latent), c.Allocate(0, latent));
        (dB, dB2, df) = (c.Allocate(1, latent), c.Allocate(1, items), c.Allocate(0, items));
    }

    /// <summary>The code of each user, [B, K].</summary>
    /// <param name="clicks">The clicks that are read.</param>
    /// <param name="x">What each of them counts, [N, 1].</param>
    /// <param name="users">Of each user the row of V, which a user whom training did not see has not.</param>
    public Tensor Encode(ClickBatch clicks, Tensor x, ClickBatch users)
    {
        ones.Resize(users.ClickCount);
        c.Fill(1, ones);
        c.SparseGemm(users, ones, weights.V, v);                  // v = V_u
        return Encode(clicks, x, v);
    }

    /// <summary>The code of each user, [B, K], given the users' nodes v [B, K].</summary>
    public Tensor Encode(ClickBatch clicks, Tensor x, Tensor nodes)
    {
        c.SparseGemm(clicks, x, weights.W, z);                    // y = x~ W
        c.Add(nodes, z);                                          // y = x~ W + v
        c.AddBiasActivate(hidden, weights.B, z);                  // z = h(y + b)
        return z;
    }

    /// <summary>The users' nodes that <see cref="Encode(ClickBatch, Tensor, ClickBatch)"/> gathered, [B, K].</summary>
    public Tensor Nodes => v;

    /// <summary>f [B, I] for codes.</summary>
    public void Logits(Tensor codes, Tensor logits)
    {
        c.Gemm(Transpose.B, codes, weights.W2, logits);           // f = z W2'
        c.AddBias(weights.B2, logits);                            // f = z W2' + b2
    }

    /// <summary>
    /// The gradient of the users' nodes, [B, K], of the loss over all items, after
    /// <see cref="Encode(ClickBatch, Tensor, Tensor)"/>.
    /// </summary>
    public Tensor NodeGradient(ClickBatch clicks, OutputLoss loss)
    {
        Logits(z, df);
        c.Loss(clicks, loss, df, losses);                         // df
        c.Gemm(Transpose.None, df, weights.W2, dZ);               // dz = df W2
        c.ActivationGradient(hidden, z, dZ);                      // dy = dz h', which is dv
        return dZ;
    }

    /// <summary>An update of all weights.</summary>
    /// <param name="clicks">The clicks.</param>
    /// <param name="x">What the network reads of each, [N, 1].</param>
    /// <param name="users">Of each user the row of V.</param>
    /// <param name="samples">The items that are in the loss, with 1 at a click; null for all of them.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="optimizer">The optimiser.</param>
    /// <param name="decay">Strength of the L2 term on every weight and bias.</param>
    /// <returns>Each user's loss before it, without the L2 term.</returns>
    public double[] Train(ClickBatch clicks, Tensor x, ClickBatch users, ClickBatch? samples, OutputLoss loss,
        Optimizer optimizer, double decay)
    {
        Encode(clicks, x, users);
        if (samples is not null)
            TrainSampled(samples, loss, optimizer, decay);
        else if (optimizer.IsAdam)
            c.TrainOutputLayer(clicks, z, loss, optimizer.Adam(weights.W2, decay), optimizer.Adam(weights.B2, decay),
                losses, dZ);                                      // f, df, dz = df W2, updates by dW2 = df' z, db2
        else
            TrainAll(clicks, loss, optimizer, decay);
        c.ActivationGradient(hidden, z, dZ);                      // dy = dz h'
        c.BiasGradient(dZ, dB);                                   // db = sum over users of dy
        optimizer.Update(clicks, x, dZ, weights.W, decay);        // dW = x~' dy
        optimizer.Update(users, ones, dZ, weights.V, decay);      // dV_u = dy_u
        optimizer.Update(dB, weights.B, decay);
        var values = new double[losses.Rows];
        c.Read(losses, values);
        return values;
    }

    private void TrainAll(ClickBatch clicks, OutputLoss loss, Optimizer optimizer, double decay)
    {
        Tensor dW2 = optimizer.Gradient(weights.W2);
        Logits(z, df);
        c.Loss(clicks, loss, df, losses);                         // df
        c.Gemm(Transpose.None, df, weights.W2, dZ);               // dz = df W2
        c.Gemm(Transpose.A, df, z, dW2);                          // dW2 = df' z
        c.BiasGradient(df, dB2);                                  // db2 = sum over users of df
        optimizer.Update(dW2, weights.W2, decay);
        optimizer.Update(dB2, weights.B2, decay);
    }

    private void TrainSampled(ClickBatch samples, OutputLoss loss, Optimizer optimizer, double decay)
    {
        c.SampledGemm(samples, z, weights.W2, f);                 // f_n = z_u . w_i
        c.SampledLoss(samples, loss, weights.B2, f, losses);      // f_n + b2_i, then df_n
        c.SparseGemm(samples, f, weights.W2, dZ);                 // dz_u = sum of df_n w_i
        c.SparseBiasGradient(samples, f, dB2);                    // db2_i = sum of df_n
        optimizer.Update(samples, f, z, weights.W2, decay);       // dW2_i = sum of df_n z_u
        optimizer.Update(dB2, weights.B2, decay);
    }

    /// <summary>The k best items of each user.</summary>
    public void Rank(ClickBatch clicks, Tensor codes, int k, RankFilter filter, Span<int> items, Span<float> scores) =>
        c.Rank(clicks, codes, weights.W2, weights.B2, k, filter, items, scores);

    public void Dispose()
    {
        foreach (Tensor tensor in (Tensor[])[ones, v, z, dZ, dB, f, df, dB2, losses])
            tensor.Dispose();
    }
}
