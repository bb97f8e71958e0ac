using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Networks;
using VaeCf.Native.Training;
using static VaeCf.Native.Recommenders.Autoencoders;

namespace VaeCf.Native.Recommenders;

/// <summary>Mult-VAE (Liang et al. 2018).</summary>
public static class MultVae
{
    /// <summary>The model, its settings and how it is trained.</summary>
    public static ModelType Type { get; } = Autoencoders.Describe("multvae", "Mult-VAE",
        "A variational autoencoder of a user's clicks with a multinomial likelihood and an annealed KL term.",
        "Liang, Krishnan, Hoffman, Jebara 2018, Variational autoencoders for collaborative filtering "
        + "(arXiv 1802.05814); epochs and annealing by the size of the data",
        (memory, settings, items) => new MultVaeNetwork(memory, settings, items),
        [.. Shape, .. Kl, .. TrainingSettings], own: [AnnealSteps.WithDefault(null, "200,000 on ML-20M")],
        grid: [GradientFit.BatchSize.Over(100, 500), BetaCap.Over(0.1, 0.2, 0.5), LearningRate.Over(1e-3, 3e-3)]);
}

/// <summary>
/// Mult-VAE (Liang et al. 2018, sections 2.1 to 2.3). Loss per user, mean over the batch:
/// -log p(x|z) + beta KL(q(z|x) || N(0, 1)), with q(z|x) = N(mu, diag exp logvar), one sample z of it per step.
/// </summary>
internal sealed class MultVaeNetwork : Autoencoder
{
    private readonly Encoder encoder;
    private readonly ClickMask mask;
    private readonly NormalNoise epsilon;
    private readonly Units z;
    private readonly Tensor kl;

    public MultVaeNetwork(Arena memory, Settings settings, int items)
        : base(memory, settings, items, new Decoder(memory, settings, items))
    {
        encoder = new Encoder(memory, settings, items, isVariational: true);
        mask = new ClickMask(memory, "dropout_x", RandomPurpose.Dropout, settings.Get(KeepProbability));
        epsilon = new NormalNoise(memory, "epsilon", RandomPurpose.Noise, settings.Get(Latent));
        z = new Units(memory, settings.Get(Latent));
        kl = memory.Allocate(0, 1);
        Parameters = [.. encoder.Parameters, .. decoder.Parameters];
        Noises = [mask, epsilon];
    }

    /// <summary>[B, 2Z] = [mu | logvar].</summary>
    public Tensor Head => encoder.Output.Value;

    /// <summary>The gradient of <see cref="Head"/> in the last step, [dmu | dlogvar].</summary>
    public Tensor HeadGradient => encoder.Output.LastGradient;

    public override IReadOnlyList<string> ReadsClicks => ["encoder.0"];

    protected override Input Code => z;

    public override IReadOnlyList<(string Name, Tensor Value)> Codes => [("z", z.Value)];

    protected override IEnumerable<Stage> EncoderStages(ClickBatch batch) =>
        [.. encoder.Stages("mu|logvar"), z.Stage("z") with { Rest = Decode }];

    public override double[] KlPerUser => ValuesOf(kl);

    public override void Encode(ClickBatch batch)
    {
        x.Read(batch, mask);                                      // x~ = x / ||x||, mask / keep
        encoder.Forward(x);                                       // [mu | logvar] = g(x~)
        c.Reparameterize(Head, epsilon.Values, z.Value, kl);      // z = mu + epsilon exp(logvar / 2)
    }

    public override void EncodeBackward(ClickBatch batch, double beta, IUpdate update)
    {
        c.ReparameterizeGradient(Head, epsilon.Values, z.TakeGradient(), beta / batch.UserCount,
            encoder.Output.NewGradient());                        // dz, dKL -> [dmu | dlogvar]
        encoder.Backward(x, update);                              // -> gradients of the encoder
    }

    protected override Input EncodeMean(ClickBatch batch)
    {
        x.Read(batch);                                            // x~ = x / ||x||
        encoder.Forward(x);                                       // [mu | logvar] = g(x~)
        c.Mean(Head, z.Value);                                    // z = mu
        return z;
    }
}
