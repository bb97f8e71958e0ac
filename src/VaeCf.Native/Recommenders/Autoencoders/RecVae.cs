using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Networks;
using VaeCf.Native.Training;
using static VaeCf.Native.Recommenders.Autoencoders;

namespace VaeCf.Native.Recommenders;

/// <summary>RecVAE (Shenbin et al. 2020).</summary>
public static class RecVae
{
    /// <summary>The model, its settings and how it is trained.</summary>
    public static ModelType Type { get; } = Autoencoders.Describe("recvae", "RecVAE",
        "A residual encoder, trained in turns with a linear decoder (three epochs, then one), "
        + "and a prior that holds the encoder near its last copy.",
        "Shenbin, Alekseev, Tutubalina, Malykh, Nikolenko 2020, RecVAE: a new variational autoencoder for top-N "
        + "recommendations with implicit feedback (arXiv 1912.11160); 50 rounds of four epochs",
        (memory, settings, items) => new RecVaeNetwork(memory, settings, items),
        [.. Shape.Except([Gated]), .. Kl, .. TrainingSettings],
        [
            Hidden.WithDefault([600, 600, 600, 600, 600], Setting.Same),
            GradientFit.EpochCount.WithDefault(200, Setting.Same), LearningRate.WithDefault(5e-4, Setting.Same),
            AnnealSteps.WithDefault(0), BetaCap.WithDefault(0.005, "the same on ML-20M"),
            FitRun.ValidateEvery.WithDefault(4), FitRun.Patience.WithDefault(0),
            Autoencoders.WeightStart.WithDefault(Recommenders.WeightStart.UniformFanIn, Setting.Same),
        ], [GradientFit.BatchSize.Over(100, 500), BetaCap.Over(0.0035, 0.005, 0.01, 0.02)], settings =>
        {
            Vamp.RequireLayer(settings);
            Require(settings.Get(Hidden).Distinct().Count() == 1, Hidden, settings,
                "one width for all layers, which recvae adds up");
        });
}

/// <summary>
/// RecVAE (Shenbin et al. 2020). Loss per user, mean over the batch, one sample z of q(z|x) per step: -log p(x|z) +
/// gamma N_u (log q(z|x) - log p(z)), N_u the user's clicks and gamma the trainer's beta. The prior p is, in each
/// dimension, a mixture of N(0, 1), a wide normal and q_old(z|x), a frozen copy of the encoder. An epoch is a pass over
/// the users: three update the encoder; then the copy is made, and one pass without dropout updates the decoder, which
/// is one linear layer.
/// </summary>
internal sealed class RecVaeNetwork : Autoencoder
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

    public RecVaeNetwork(Arena memory, Settings settings, int items)
        : base(memory, settings, items,
            new Decoder(memory, "", "decoder", settings.Get(Latent), [], items, gated: false))
    {
        this.memory = memory;
        encoder = new ResidualEncoder(memory, settings, items);
        undropped = new Clicks(memory);
        mask = new ClickMask(memory, "dropout_x", RandomPurpose.Dropout, settings.Get(KeepProbability));
        epsilon = new NormalNoise(memory, "epsilon", RandomPurpose.Noise, settings.Get(Latent));
        z = new Units(memory, settings.Get(Latent));
        (logQ, logP, clicks, weight) =
            (memory.Allocate(0, 1), memory.Allocate(0, 1), memory.Allocate(0, 1), memory.Allocate(0, 1));
        Parameters = [.. encoder.Parameters, .. decoder.Parameters];
        Noises = [mask, epsilon];
    }

    public override IReadOnlyList<string> ReadsClicks => ["encoder.fc1"];

    protected override Input Code => z;

    public override IReadOnlyList<(string Name, Tensor Value)> Codes => [("z", z.Value)];

    protected override IEnumerable<Stage> EncoderStages(ClickBatch batch) =>
    [
        .. encoder.Stages,
        z.Stage("z") with
        {
            Rest = () =>
            {
                Prior();
                Decode();
            },
        },
    ];

    // The fourth epoch is the decoder's first.
    public override int FewestEpochs => Passes;

    public override double[] KlPerUser => [.. ValuesOf(logQ).Zip(ValuesOf(logP), (q, p) => q - p)];

    /// <summary>The copy of the encoder that the prior is built from.</summary>
    public IReadOnlyList<Parameter> Frozen => Old.Parameters;

    public override IEnumerable<NamedTensor> State =>
        Frozen.Select(p => new NamedTensor("frozen." + p.Name, p.Value, p.IsVector));

    public override void Encode(ClickBatch batch)
    {
        x.Read(batch, trainsDecoder ? null : mask);               // x~ = x / ||x||, mask / keep in an encoder pass
        encoder.Forward(x);                                       // mean, logvar of q(z|x~)
        c.Sample(encoder.Mean.Value, encoder.Logvar.Value, epsilon.Values, z.Value,
            logQ);                                                // z = mean + epsilon exp(logvar / 2), log q(z|x)
        if (!trainsDecoder)
        {
            undropped.Read(batch);                                // x' = x / ||x||
            Old.Forward(undropped);                               // mean, logvar of q_old(z|x')
        }
        Prior();
        c.ClicksPerUser(batch, 1, clicks);                        // N_u
    }

    private void Prior()
    {
        ResidualEncoder prior = trainsDecoder ? encoder : Old;    // q_old, which in a decoder pass q still is
        c.CompositeLogDensity(z.Value, prior.Mean.Value, prior.Logvar.Value, logP); // log p(z)
    }

    public override void EncodeBackward(ClickBatch batch, double beta, IUpdate update)
    {
        c.ClicksPerUser(batch, beta / batch.UserCount, weight);   // gamma N_u / B
        c.CompositeLogDensityGradient(z.Value, Old.Mean.Value, Old.Logvar.Value, weight,
            z.OldGradient);                                       // -log p(z) -> dz
        c.SampleGradient(encoder.Logvar.Value, epsilon.Values, z.TakeGradient(), weight, encoder.Mean.NewGradient(),
            encoder.Logvar.NewGradient());                        // dz, log q(z|x) -> dmean, dlogvar
        encoder.Backward(x, update);                              // -> gradients of the encoder
    }

    /// <summary>A step of the running pass, which computes the gradients that it needs and no others.</summary>
    public override LossTerms Train(ClickBatch batch, TrainingStep step, IUpdate update)
    {
        trainsDecoder = step.Epoch % Passes >= EncoderPasses;
        if (step.BeginsEpoch && step.Epoch % Passes == EncoderPasses)
            Freeze(Old);
        double regularization = Regularization();
        Forward(batch);
        Loss(batch);
        if (trainsDecoder)
            decoder.UpdateLast(z, update);                        // df -> updates of the decoder
        else
        {
            decoder.BackwardToCode(z);                            // df -> dz
            EncodeBackward(batch, step.Beta, update);             // dz -> updates of the encoder
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

    // Made when training first needs it: a model that only recommends has none.
    private ResidualEncoder Old => old ??= Freeze(new ResidualEncoder(memory, Settings, ItemCount));

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
