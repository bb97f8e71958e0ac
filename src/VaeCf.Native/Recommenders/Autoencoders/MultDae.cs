using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Training;
using VaeCf.Native.Networks;

namespace VaeCf.Native.Recommenders;

/// <summary>
/// Mult-DAE (Liang et al. 2018, section 2.4): the denoising autoencoder beside Mult-VAE. The code is deterministic, after
/// tanh, and the loss is the likelihood and an L2 term on the weights.
/// </summary>
internal sealed class MultDae : Autoencoder
{
    private readonly Encoder encoder;
    private readonly ClickMask mask;

    public MultDae(Arena memory, ModelConfig config, int items) : base(memory, config, items, new Decoder(memory, config, items))
    {
        encoder = new Encoder(memory, config, items);
        mask = new ClickMask(memory, "dropout_x", RandomPurpose.Dropout, config.KeepProbability);
        Parameters = [.. encoder.Parameters, .. decoder.Parameters];
        Noises = [mask];
    }

    protected override Input Code => encoder.Output;

    public override IReadOnlyList<(string Name, Tensor Value)> Codes => [("z", encoder.Output.Value)];

    public override void Encode(ClickBatch batch)
    {
        x.Read(batch, mask);                                      // x~ = x / ||x||, mask / keep
        encoder.Forward(x);                                       // z = tanh g(x~)
    }

    public override void EncodeBackward(ClickBatch batch, double beta, AdamOptimizer? adam) =>
        encoder.Backward(x, adam);                                // dz -> gradients of the encoder

    protected override Input EncodeMean(ClickBatch batch)
    {
        x.Read(batch);                                            // x~ = x / ||x||
        encoder.Forward(x);                                       // z = tanh g(x~)
        return encoder.Output;
    }
}
