using VaeCf.Native.Devices;
using VaeCf.Native.Training;
using VaeCf.Native.Networks;

namespace VaeCf.Native.Recommenders;

/// <summary>
/// Mult-VAE with the VampPrior (Kim and Suh 2019, section 3.2). Loss per user, mean over the batch, one sample z of q(z|x) per step:
/// -log p(x|z) + beta (log q(z|x) - log p(z)).
/// </summary>
internal sealed class Vamp : Autoencoder
{
    private readonly VampPosterior q;

    public Vamp(Arena memory, ModelConfig config, int items) : base(memory, config, items, new Decoder(memory, config, items))
    {
        q = new VampPosterior(memory, config, items, x, "encoder", ("dropout_x", "epsilon"));
        Parameters = [.. q.EncoderParameters, .. decoder.Parameters, q.PseudoInputs];
        Noises = q.Noises;
    }

    protected override Input Code => q.Z;

    public override IReadOnlyList<(string Name, Tensor Value)> Codes => [("z", q.Z.Value)];

    public override double[] KlPerUser => [.. ValuesOf(q.LogQ).Zip(ValuesOf(q.LogP), (logQ, logP) => logQ - logP)];

    public override void Encode(ClickBatch batch) => q.Forward(batch);

    public override void EncodeBackward(ClickBatch batch, double beta, AdamOptimizer? adam) =>
        q.Backward(WeightPerUser(batch, beta), adam);

    protected override Input EncodeMean(ClickBatch batch) => q.ForwardMean(batch);
}
