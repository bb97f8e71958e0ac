using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Training;
using VaeCf.Native.Networks;

namespace VaeCf.Native.Recommenders;

/// <summary>
/// RecVAE (Shenbin et al. 2020). Loss per user, mean over the batch, one sample z of q(z|x) per step:
/// -log p(x|z) + gamma N_u (log q(z|x) - log p(z)), N_u the user's clicks and gamma the trainer's beta. The prior p is, in each dimension, a
/// mixture of N(0, 1), a wide normal and q_old(z|x), a frozen copy of the encoder. An epoch is a pass over the users: three
/// update the encoder; then the copy is made, and one pass without dropout updates the decoder, which is one linear layer.
/// </summary>
internal sealed class RecVae : Autoencoder
{
    private const int EncoderPasses = 3, Passes = 4;

    private readonly Arena memory;
    private readonly ResidualEncoder encoder;
    private readonly Clicks undropped;
    private readonly ClickMask mask;
    private readonly NormalNoise epsilon;
    private readonly Units z;
    private readonly Tensor logQ, logP, clicks, weight;
    private ResidualEncoder? old;
    private bool trainsDecoder;

    public RecVae(Arena memory, ModelConfig config, int items)
        : base(memory, config, items, new Decoder(memory, "", "decoder", config.Latent, [], items, gated: false))
    {
        this.memory = memory;
        encoder = new ResidualEncoder(memory, config, items);
        undropped = new Clicks(memory);
        mask = new ClickMask(memory, "dropout_x", RandomPurpose.Dropout, config.KeepProbability);
        epsilon = new NormalNoise(memory, "epsilon", RandomPurpose.Noise, config.Latent);
        z = new Units(memory, config.Latent);
        (logQ, logP, clicks, weight) = (memory.Allocate(0, 1), memory.Allocate(0, 1), memory.Allocate(0, 1), memory.Allocate(0, 1));
        Parameters = [.. encoder.Parameters, .. decoder.Parameters];
        Noises = [mask, epsilon];
    }

    protected override Input Code => z;

    public override IReadOnlyList<(string Name, Tensor Value)> Codes => [("z", z.Value)];

    public override double[] KlPerUser => [.. ValuesOf(logQ).Zip(ValuesOf(logP), (q, p) => q - p)];

    public override IReadOnlyList<Parameter> Frozen => Old.Parameters;

    public override int PassesBefore(int epoch)
    {
        (int round, int pass) = Math.DivRem(epoch, Passes);
        return pass < EncoderPasses ? round * EncoderPasses + pass : round * (Passes - EncoderPasses) + pass - EncoderPasses;
    }

    public override void EnterEpoch(int epoch, bool begins)
    {
        trainsDecoder = epoch % Passes >= EncoderPasses;
        if (begins && epoch % Passes == EncoderPasses)
            Freeze(Old);
    }

    public override void Encode(ClickBatch batch)
    {
        x.Read(batch, trainsDecoder ? null : mask);               // x~ = x / ||x||, mask / keep in an encoder pass
        encoder.Forward(x);                                       // mean, logvar of q(z|x~)
        c.Sample(encoder.Mean.Value, encoder.Logvar.Value, epsilon.Values, z.Value, logQ); // z = mean + epsilon exp(logvar / 2), log q(z|x)
        ResidualEncoder prior = trainsDecoder ? encoder : Old;    // q_old, which in a decoder pass q still is
        if (!trainsDecoder)
        {
            undropped.Read(batch);                                // x' = x / ||x||
            prior.Forward(undropped);                             // mean, logvar of q_old(z|x')
        }
        c.CompositeLogDensity(z.Value, prior.Mean.Value, prior.Logvar.Value, logP); // log p(z)
        c.ClicksPerUser(batch, 1, clicks);                        // N_u
    }

    public override void EncodeBackward(ClickBatch batch, double beta, AdamOptimizer? adam)
    {
        c.ClicksPerUser(batch, beta / batch.UserCount, weight);   // gamma N_u / B
        c.CompositeLogDensityGradient(z.Value, Old.Mean.Value, Old.Logvar.Value, weight, z.OldGradient); // -log p(z) -> dz
        c.SampleGradient(encoder.Logvar.Value, epsilon.Values, z.TakeGradient(), weight, encoder.Mean.NewGradient(), encoder.Logvar.NewGradient()); // dz, log q(z|x) -> dmean, dlogvar
        encoder.Backward(x, adam);                                // -> gradients of the encoder
    }

    /// <summary>A step of the running pass, which computes the gradients that it needs and no others.</summary>
    public override LossTerms Train(ClickBatch batch, double beta, AdamOptimizer adam)
    {
        double regularization = Regularization();
        Forward(batch);
        Loss(batch);
        if (trainsDecoder)
            decoder.UpdateLast(z, adam);                          // df -> updates of the decoder
        else
        {
            decoder.BackwardToCode(z);                            // df -> dz
            EncodeBackward(batch, beta, adam);                    // dz -> updates of the encoder
        }
        return Terms(regularization);
    }

    // beta is gamma here, so the KL that it weighs is N_u times each user's.
    protected override LossTerms Terms(double regularization) =>
        base.Terms(regularization) with { Kl = Mean([.. KlPerUser.Zip(ValuesOf(clicks), (kl, count) => kl * count)]) };

    protected override Input EncodeMean(ClickBatch batch)
    {
        x.Read(batch);                                            // x~ = x / ||x||
        encoder.Forward(x);                                       // mean of q(z|x~)
        return encoder.Mean;
    }

    // Made when training first asks: a model that only recommends has none.
    private ResidualEncoder Old => old ??= Freeze(new ResidualEncoder(memory, Config, ItemCount));

    private ResidualEncoder Freeze(ResidualEncoder copy)
    {
        foreach ((Parameter from, Parameter to) in encoder.Parameters.Zip(copy.Parameters))
        {
            var values = new double[from.Value.Length];
            c.Read(from.Value, values);
            c.Write(values, to.Value);
        }
        return copy;
    }
}
