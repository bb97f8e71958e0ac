using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Networks;
using VaeCf.Native.Training;
using static VaeCf.Native.Recommenders.Autoencoders;

namespace VaeCf.Native.Recommenders;

/// <summary>Mult-DAE (Liang et al. 2018, section 2.4).</summary>
public static class MultDae
{
    // The authors' 0.01 / 500 per sum of squares is twice that per half the sum.
    private const double PaperWeightDecay = 4e-5;

    /// <summary>The model, its settings and how it is trained.</summary>
    public static ModelType Type { get; } = Autoencoders.Describe("multdae", "Mult-DAE",
        "A denoising autoencoder of a user's clicks with a multinomial likelihood: "
        + "Mult-VAE without a distribution over its code.",
        "Liang, Krishnan, Hoffman, Jebara 2018, Variational autoencoders for collaborative filtering "
        + "(arXiv 1802.05814), section 2.4; epochs by the size of the data",
        (memory, settings, items) => new MultDaeNetwork(memory, settings, items), [.. Shape, .. TrainingSettings],
        own: [WeightDecay.WithDefault(PaperWeightDecay, Setting.Same)],
        grid: [GradientFit.BatchSize.Over(100, 500), KeepProbability.Over(0.3, 0.5), LearningRate.Over(1e-3, 3e-3)]);
}

/// <summary>
/// Mult-DAE (Liang et al. 2018, section 2.4): the denoising autoencoder beside Mult-VAE. The code is deterministic,
/// after tanh, and the loss is the likelihood and an L2 term on the weights.
/// </summary>
internal sealed class MultDaeNetwork : Autoencoder
{
    private readonly Encoder encoder;
    private readonly ClickMask mask;

    public MultDaeNetwork(Arena memory, Settings settings, int items)
        : base(memory, settings, items, new Decoder(memory, settings, items))
    {
        encoder = new Encoder(memory, settings, items, isVariational: false);
        mask = new ClickMask(memory, "dropout_x", RandomPurpose.Dropout, settings.Get(KeepProbability));
        Parameters = [.. encoder.Parameters, .. decoder.Parameters];
        Noises = [mask];
    }

    public override IReadOnlyList<string> ReadsClicks => ["encoder.0"];

    protected override Input Code => encoder.Output;

    public override IReadOnlyList<(string Name, Tensor Value)> Codes => [("z", encoder.Output.Value)];

    protected override IEnumerable<Stage> EncoderStages(ClickBatch batch) => encoder.Stages("z");

    public override void Encode(ClickBatch batch)
    {
        x.Read(batch, mask);                                      // x~ = x / ||x||, mask / keep
        encoder.Forward(x);                                       // z = tanh g(x~)
    }

    public override void EncodeBackward(ClickBatch batch, double beta, IUpdate update) =>
        encoder.Backward(x, update);                              // dz -> gradients of the encoder

    protected override Input EncodeMean(ClickBatch batch)
    {
        x.Read(batch);                                            // x~ = x / ||x||
        encoder.Forward(x);                                       // z = tanh g(x~)
        return encoder.Output;
    }
}
