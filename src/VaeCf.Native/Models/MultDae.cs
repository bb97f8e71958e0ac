using VaeCf.Native.Compute;
using VaeCf.Native.Training;

namespace VaeCf.Native.Models;

/// <summary>
/// Mult-DAE (Liang et al. 2018, section 2.4): the denoising autoencoder beside Mult-VAE. The code is deterministic, after
/// tanh, and the loss is the likelihood and an L2 term on the weights.
/// </summary>
internal sealed class MultDae(ICompute c, ModelConfig config, int items) : Autoencoder(c, config, items, encoderOutputs: config.Latent)
{
    public override Tensor Code => encoder.Output;

    protected override Tensor CodeGradient => encoder.OutputGradient;

    public override void Encode(ClickBatch batch)
    {
        c.NormalizeRows(batch, x);                                // x~ = x / ||x||
        c.Dropout(Mask, Config.KeepProbability, x);               // x~ <- x~ mask / keep
        encoder.Forward(batch, x);                                // z = tanh g(x~)
    }

    public override void EncodeBackward(ClickBatch batch, double beta, AdamOptimizer? adam) =>
        encoder.Backward(batch, x, adam);                         // -> gradients of the encoder

    protected override void EncodeMean(ClickBatch batch)
    {
        c.NormalizeRows(batch, x);
        encoder.Forward(batch, x);                                // z = tanh g(x)
    }
}
