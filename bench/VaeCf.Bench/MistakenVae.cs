using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Networks;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Bench;

/// <summary>What implementations of Mult-VAE are known to get wrong inside the network.</summary>
internal enum Mistake
{
    /// <summary>Nothing: bit by bit the library's Mult-VAE.</summary>
    None,
    /// <summary>The noise has a standard deviation of 0.01.</summary>
    LittleNoise,
    /// <summary>The KL is the mean over the latent units, not the sum.</summary>
    MeanKl,
    /// <summary>z is sampled at prediction too.</summary>
    SampledPrediction,
    /// <summary>The input is not divided by its norm.</summary>
    NoNormalisation,
    /// <summary>The last, smaller batch of an epoch is dropped.</summary>
    DroppedBatch,
}

/// <summary>
/// Mult-VAE with one of the mistakes. The line of each stands where it stands in <see cref="MultVaeNetwork"/>.
/// </summary>
internal sealed class MistakenVae : Autoencoder
{
    private readonly Mistake mistake;
    private readonly Encoder encoder;
    private readonly ClickMask mask;
    private readonly NormalNoise epsilon;
    private readonly Units z;
    private readonly Tensor kl, hundredth;
    private ulong predictions;

    private MistakenVae(Arena memory, Settings settings, int items, Mistake mistake)
        : base(memory, settings, items, new Decoder(memory, settings, items))
    {
        this.mistake = mistake;
        int latent = settings.Get(Autoencoders.Latent);
        encoder = new Encoder(memory, settings, items, isVariational: true);
        mask = new ClickMask(memory, "dropout_x", RandomPurpose.Dropout, settings.Get(Autoencoders.KeepProbability));
        epsilon = new NormalNoise(memory, "epsilon", RandomPurpose.Noise, latent);
        z = new Units(memory, latent);
        kl = memory.Allocate(0, 1);
        hundredth = memory.Allocate(0, latent);
        Parameters = [.. encoder.Parameters, .. decoder.Parameters];
        Noises = [mask, epsilon];
    }

    /// <summary>The model, with Mult-VAE's settings.</summary>
    public static ModelType TypeOf(Mistake mistake) => new AutoencoderType
    {
        Network = (memory, settings, items) => new MistakenVae(memory, settings, items, mistake),
        Name = MultVae.Type.Name,
        Title = $"{MultVae.Type.Title}, {mistake}",
        Summary = MultVae.Type.Summary,
        Citation = MultVae.Type.Citation,
        Settings = MultVae.Type.Settings,
        Fit = (data, values, device) => new AutoencoderFit(data, values, device),
        Load = (data, device) => new AutoencoderRecommender(data, device),
    };

    public override IReadOnlyList<string> ReadsClicks => ["encoder.0"];

    protected override Input Code => z;

    public override IReadOnlyList<(string Name, Tensor Value)> Codes => [("z", z.Value)];

    protected override IEnumerable<Stage> EncoderStages(ClickBatch batch) =>
        [.. encoder.Stages("mu|logvar"), z.Stage("z") with { Rest = Decode }];

    public override double[] KlPerUser =>
        [.. ValuesOf(kl).Select(value => mistake == Mistake.MeanKl ? value / z.Value.Columns : value)];

    public override LossTerms Train(ClickBatch batch, TrainingStep step, IUpdate update) =>
        mistake == Mistake.DroppedBatch && batch.UserCount < Settings.Get(GradientFit.BatchSize) ? default
        : base.Train(batch, step, update);

    public override void Encode(ClickBatch batch)
    {
        Read(batch, mask);
        encoder.Forward(x);
        if (mistake == Mistake.LittleNoise)
        {
            hundredth.Resize(batch.UserCount);
            c.Fill(0.01, hundredth);
            c.Hadamard(epsilon.Values, hundredth, epsilon.Values);
        }
        c.Reparameterize(encoder.Output.Value, epsilon.Values, z.Value, kl);
    }

    public override void EncodeBackward(ClickBatch batch, double beta, IUpdate update)
    {
        double scale = beta / batch.UserCount / (mistake == Mistake.MeanKl ? z.Value.Columns : 1);
        c.ReparameterizeGradient(encoder.Output.Value, epsilon.Values, z.TakeGradient(), scale,
            encoder.Output.NewGradient());
        encoder.Backward(x, update);
    }

    protected override Input EncodeMean(ClickBatch batch)
    {
        Read(batch, null);
        encoder.Forward(x);
        c.Mean(encoder.Output.Value, z.Value);
        if (mistake == Mistake.SampledPrediction)
        {
            epsilon.Draw(c, batch, Settings.Get(GradientFit.Seed), ++predictions);
            c.Reparameterize(encoder.Output.Value, epsilon.Values, z.Value, kl);
        }
        return z;
    }

    private void Read(ClickBatch batch, ClickMask? dropout)
    {
        x.Read(batch, dropout);
        if (mistake == Mistake.NoNormalisation)
            c.ClickDropout(dropout?.Stream ?? default, dropout?.Keep ?? 1, batch, x.Values);
    }
}
