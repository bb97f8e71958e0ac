using VaeCf.Kernels;
using VaeCf.Native.Compute;
using VaeCf.Native.Training;

namespace VaeCf.Native.Models;

/// <summary>
/// Mult-VAE (Liang et al. 2018, sections 2.1 to 2.3). Loss per user, mean over the batch:
/// -log p(x|z) + beta KL(q(z|x) || N(0, 1)), with q(z|x) = N(mu, diag exp logvar), one sample z of it per step.
/// </summary>
internal sealed class MultVae(ICompute c, ModelConfig config, int items) : Autoencoder(c, config, items, encoderOutputs: 2 * config.Latent)
{
    private readonly Tensor kl = c.Allocate(0, 1), z = c.Allocate(0, config.Latent), dZ = c.Allocate(0, config.Latent);

    public override Tensor Code => z;

    /// <summary>Noise of the sample, [B, Z].</summary>
    public Tensor Epsilon { get; } = c.Allocate(0, config.Latent);

    /// <summary>[B, 2Z] = [mu | logvar].</summary>
    public Tensor Head => encoder.Output;

    /// <summary>KL of each user, [B, 1].</summary>
    public Tensor KlPerUser => kl;

    public override void DrawNoise(ClickBatch batch, ulong seed, ulong step)
    {
        base.DrawNoise(batch, seed, step);
        c.Normal(new RandomStream(seed, RandomPurpose.Noise, step), batch, Epsilon);
    }

    protected override Tensor CodeGradient => dZ;

    public override void Encode(ClickBatch batch)
    {
        c.NormalizeRows(batch, x);                                // x~ = x / ||x||
        c.Dropout(Mask, Config.KeepProbability, x);               // x~ <- x~ mask / keep
        encoder.Forward(batch, x);                                // [mu | logvar] = g(x~)
        c.Reparameterize(Head, Epsilon, z, kl);                   // z = mu + epsilon exp(logvar / 2)
    }

    public override void EncodeBackward(ClickBatch batch, double beta, AdamOptimizer? adam)
    {
        c.ReparameterizeGradient(Head, Epsilon, dZ, beta / batch.UserCount, encoder.OutputGradient); // dz, dKL -> [dmu | dlogvar]
        encoder.Backward(batch, x, adam);                         // -> gradients of the encoder
    }

    protected override void EncodeMean(ClickBatch batch)
    {
        c.NormalizeRows(batch, x);
        encoder.Forward(batch, x);
        c.Mean(Head, z);                                          // z = mu
    }

    protected override LossTerms Terms(double regularization) => base.Terms(regularization) with { Kl = MeanOf(kl) };

    public override void Dispose()
    {
        base.Dispose();
        foreach (Tensor tensor in new[] { kl, z, dZ, Epsilon })
            tensor.Dispose();
    }
}
