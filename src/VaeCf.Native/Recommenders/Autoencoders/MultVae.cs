using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Training;
using VaeCf.Native.Networks;

namespace VaeCf.Native.Recommenders;

/// <summary>
/// Mult-VAE (Liang et al. 2018, sections 2.1 to 2.3). Loss per user, mean over the batch:
/// -log p(x|z) + beta KL(q(z|x) || N(0, 1)), with q(z|x) = N(mu, diag exp logvar), one sample z of it per step.
/// </summary>
internal sealed class MultVae : Autoencoder
{
    private readonly Encoder encoder;
    private readonly ClickMask mask;
    private readonly NormalNoise epsilon;
    private readonly Units z;
    private readonly Tensor kl;

    public MultVae(Arena memory, ModelConfig config, int items) : base(memory, config, items, new Decoder(memory, config, items))
    {
        encoder = new Encoder(memory, config, items);
        mask = new ClickMask(memory, "dropout_x", RandomPurpose.Dropout, config.KeepProbability);
        epsilon = new NormalNoise(memory, "epsilon", RandomPurpose.Noise, config.Latent);
        z = new Units(memory, config.Latent);
        kl = memory.Allocate(0, 1);
        Parameters = [.. encoder.Parameters, .. decoder.Parameters];
        Noises = [mask, epsilon];
    }

    /// <summary>[B, 2Z] = [mu | logvar].</summary>
    public Tensor Head => encoder.Output.Value;

    protected override Input Code => z;

    public override IReadOnlyList<(string Name, Tensor Value)> Codes => [("z", z.Value)];

    public override double[] KlPerUser => ValuesOf(kl);

    public override void Encode(ClickBatch batch)
    {
        x.Read(batch, mask);                                      // x~ = x / ||x||, mask / keep
        encoder.Forward(x);                                       // [mu | logvar] = g(x~)
        c.Reparameterize(Head, epsilon.Values, z.Value, kl);      // z = mu + epsilon exp(logvar / 2)
    }

    public override void EncodeBackward(ClickBatch batch, double beta, AdamOptimizer? adam)
    {
        c.ReparameterizeGradient(Head, epsilon.Values, z.TakeGradient(), beta / batch.UserCount, encoder.Output.NewGradient()); // dz, dKL -> [dmu | dlogvar]
        encoder.Backward(x, adam);                                // -> gradients of the encoder
    }

    protected override Input EncodeMean(ClickBatch batch)
    {
        x.Read(batch);                                            // x~ = x / ||x||
        encoder.Forward(x);                                       // [mu | logvar] = g(x~)
        c.Mean(Head, z.Value);                                    // z = mu
        return z;
    }
}
