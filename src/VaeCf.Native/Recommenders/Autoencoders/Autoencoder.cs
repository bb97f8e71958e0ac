using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Networks;

namespace VaeCf.Native.Recommenders;

/// <summary>The means over a batch's users that make up the loss, and the L2 term.</summary>
internal readonly record struct LossTerms(double Reconstruction, double Kl, double Regularization)
{
    /// <summary>What training minimises.</summary>
    public double Total(double beta) => Reconstruction + beta * Kl + Regularization;
}

/// <summary>
/// One update: the weight of the KL term, the current epoch, counted from 0, and whether the update is its first.
/// </summary>
internal readonly record struct TrainingStep(double Beta, int Epoch = 0, bool BeginsEpoch = false);

/// <summary>
/// What the models share: clicks as input, a decoder, a likelihood. The plain step is Forward, Loss and Backward, each
/// a list of kernel calls; Backward is Forward read in reverse. Afterwards each parameter has its gradient beside it,
/// without that of the L2 term, which Adam adds. <see cref="Train"/> is the same step, fused: what only the next part
/// of it needs is consumed while it is still in cache.
/// </summary>
internal abstract class Autoencoder(Arena memory, Settings settings, int items, Decoder decoder) : IDisposable
{
    protected readonly Compute c = memory.Compute;
    protected readonly Decoder decoder = decoder;
    protected readonly Clicks x = new(memory);
    private readonly double weightDecay = settings.Get(Autoencoders.WeightDecay);
    private readonly Tensor reconstruction = memory.Allocate(0, 1), weight = memory.Allocate(0, 1);

    /// <summary>A network of an autoencoder's type, its parameters zero.</summary>
    public static Autoencoder Create(Compute c, Settings settings, int items)
    {
        settings.Check();
        return Create(new Arena(c), settings, items);
    }

    /// <summary>A network whose parameters are the arena's.</summary>
    public static Autoencoder Create(Arena memory, Settings settings, int items) =>
        ((AutoencoderType)settings.Type).Network(memory, settings, items);

    public Settings Settings { get; } = settings;
    public int ItemCount { get; } = items;
    public IReadOnlyList<Parameter> Parameters { get; protected init; } = [];

    /// <summary>
    /// Names of the layers that read the clicks: the first rows of their weights belong to the items.
    /// </summary>
    public abstract IReadOnlyList<string> ReadsClicks { get; }

    /// <summary>Which dimension of a parameter begins with an entry for each item.</summary>
    public ItemAxis ItemsOf(Parameter p) =>
        p.IsWeight && ReadsClicks.Any(layer => p.Name.StartsWith(layer + ".", StringComparison.Ordinal))
            ? ItemAxis.Rows : p.Items;

    /// <summary>What a training step draws.</summary>
    public IReadOnlyList<Noise> Noises { get; protected init; } = [];

    /// <summary>The logits, [B, I]; after <see cref="Loss"/> their gradient.</summary>
    public Tensor Logits => decoder.Logits;

    /// <summary>The latent variables of the last step, [B, Z] each.</summary>
    public abstract IReadOnlyList<(string Name, Tensor Value)> Codes { get; }

    /// <summary>
    /// The arrays of the last step in the order of the forward pass, for showing it; after <see cref="Backward"/> with
    /// their gradients, those of the logits in their place.
    /// </summary>
    public IEnumerable<Stage> Stages(ClickBatch batch) =>
        [new("x~", x.Values), .. EncoderStages(batch), .. decoder.Stages];

    /// <summary>The arrays between the clicks that the encoder reads and what the decoder reads.</summary>
    protected abstract IEnumerable<Stage> EncoderStages(ClickBatch batch);

    /// <summary>Reconstruction loss of each user, [B, 1].</summary>
    public Tensor ReconstructionPerUser => reconstruction;

    /// <summary>
    /// The KL of each user in the last step, or its estimate from one sample; empty for a model without a KL term.
    /// </summary>
    public virtual double[] KlPerUser => [];

    /// <summary>
    /// Draws the noise of a step: the same for a user and step whatever the batch, the threads or the device.
    /// </summary>
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

    /// <summary>
    /// From the gradient of the code, which the decoder wrote, to those of the encoder's parameters, or to their
    /// updates.
    /// </summary>
    public abstract void EncodeBackward(ClickBatch batch, double beta, IUpdate update);

    /// <summary>Logits of a batch, given the noise.</summary>
    public void Forward(ClickBatch batch)
    {
        Encode(batch);                                            // z = code of the clicks
        Decode();
    }

    /// <summary>Logits, given the code.</summary>
    protected void Decode() => decoder.Forward(Code);             // f = logits of p(x|z)

    /// <summary>Gradients of all parameters, after <see cref="Loss"/>.</summary>
    public void Backward(ClickBatch batch, double beta)
    {
        decoder.Backward(Code, Collected.Instance);               // df -> dz
        EncodeBackward(batch, beta, Collected.Instance);          // dz -> gradients of the encoder
    }

    /// <summary>
    /// Forward, loss, Backward and the update of every parameter; the terms of the loss before the update.
    /// </summary>
    public virtual LossTerms Train(ClickBatch batch, TrainingStep step, IUpdate update)
    {
        double regularization = Regularization();
        Encode(batch);
        TrainDecoder(batch, update);
        EncodeBackward(batch, step.Beta, update);
        return Terms(regularization);
    }

    /// <summary>From the code to its gradient, with the loss and the decoder's updates on the way.</summary>
    public void TrainDecoder(ClickBatch batch, IUpdate update)
    {
        if (update.Fuses)
        {
            decoder.Train(batch, Code, OutputLoss(batch), reconstruction, update);
            return;
        }
        // The norm of a gradient is known only once the whole gradient has been computed.
        Decode();
        Loss(batch);
        decoder.Backward(Code, update);
    }

    /// <summary>
    /// The k best items of each user and their scores, which an empty span leaves out; without dropout and sampling.
    /// </summary>
    public void Rank(ClickBatch batch, int k, RankFilter filter, Span<int> items, Span<float> scores) =>
        decoder.Rank(batch, EncodeMean(batch), k, filter, items, scores);

    /// <summary>The <see cref="Logits"/> that <see cref="Rank"/> ranks by, of all items.</summary>
    public void Score(ClickBatch batch) => decoder.Forward(EncodeMean(batch));

    /// <summary>The code of each user as <see cref="Rank"/> uses it: one or more tensors of B rows.</summary>
    public virtual IReadOnlyList<Tensor> CodeOf(ClickBatch batch) => [((Units)EncodeMean(batch)).Value];

    /// <summary>Numbers in a user's code.</summary>
    public virtual int CodeLength => Settings.Get(Autoencoders.Latent);

    /// <summary>The output layer's weight, [I, H]: a vector for each item.</summary>
    public Parameter ItemVectors => Parameters.Single(p => p.IsItemMajorOutput);

    private OutputLoss OutputLoss(ClickBatch batch) => new(Settings.Get(Autoencoders.Likelihood), 1.0 / batch.UserCount,
        Settings.Get(Autoencoders.GaussianC1), Settings.Get(Autoencoders.GaussianC0));

    /// <summary>The loss of each user; the logits become their gradient of the mean over the batch.</summary>
    public void Loss(ClickBatch batch) => c.Loss(batch, OutputLoss(batch), Logits, reconstruction);

    /// <summary>The terms of the loss after <see cref="Loss"/>.</summary>
    public LossTerms Terms() => Terms(Regularization());

    /// <summary>The terms of the loss, given that of the weights.</summary>
    protected virtual LossTerms Terms(double regularization) =>
        new(Mean(ValuesOf(reconstruction)), Mean(KlPerUser), regularization);

    /// <summary>The L2 term: 1/2 weightDecay sum W^2.</summary>
    protected double Regularization() => weightDecay == 0 ? 0
        : weightDecay / 2 * Parameters.Where(p => p.IsWeight).Sum(p => c.SquaredNorm(p.Value));

    /// <summary>Draws the first values of all parameters.</summary>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="start">Distribution of weights and biases.</param>
    /// <param name="pseudoInputRows">
    /// Clicks whose rows the pseudo-inputs start from; null starts them from noise.
    /// </param>
    public void Initialize(ulong seed, WeightStart start = WeightStart.Xavier, ClickMatrix? pseudoInputRows = null) =>
        Initialization.Draw(c, Parameters, seed, start, pseudoInputRows);

    /// <summary>
    /// A parameter's gradient after <see cref="Backward"/> with that of the L2 term, as Adam adds it.
    /// </summary>
    public double[] WholeGradient(Parameter p)
    {
        double decay = p.IsWeight ? weightDecay : 0;
        return [.. ValuesOf(p.Gradient).Zip(ValuesOf(p.Value), (gradient, w) => gradient + decay * w)];
    }

    /// <summary>The number of epochs that it takes to train every parameter.</summary>
    public virtual int FewestEpochs => 1;

    /// <summary>What a run must save besides parameters and moments, such as a frozen copy.</summary>
    public virtual IEnumerable<NamedTensor> State => [];

    /// <summary>[B, 1] of beta / B, the weight of a user's KL in the loss.</summary>
    protected Tensor WeightPerUser(ClickBatch batch, double beta)
    {
        weight.Resize(batch.UserCount);
        c.Fill(beta / batch.UserCount, weight);
        return weight;
    }

    /// <summary>A tensor's numbers, row by row.</summary>
    public double[] ValuesOf(Tensor tensor)
    {
        var values = new double[tensor.Length];
        c.Read(tensor, values);
        return values;
    }

    protected static double Mean(double[] values) => values.Length == 0 ? 0 : values.Sum() / values.Length;

    public void Dispose() => memory.Dispose();
}
