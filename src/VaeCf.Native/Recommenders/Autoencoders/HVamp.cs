using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Networks;
using static VaeCf.Native.Recommenders.Autoencoders;

namespace VaeCf.Native.Recommenders;

/// <summary>The hierarchical VampPrior model, H+Vamp (Kim and Suh 2019, section 3.2).</summary>
public static class HVamp
{
    /// <summary>The model, its settings and how it is trained.</summary>
    public static ModelType Type { get; } = Autoencoders.Describe("hvamp", "H+Vamp",
        "Two stochastic layers, the upper of them with the VampPrior.",
        "Kim, Suh 2019, Enhancing VAEs for collaborative filtering: flexible priors and gating mechanisms "
        + "(arXiv 1911.00936); the authors' command, gated, of two layers",
        (memory, settings, items) => new HVampNetwork(memory, settings, items),
        [.. Shape, .. PseudoInputs, .. Kl, .. TrainingSettings],
        [.. Vamp.AuthorsTraining, Hidden.WithDefault([600, 600], Setting.Same),
            Gated.WithDefault(true, Setting.Same)], Vamp.AuthorsGrid, Vamp.RequireLayer);
}

/// <summary>
/// The hierarchical VampPrior model, H+Vamp (Kim and Suh 2019, section 3.2): z2 of q(z2|x), z1 of q(z1|x, z2), clicks
/// of p(x|z1, z2), and the priors p(z1|z2) and, of z2, the VampPrior. Loss per user, mean over the batch, one sample of
/// each per step: -log p(x|z1, z2) + beta (log q(z2|x) + log q(z1|x, z2) - log p(z1|z2) - log p(z2)).
/// </summary>
internal sealed class HVampNetwork : Autoencoder
{
    private readonly VampPosterior q2;
    private readonly Clicks x1;
    private readonly ClickMask mask;
    private readonly NormalNoise epsilon;
    private readonly Pair q1Pair, pPair;
    private readonly ConditionalNormal q1, p1;
    private readonly Units z1;
    private readonly Tensor logQ1, logP1;

    public HVampNetwork(Arena memory, Settings settings, int items) : this(memory, settings, items,
        new Pair(memory, "p_x", ("z1", settings.Get(Latent)), ("z2", settings.Get(Latent)),
            [.. settings.Get(Hidden).Reverse()], settings.Get(Gated)))
    { }

    private HVampNetwork(Arena memory, Settings settings, int items, Pair pPair)
        : base(memory, settings, items,
            new Decoder(memory, "p_x.joint", "p_x.out", pPair.Columns, pPair.Rest, items, settings.Get(Gated)))
    {
        int latent = settings.Get(Latent);
        this.pPair = pPair;
        q2 = new VampPosterior(memory, settings, items, x, "q_z2", ("dropout_q2", "epsilon2"));
        x1 = new Clicks(memory);
        mask = new ClickMask(memory, "dropout_q1", RandomPurpose.SecondDropout, settings.Get(KeepProbability));
        epsilon = new NormalNoise(memory, "epsilon1", RandomPurpose.SecondNoise, latent);
        q1Pair = new Pair(memory, "q_z1", ("x", items), ("z2", latent), settings.Get(Hidden), settings.Get(Gated));
        q1 = new ConditionalNormal(memory, "q_z1", "q_z1.joint", q1Pair.Columns, q1Pair.Rest, latent,
            settings.Get(Gated));
        p1 = new ConditionalNormal(memory, "p_z1", "p_z1", latent, settings.Get(Hidden), latent, settings.Get(Gated));
        z1 = new Units(memory, latent);
        (logQ1, logP1) = (memory.Allocate(0, 1), memory.Allocate(0, 1));
        Parameters = [.. q2.EncoderParameters, .. q1Pair.Parameters, .. q1.Parameters, .. p1.Parameters,
            .. pPair.Parameters, .. decoder.Parameters, q2.PseudoInputs];
        Noises = [.. q2.Noises, mask, epsilon];
    }

    protected override Input Code => pPair.Output(z1, q2.Z);

    public override IReadOnlyList<(string Name, Tensor Value)> Codes => [("z1", z1.Value), ("z2", q2.Z.Value)];

    protected override IEnumerable<Stage> EncoderStages(ClickBatch batch) =>
    [
        .. q2.Stages("z2", () =>
        {
            EncodeLower(batch);
            Decode();
        }),
        new("x~1", x1.Values), .. q1Pair.Stages, .. q1.Stages, .. p1.Stages,
        z1.Stage("z1") with
        {
            Rest = () =>
            {
                LowerPrior();
                Decode();
            },
        },
        .. pPair.Stages,
    ];

    public override double[] KlPerUser
    {
        get
        {
            double[] kl = [.. ValuesOf(q2.LogQ).Zip(ValuesOf(q2.LogP), (logQ, logP) => logQ - logP)];
            return [.. ValuesOf(logQ1).Zip(ValuesOf(logP1), (logQ, logP) => logQ - logP)
                .Zip(kl, (kl1, kl2) => kl1 + kl2)];
        }
    }

    public override void Encode(ClickBatch batch)
    {
        q2.Forward(batch);                                        // z2 of q(z2|x), log q(z2|x), log p(z2)
        EncodeLower(batch);
    }

    private void EncodeLower(ClickBatch batch)
    {
        x1.Read(batch, mask);                                     // x~1 = x / ||x||, its own mask / keep
        q1Pair.Forward(x1, q2.Z);                                 // [x~1 | z2]
        q1.Forward(q1Pair.Output(x1, q2.Z));                      // mean, logvar of q(z1|x, z2)
        c.Sample(q1.Mean.Value, q1.Logvar.Value, epsilon.Values, z1.Value, // z1 = mean + epsilon exp(logvar / 2)
            logQ1);                                               // log q(z1|x, z2)
        p1.Forward(q2.Z);                                         // mean, logvar of p(z1|z2)
        LowerPrior();
    }

    private void LowerPrior()
    {
        c.NormalLogDensity(z1.Value, p1.Mean.Value, p1.Logvar.Value, logP1); // log p(z1|z2)
        pPair.Forward(z1, q2.Z);                                  // [z1 | z2], which the decoder reads
    }

    public override void EncodeBackward(ClickBatch batch, double beta, IUpdate update)
    {
        Tensor weight = WeightPerUser(batch, beta);
        pPair.Backward(z1, q2.Z, update);                         // d[z1 | z2] -> dz1, dz2
        c.NormalLogDensityGradient(z1.Value, p1.Mean.Value, p1.Logvar.Value, weight, z1.OldGradient,
            p1.Mean.NewGradient(), p1.Logvar.NewGradient());      // -log p(z1|z2) -> dz1, dmean, dlogvar
        p1.Backward(q2.Z, update);                                // -> dz2
        c.SampleGradient(q1.Logvar.Value, epsilon.Values, z1.TakeGradient(), weight, q1.Mean.NewGradient(),
            q1.Logvar.NewGradient());                             // dz1, log q(z1|x, z2) -> dmean, dlogvar
        q1.Backward(q1Pair.Output(x1, q2.Z), update);             // -> d[x~1 | z2]
        q1Pair.Backward(x1, q2.Z, update);                        // -> dz2
        q2.Backward(weight, update);                              // dz2, log q(z2|x) - log p(z2) -> gradients of q2
    }

    public override int CodeLength => 2 * Settings.Get(Latent);

    public override IReadOnlyList<Tensor> CodeOf(ClickBatch batch)
    {
        EncodeMean(batch);
        return [q1.Mean.Value, q2.Mean.Value];
    }

    // With one hidden layer q(z1|x, z2) reads the clicks and z2 together.
    public override IReadOnlyList<string> ReadsClicks =>
        ["q_z2.0", Settings.Get(Hidden).Count == 1 ? "q_z1.joint.0" : "q_z1.x"];

    protected override Input EncodeMean(ClickBatch batch)
    {
        Units z2 = q2.ForwardMean(batch);                         // z2 = mean of q(z2|x)
        q1Pair.Forward(x, z2);                                    // [x~ | z2]
        q1.Forward(q1Pair.Output(x, z2));                         // z1 = mean of q(z1|x, z2)
        pPair.Forward(q1.Mean, z2);                               // [z1 | z2]
        return pPair.Output(q1.Mean, z2);
    }
}
