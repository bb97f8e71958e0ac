using VaeCf.Native.Devices;
using VaeCf.Native.Networks;
using VaeCf.Native.Training;
using static VaeCf.Native.Recommenders.Autoencoders;

namespace VaeCf.Native.Recommenders;

/// <summary>Mult-VAE with the VampPrior (Kim and Suh 2019, section 3.2).</summary>
public static class Vamp
{
    // How Kim and Suh's code trains both of their models.
    internal static IReadOnlyList<Setting> AuthorsTraining { get; } =
    [
        Autoencoders.Likelihood.WithDefault(Kernels.Likelihood.Logistic, Setting.Same),
        GradientFit.EpochCount.WithDefault(400, Setting.Same), GradientFit.BatchSize.WithDefault(200, Setting.Same),
        LearningRate.WithDefault(5e-4, Setting.Same), WarmUpEpochs.WithDefault(100, Setting.Same),
        BetaCap.WithDefault(0.3, "the best of 0.1 to 1 in validation"),
        Autoencoders.WeightStart.WithDefault(Recommenders.WeightStart.HeNormal, Setting.Same),
        NormalizeGradients.WithDefault(true, Setting.Same), FitRun.Patience.WithDefault(50, Setting.Same),
    ];

    // The authors tried beta from 0.1 to 1.
    internal static IReadOnlyList<SettingGrid> AuthorsGrid { get; } =
    [
        Autoencoders.Likelihood.Over(Kernels.Likelihood.Multinomial, Kernels.Likelihood.Logistic),
        BetaCap.Over(0.1, 0.3, 1),
    ];

    /// <summary>The model, its settings and how it is trained.</summary>
    public static ModelType Type { get; } = Autoencoders.Describe("vamp", "Vamp",
        "Mult-VAE whose prior is a mixture of the posteriors of learnt pseudo-inputs.",
        "Kim, Suh 2019, Enhancing VAEs for collaborative filtering: flexible priors and gating mechanisms "
        + "(arXiv 1911.00936); the authors' code",
        (memory, settings, items) => new VampNetwork(memory, settings, items),
        [.. Shape, .. PseudoInputs, .. Kl, .. TrainingSettings], AuthorsTraining, AuthorsGrid, RequireLayer);

    internal static void RequireLayer(Settings settings) =>
        Require(settings.Get(Hidden).Count > 0, Hidden, settings, $"at least one layer for {settings.Type.Name}");
}

/// <summary>
/// Mult-VAE with the VampPrior (Kim and Suh 2019, section 3.2). Loss per user, mean over the batch, one sample z of
/// q(z|x) per step: -log p(x|z) + beta (log q(z|x) - log p(z)).
/// </summary>
internal sealed class VampNetwork : Autoencoder
{
    private readonly VampPosterior q;

    public VampNetwork(Arena memory, Settings settings, int items)
        : base(memory, settings, items, new Decoder(memory, settings, items))
    {
        q = new VampPosterior(memory, settings, items, x, "encoder", ("dropout_x", "epsilon"));
        Parameters = [.. q.EncoderParameters, .. decoder.Parameters, q.PseudoInputs];
        Noises = q.Noises;
    }

    public override IReadOnlyList<string> ReadsClicks => ["encoder.0"];

    protected override Input Code => q.Z;

    public override IReadOnlyList<(string Name, Tensor Value)> Codes => [("z", q.Z.Value)];

    protected override IEnumerable<Stage> EncoderStages(ClickBatch batch) => q.Stages("z", Decode);

    public override double[] KlPerUser => [.. ValuesOf(q.LogQ).Zip(ValuesOf(q.LogP), (logQ, logP) => logQ - logP)];

    public override void Encode(ClickBatch batch) => q.Forward(batch);

    public override void EncodeBackward(ClickBatch batch, double beta, IUpdate update) =>
        q.Backward(WeightPerUser(batch, beta), update);

    protected override Input EncodeMean(ClickBatch batch) => q.ForwardMean(batch);
}
