using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Training;
using VaeCf.Native.Networks;

namespace VaeCf.Native.Recommenders;

/// <summary>The means over a batch's users that make up the loss, and the L2 term.</summary>
internal readonly record struct LossTerms(double Reconstruction, double Kl, double Regularization)
{
    /// <summary>What training minimises.</summary>
    public double Total(double beta) => Reconstruction + beta * Kl + Regularization;
}

/// <summary>
/// What the models share: clicks in, a decoder, a likelihood. The plain step is Forward, Loss, Backward, each a list of kernel
/// calls; Backward is Forward read in reverse. Afterwards every parameter's gradient stands beside it, without that of the L2 term, which
/// Adam adds. <see cref="Train"/> is the same step, fused: what only its next part needs is used up while it is in cache.
/// </summary>
internal abstract class Autoencoder(Arena memory, ModelConfig config, int items, Decoder decoder) : IDisposable
{
    protected readonly Compute c = memory.Compute;
    protected readonly Decoder decoder = decoder;
    protected readonly Clicks x = new(memory);
    private readonly Tensor reconstruction = memory.Allocate(0, 1), weight = memory.Allocate(0, 1);

    public static Autoencoder Create(Compute c, ModelConfig config, int items)
    {
        config.Validate();
        var memory = new Arena(c);
        return config.Kind switch
        {
            ModelKind.MultVae => new MultVae(memory, config, items),
            ModelKind.MultDae => new MultDae(memory, config, items),
            ModelKind.Vamp => new Vamp(memory, config, items),
            ModelKind.HVamp => new HVamp(memory, config, items),
            _ => new RecVae(memory, config, items),
        };
    }

    public ModelConfig Config { get; } = config;
    public int ItemCount { get; } = items;
    public IReadOnlyList<Parameter> Parameters { get; protected init; } = [];

    /// <summary>What a training step draws.</summary>
    public IReadOnlyList<Noise> Noises { get; protected init; } = [];

    /// <summary>[B, I]; after <see cref="Loss"/> their gradient.</summary>
    public Tensor Logits => decoder.Logits;

    /// <summary>The latent variables of the last step, [B, Z] each.</summary>
    public abstract IReadOnlyList<(string Name, Tensor Value)> Codes { get; }

    /// <summary>Reconstruction loss of each user, [B, 1].</summary>
    public Tensor ReconstructionPerUser => reconstruction;

    /// <summary>KL of each user in the last step, or its estimate by the one sample; none for a model without.</summary>
    public virtual double[] KlPerUser => [];

    /// <summary>Draws the noise of a step: the same for a user and step whatever the batch, the threads or the device.</summary>
    public void DrawNoise(ClickBatch batch, ulong seed, ulong step)
    {
        foreach (Noise noise in Noises)
            noise.Draw(c, batch, seed, step);
    }

    /// <summary>The code of a batch, given the noise.</summary>
    public abstract void Encode(ClickBatch batch);

    /// <summary>The code of a batch for prediction: no dropout, means in place of samples.</summary>
    protected abstract Input EncodeMean(ClickBatch batch);

    /// <summary>What the decoder reads after <see cref="Encode"/>.</summary>
    protected abstract Input Code { get; }

    /// <summary>From the gradient of the code, which the decoder wrote, to those of the encoder's parameters, or to their updates.</summary>
    public abstract void EncodeBackward(ClickBatch batch, double beta, AdamOptimizer? adam);

    /// <summary>Logits of a batch, given the noise.</summary>
    public void Forward(ClickBatch batch)
    {
        Encode(batch);                                            // z = code of the clicks
        decoder.Forward(Code);                                    // f = logits of p(x|z)
    }

    /// <summary>Gradients of all parameters, after <see cref="Loss"/>.</summary>
    public void Backward(ClickBatch batch, double beta)
    {
        decoder.Backward(Code, adam: null);                       // df -> dz
        EncodeBackward(batch, beta, adam: null);                  // dz -> gradients of the encoder
    }

    /// <summary>Forward, loss, Backward and Adam's update of every parameter; the terms of the loss before the update.</summary>
    public virtual LossTerms Train(ClickBatch batch, double beta, AdamOptimizer adam)
    {
        double regularization = Regularization();
        Encode(batch);
        TrainDecoder(batch, adam);
        EncodeBackward(batch, beta, adam);
        return Terms(regularization);
    }

    /// <summary>From the code to its gradient, with the loss and the decoder's updates on the way.</summary>
    public void TrainDecoder(ClickBatch batch, AdamOptimizer adam)
    {
        if (!adam.NormalizesGradients)
        {
            decoder.Train(batch, Code, OutputLoss(batch), reconstruction, adam);
            return;
        }
        // The norm of a gradient is known only when all of it is there.
        decoder.Forward(Code);
        Loss(batch);
        decoder.Backward(Code, adam);
    }

    /// <summary>The k best items of each user, none of its clicks, and their logits (or no room for them): no dropout, no sampling.</summary>
    public void Rank(ClickBatch batch, int k, Span<int> items, Span<float> scores) =>
        decoder.Rank(batch, EncodeMean(batch), k, items, scores);

    private OutputLoss OutputLoss(ClickBatch batch) => new(Config.Likelihood switch
    {
        Likelihood.Multinomial => OutputLikelihood.Multinomial,
        Likelihood.Logistic => OutputLikelihood.Logistic,
        _ => OutputLikelihood.Gaussian,
    }, 1.0 / batch.UserCount, Config.GaussianC1, Config.GaussianC0);

    /// <summary>The loss of each user; the logits become their gradient of the mean over the batch.</summary>
    public void Loss(ClickBatch batch)
    {
        double scale = 1.0 / batch.UserCount;
        switch (Config.Likelihood)
        {
            case Likelihood.Multinomial: c.MultinomialLoss(batch, scale, Logits, reconstruction); break;
            case Likelihood.Logistic: c.LogisticLoss(batch, scale, Logits, reconstruction); break;
            case Likelihood.Gaussian: c.GaussianLoss(batch, Config.GaussianC1, Config.GaussianC0, scale, Logits, reconstruction); break;
        }
    }

    /// <summary>The terms of the loss after <see cref="Loss"/>.</summary>
    public LossTerms Terms() => Terms(Regularization());

    /// <summary>The terms of the loss, given that of the weights.</summary>
    protected virtual LossTerms Terms(double regularization) =>
        new(Mean(ValuesOf(reconstruction)), Mean(KlPerUser), regularization);

    /// <summary>The L2 term: 1/2 weightDecay sum W^2.</summary>
    protected double Regularization() => Config.WeightDecay == 0 ? 0
        : Config.WeightDecay / 2 * Parameters.Where(p => p.IsWeight).Sum(p => c.SquaredNorm(p.Value));

    /// <summary>Draws all parameters.</summary>
    /// <param name="seed">Of the run.</param>
    /// <param name="start">Distribution of weights and biases.</param>
    /// <param name="pseudoInputRows">Clicks whose rows pseudo-inputs start from; null: noise.</param>
    public void Initialize(ulong seed, WeightStart start = WeightStart.Xavier, ClickMatrix? pseudoInputRows = null) =>
        Initialization.Draw(c, Parameters, seed, start, pseudoInputRows);

    /// <summary>What else than the parameters a run must keep: a frozen copy.</summary>
    public virtual IReadOnlyList<Parameter> Frozen => [];

    /// <summary>Said before each step: the running epoch from 0, and whether it begins.</summary>
    public virtual void EnterEpoch(int epoch, bool begins) { }

    /// <summary>The epochs before one that updated the same parameters.</summary>
    public virtual int PassesBefore(int epoch) => epoch;

    /// <summary>[B, 1] of beta / B, the weight of a user's KL in the loss.</summary>
    protected Tensor WeightPerUser(ClickBatch batch, double beta)
    {
        weight.Resize(batch.UserCount);
        c.Fill(beta / batch.UserCount, weight);
        return weight;
    }

    protected double[] ValuesOf(Tensor perUser)
    {
        var values = new double[perUser.Rows];
        c.Read(perUser, values);
        return values;
    }

    protected static double Mean(double[] values) => values.Length == 0 ? 0 : values.Sum() / values.Length;

    public void Dispose() => memory.Dispose();
}
