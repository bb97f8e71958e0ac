using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>Trains an RBM by contrastive divergence; a model says what its visible units are.</summary>
internal abstract class RbmFit : GradientFit
{
    private readonly Descent descent;

    protected RbmFit(FitData data, Settings settings, Device device, int values) : base(data, settings, device)
    {
        Weights = RbmWeights.Allocate(Compute, checked(data.Items.Count * values), Settings.Get(Rbm.Units));
        descent = new Descent(Compute, Weights.Named);
    }

    protected RbmWeights Weights { get; }

    public override IReadOnlyList<NamedTensor> Model => Weights.Named;

    public override IReadOnlyList<NamedTensor> State => descent.State;

    protected abstract RbmNetwork Network { get; }

    /// <summary>The batch as the network has it; and the numbers that its chain is drawn by.</summary>
    protected abstract IRbmDraws Prepare(ClickBatch batch);

    protected override IReadOnlyList<Measure> Update(ClickBatch batch)
    {
        IRbmDraws draws = Prepare(batch);
        double[] losses = Network.Backward(batch.UserCount, Rbm.StepsAt(Settings, Position.Epoch, Epochs), draws,
            descent);
        descent.Step(new SgdStep(Settings.Get(Rbm.LearningRate), Settings.Get(Rbm.Momentum),
            Settings.Get(Rbm.WeightDecay)));
        return [new Measure("loss", losses.Average())];
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (IDisposable one in (IDisposable[])[Ranker, Network, descent, Weights])
            one.Dispose();
    }
}

internal sealed class RatingRbmFit : RbmFit
{
    private readonly RatingRbmNetwork network;
    private readonly Tensor values;

    public RatingRbmFit(FitData data, Settings settings, Device device)
        : this(data, settings, device, RatingUnits.Of(data.Clicks))
    {
    }

    private RatingRbmFit(FitData data, Settings settings, Device device, RatingUnits units)
        : base(data, settings, device, units.Values.Count)
    {
        values = Compute.Allocate(1, units.Values.Count);
        Compute.Write([.. units.Values], values);
        Weights.Start(Compute, Settings.Get(Seed), Rates(data.Clicks, units));
        network = new RatingRbmNetwork(Compute, Weights, values, units, Settings.Get(Rbm.Averaging));
        Ranker = new RatingRbmRanker(Compute, Weights, values, units);
    }

    // ln of the share of each value among an item's ratings, with one more rating that is as all items' are.
    private static double[] Rates(ClickMatrix ratings, RatingUnits units)
    {
        int count = units.Values.Count;
        double[] rates = new double[ratings.ItemCount * count], ofAll = new double[count];
        for (int user = 0; user < ratings.UserCount; user++)
            for (int i = 0; i < ratings.CountOf(user); i++)
            {
                int k = units.Nearest(ratings.ValuesOf(user)[i]);
                rates[ratings.ItemsOf(user)[i] * count + k]++;
                ofAll[k]++;
            }
        double sum = Math.Max(1, ofAll.Sum());
        for (int item = 0; item < ratings.ItemCount; item++)
        {
            Span<double> own = rates.AsSpan(item * count, count);
            double ofItem = 1;
            foreach (double one in own)
                ofItem += one;
            for (int k = 0; k < count; k++)
                own[k] = Math.Log((own[k] + Math.Max(ofAll[k], 1) / sum) / ofItem);
        }
        return rates;
    }

    public override Ranker Ranker { get; }

    public override IReadOnlyList<NamedTensor> Model =>
        [.. Weights.Named, new("values", values, IsVector: true)];

    protected override RbmNetwork Network => network;

    protected override IRbmDraws Prepare(ClickBatch batch)
    {
        network.Load(Data.Clicks, BatchUsers);
        return new RbmDraws(Compute, Settings.Get(Seed), Position.Step, batch, ofClicks: false);
    }

    public override void Dispose()
    {
        base.Dispose();
        values.Dispose();
    }
}

internal sealed class ClickRbmFit : RbmFit
{
    private readonly ClickRbmNetwork network;

    public ClickRbmFit(FitData data, Settings settings, Device device)
        : base(NetworkFit.Clicked(data), settings, device, values: 1)
    {
        Weights.Start(Compute, Settings.Get(Seed), Rates(data.Clicks));
        network = new ClickRbmNetwork(Compute, Weights);
        Ranker = new ClickRbmRanker(Compute, Weights);
    }

    // ln p / (1 - p) of the share p of users who clicked an item, with half a user more on either side.
    private static double[] Rates(ClickMatrix clicks)
    {
        var counts = new double[clicks.ItemCount];
        foreach (int item in clicks.Items)
            counts[item]++;
        return [.. counts.Select(count => Math.Log((count + 0.5) / (clicks.UserCount - count + 0.5)))];
    }

    public override Ranker Ranker { get; }

    protected override RbmNetwork Network => network;

    protected override IRbmDraws Prepare(ClickBatch batch)
    {
        network.Load(batch);
        return new RbmDraws(Compute, Settings.Get(Seed), Position.Step, batch, ofClicks: true);
    }
}
