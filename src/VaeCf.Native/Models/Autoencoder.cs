using VaeCf.Kernels;
using VaeCf.Native.Compute;
using VaeCf.Native.Training;

namespace VaeCf.Native.Models;

/// <summary>The means over a batch's users that make up the loss, and the L2 term.</summary>
internal readonly record struct LossTerms(double Reconstruction, double Kl, double Regularization)
{
    /// <summary>What training minimises.</summary>
    public double Total(double beta) => Reconstruction + beta * Kl + Regularization;
}

/// <summary>
/// What <see cref="MultVae"/> and <see cref="MultDae"/> share: encoder, decoder, input and likelihood. The plain step is
/// Forward, Loss, Backward, each a list of kernel calls; Backward is Forward read in reverse. Afterwards every
/// parameter's gradient stands beside it, without that of the L2 term, which Adam adds. <see cref="Train"/> is the same step, fused:
/// what only its next part needs is used up while it is in cache.
/// </summary>
internal abstract class Autoencoder : IDisposable
{
    protected readonly ICompute c;
    protected readonly Encoder encoder;
    protected readonly Decoder decoder;
    protected readonly Tensor x;
    private readonly Tensor reconstruction;

    protected Autoencoder(ICompute c, ModelConfig config, int items, int encoderOutputs)
    {
        config.Validate();
        this.c = c;
        Config = config;
        ItemCount = items;
        encoder = new Encoder(c, items, config.Hidden, encoderOutputs, tanhOutput: !config.IsVariational);
        decoder = new Decoder(c, config.Latent, config.Hidden, items);
        Parameters = [.. encoder.Layers.Concat(decoder.Layers).SelectMany(layer => new[] { layer.Weight, layer.Bias })];
        (x, Mask) = (c.Allocate(0, 1), c.Allocate(0, 1));
        reconstruction = c.Allocate(0, 1);
    }

    public static Autoencoder Create(ICompute c, ModelConfig config, int items) =>
        config.IsVariational ? new MultVae(c, config, items) : new MultDae(c, config, items);

    public ModelConfig Config { get; }
    public int ItemCount { get; }
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Which clicks of the input survive, [N, 1] of 0 and 1.</summary>
    public Tensor Mask { get; }

    /// <summary>[B, I]; after <see cref="Loss"/> their gradient.</summary>
    public Tensor Logits => decoder.Output;

    /// <summary>z [B, Z].</summary>
    public abstract Tensor Code { get; }

    /// <summary>Reconstruction loss of each user, [B, 1].</summary>
    public Tensor ReconstructionPerUser => reconstruction;

    /// <summary>Draws the noise of a step: the same for a user and step whatever the batch, the threads or the device.</summary>
    public virtual void DrawNoise(ClickBatch batch, ulong seed, ulong step) =>
        c.DropoutMask(new RandomStream(seed, RandomPurpose.Dropout, step), Config.KeepProbability, batch, Mask);

    /// <summary>The code of a batch, given the noise.</summary>
    public abstract void Encode(ClickBatch batch);

    /// <summary>The code of a batch for prediction: no dropout, no sampling.</summary>
    protected abstract void EncodeMean(ClickBatch batch);

    /// <summary>dZ [B, Z], which the decoder writes.</summary>
    protected abstract Tensor CodeGradient { get; }

    /// <summary>From dZ to the gradients of the encoder, or to its updates.</summary>
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
        decoder.Backward(Code, CodeGradient);                     // df -> dz
        EncodeBackward(batch, beta, adam: null);                  // dz -> gradients of the encoder
    }

    /// <summary>Forward, loss, Backward and Adam's update of every parameter; the terms of the loss before the update.</summary>
    public LossTerms Train(ClickBatch batch, double beta, AdamOptimizer adam)
    {
        double regularization = Regularization();
        Encode(batch);
        TrainDecoder(batch, adam);
        EncodeBackward(batch, beta, adam);
        return Terms(regularization);
    }

    /// <summary>From the code to dZ, with the loss and the decoder's updates on the way.</summary>
    public void TrainDecoder(ClickBatch batch, AdamOptimizer adam) =>
        decoder.Train(batch, Code, CodeGradient, OutputLoss(batch), reconstruction, adam);

    /// <summary>The k best items of each user, none of its clicks, and their logits (or no room for them): no dropout, no sampling.</summary>
    public void Rank(ClickBatch batch, int k, Span<int> items, Span<float> scores)
    {
        EncodeMean(batch);
        decoder.Rank(batch, Code, k, items, scores);
    }

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
    protected virtual LossTerms Terms(double regularization) => new(MeanOf(reconstruction), 0, regularization);

    private double Regularization() => Config.WeightDecay == 0 ? 0
        : Config.WeightDecay / 2 * Parameters.Where(p => p.IsWeight).Sum(p => c.SquaredNorm(p.Value));

    /// <summary>Xavier-uniform weights and normal biases of deviation 0.001, truncated at two deviations (Liang et al. 2018, the authors' code).</summary>
    public void Initialize(ulong seed)
    {
        for (int i = 0; i < Parameters.Count; i++)
        {
            Parameter p = Parameters[i];
            var random = new RandomSequence(new RandomStream(seed, RandomPurpose.Weights, 0), (uint)i);
            double limit = Math.Sqrt(6.0 / (p.Value.Rows + p.Value.Columns));
            var values = new float[p.Value.Length];
            for (int j = 0; j < values.Length; j++)
                values[j] = (float)(p.IsWeight ? limit * (2 * random.NextDouble() - 1) : 0.001 * TruncatedNormal(ref random));
            c.Write(values, p.Value);
        }
    }

    protected double MeanOf(Tensor perUser)
    {
        var values = new double[perUser.Rows];
        c.Read(perUser, values);
        return values.Sum() / values.Length;
    }

    private static double TruncatedNormal(ref RandomSequence random)
    {
        double x;
        do
            x = random.NextNormal();
        while (Math.Abs(x) > 2);
        return x;
    }

    public virtual void Dispose()
    {
        foreach (Layer layer in encoder.Layers.Concat(decoder.Layers))
            layer.Dispose();
        foreach (Tensor tensor in new[] { x, Mask, reconstruction })
            tensor.Dispose();
    }
}
