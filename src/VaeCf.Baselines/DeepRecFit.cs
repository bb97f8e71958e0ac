using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

internal sealed class DeepRecFit : GradientFit
{
    private readonly DeepRecWeights weights;
    private readonly DeepRecNetwork network;
    private readonly Descent descent;
    private readonly Tensor mask, kept;

    public DeepRecFit(FitData data, Settings settings, Device device)
        : base(data, settings, device, settings.Get(DeepRec.SubtractMean) ? Centred(data.Clicks) : data.Clicks)
    {
        weights = DeepRecWeights.Allocate(Compute, Settings, data.Items.Count);
        weights.Draw(Compute, Settings.Get(Seed));
        if (Settings.Get(DeepRec.SubtractMean))
            Compute.Fill(GlobalMean.Of(data.Clicks), weights.Mean);
        network = new DeepRecNetwork(Compute, weights, Settings);
        descent = new Descent(Compute, weights.Trained);
        (mask, kept) = (Compute.Allocate(0, network.Code.Columns), Compute.Allocate(0, network.Code.Columns));
        Ranker = new DeepRecRanker(Compute, weights, Settings);
    }

    private static ClickMatrix Centred(ClickMatrix ratings)
    {
        double mean = GlobalMean.Of(ratings);
        var values = new float[ratings.ClickCount];
        int n = 0;
        for (int user = 0; user < ratings.UserCount; user++)
            foreach (float rating in ratings.ValuesOf(user))
                values[n++] = (float)(rating - mean);
        return new ClickMatrix(ratings.ItemCount, [.. ratings.RowStarts], [.. ratings.Items], values);
    }

    public override Ranker Ranker { get; }

    public override IReadOnlyList<NamedTensor> Model => weights.Named;

    public override IReadOnlyList<NamedTensor> State => descent.State;

    protected override IReadOnlyList<Measure> Update(ClickBatch batch)
    {
        int refeeding = Settings.Get(DeepRec.Refeeding);
        int halved = Settings.Get(DeepRec.HalveAfter).Count(epoch => epoch <= Position.Epoch);
        var step = new SgdStep(Settings.Get(DeepRec.LearningRate) * Math.Pow(0.5, halved),
            Settings.Get(DeepRec.Momentum), Settings.Get(DeepRec.WeightDecay));
        double loss = network.Backward(batch, Mask(batch, 0), descent, feeds: refeeding > 0), fedLoss = 0;
        descent.Step(step);
        for (int time = 1; time <= refeeding; time++)
        {
            fedLoss += network.Refeed(Mask(batch, time), descent);
            descent.Step(step);
        }
        return refeeding == 0 ? [new Measure("loss", loss)]
            : [new Measure("loss", loss), new Measure("fed_loss", fedLoss / refeeding)];
    }

    // Which units of each user's code survive, drawn anew each time that a batch is fed.
    private Tensor? Mask(ClickBatch batch, int time)
    {
        double keep = Settings.Get(DeepRec.KeepProbability);
        if (keep == 1)
            return null;
        Compute.Uniform(new RandomStream(Settings.Get(Seed), RandomPurpose.Dropout,
            (ulong)Position.Step << 20 | (uint)time), batch, mask);
        kept.Resize(batch.UserCount);
        Compute.Fill(keep, kept);
        Compute.Bernoulli(kept, mask);
        return mask;
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (IDisposable one in (IDisposable[])[Ranker, network, descent, weights, mask, kept])
            one.Dispose();
    }
}

/// <summary>Predicts a user's ratings by the outputs of the ratings that are known, plus the mean.</summary>
internal sealed class DeepRecRanker : ScoreRanker
{
    private readonly Compute c;
    private readonly DeepRecWeights weights;
    private readonly DeepRecNetwork network;
    private readonly Activation output;
    private readonly ClickBatch batch;
    private readonly Tensor x, f, bias, none, minusMean;
    private readonly double mean;

    public DeepRecRanker(Compute c, DeepRecWeights weights, Settings settings)
        : base(c, weights.Layers[^1].Bias.Columns)
    {
        (this.c, this.weights, output) = (c, weights, DeepRec.Output(settings));
        network = new DeepRecNetwork(c, weights, settings);
        (batch, x, f) = (c.AllocateBatch(), c.Allocate(0, 1), c.Allocate(0, 1));
        (bias, none, minusMean) = (c.Allocate(1, ItemCount), c.Allocate(1, 1), c.Allocate(1, 1));
        var values = new double[1];
        c.Read(weights.Mean, values.AsSpan());
        mean = values[0];
        c.Fill(-mean, minusMean);
    }

    private Tensor Forward(ClickBatch ratings)
    {
        c.ClickDropout(default, 1, ratings, x);
        c.AddBias(minusMean, x);                                  // r - mean, where there are ratings
        return network.Forward(ratings, x, mask: null);
    }

    // The outputs' bias and the mean. Where outputs are not linear, the mean is 0.
    private Tensor Bias()
    {
        c.Fill(mean, bias);
        c.Add(weights.Layers[^1].Bias, bias);
        return bias;
    }

    protected override void Score(Histories users, ReadOnlySpan<int> rows, ClickBatch batch, Tensor scores)
    {
        c.Gemm(Transpose.B, Forward(batch), weights.Layers[^1].Weight, scores);
        c.AddBiasActivate(output, Bias(), scores);
    }

    public override void Predict(Histories users, ReadOnlySpan<int> rows, ClickMatrix pairs, Span<float> ratings)
    {
        c.Load(users.Clicks, rows, batch);
        Tensor last = Forward(batch);
        c.Load(pairs, rows, batch);
        c.SampledGemm(batch, last, weights.Layers[^1].Weight, f);
        c.AddSparseBias(batch, Bias(), f);
        c.AddBiasActivate(output, none, f);
        c.Read(f, ratings);
    }

    public override void Encode(Histories users, ReadOnlySpan<int> rows, Span<float> codes)
    {
        c.Load(users.Clicks, rows, batch);
        Forward(batch);
        c.Read(network.Code, codes);
    }

    public override void Dispose()
    {
        foreach (IDisposable one in (IDisposable[])[network, batch, x, f, bias, none, minusMean])
            one.Dispose();
        base.Dispose();
    }
}

internal sealed class DeepRecRecommender : Recommender
{
    private readonly DeepRecWeights weights;

    public DeepRecRecommender(ModelData data, Device device) : base(data, device) =>
        weights = DeepRecWeights.Take(data, Compute);

    public override int CodeLength => Settings.Get(DeepRec.Widths)[^1];

    protected override IReadOnlyList<NamedTensor> Tensors => weights.Named;

    protected override Ranker NewRanker(Compute c) => new DeepRecRanker(c, weights, Settings);

    protected override void Similarities(Compute c, int item, Span<float> scores) =>
        Cosines(c, weights.Items, item, scores);

    protected override void Free() => weights.Dispose();
}
