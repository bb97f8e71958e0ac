using VaeCf.Native.Compute;

namespace VaeCf.Native.Models;

/// <summary>
/// Mult-DAE (Liang et al. 2018, section 2.4): the denoising autoencoder beside Mult-VAE. The code is deterministic, after
/// tanh, and the loss is the likelihood and an L2 term on the weights.
/// </summary>
internal sealed class MultDae(ICompute c, ModelConfig config, int items) : Autoencoder(c, config, items, encoderOutputs: config.Latent)
{
    public override Tensor Code => encoder.Output;

    public override void Forward(ClickBatch batch)
    {
        c.NormalizeRows(batch, x);                                // x~ = x / ||x||
        c.Dropout(Mask, Config.KeepProbability, x);               // x~ <- x~ mask / keep
        Reconstruct(batch);
    }

    public override void Backward(ClickBatch batch, double beta)
    {
        decoder.Backward(encoder.Output, encoder.OutputGradient); // df -> dz
        encoder.Backward(batch, x);                               // -> gradients of the encoder
    }

    public override Tensor Predict(ClickBatch batch)
    {
        c.NormalizeRows(batch, x);
        Reconstruct(batch);
        return Logits;
    }

    private void Reconstruct(ClickBatch batch)
    {
        encoder.Forward(batch, x);                                // z = tanh g(x~)
        decoder.Forward(encoder.Output);                          // f = logits of p(x|z)
    }
}
