using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>
/// Trains an <see cref="ItemNetwork"/> with Adam; a model says what it reads and what it is compared with.
/// </summary>
internal abstract class NetworkFit : GradientFit
{
    private readonly NetworkWeights weights;
    private readonly Optimizer adam;
    private readonly double weightDecay;

    protected NetworkFit(FitData data, Settings settings, Device device, NetworkShape shape)
        : base(Clicked(data), settings, device)
    {
        weightDecay = Settings.Get(Autoencoders.WeightDecay);
        try
        {
            X = Compute.Allocate(0, 1);
            weights = NetworkWeights.Allocate(Compute, shape.Widths, data.Items.Count);
            weights.Draw(Compute, Settings.Get(Seed), shape.Activation);
            adam = new Optimizer(Compute, weights.Named, Settings.Get(Autoencoders.LearningRate));
            Network = new ItemNetwork(Compute, weights, shape);
            Ranker = new NetworkRanker(Compute, weights, shape);
        }
        catch
        {
            base.Dispose();
            throw;
        }
    }

    /// <summary>The clicks alone, whatever they count.</summary>
    public static FitData Clicked(FitData data) =>
        data with { Train = new Histories(data.Clicks.WithoutValues(), data.Train.Users) };

    protected ItemNetwork Network { get; }

    /// <summary>What each click of the input counts, [N, 1].</summary>
    protected Tensor X { get; }

    public override Ranker Ranker { get; }

    public override IReadOnlyList<NamedTensor> Model => weights.Named;

    public override IReadOnlyList<NamedTensor> State => adam.State;

    /// <summary>The input and the target of an update; what each click of the input counts goes to X.</summary>
    protected abstract (ClickBatch Inputs, ClickBatch Targets) Prepare(ClickBatch batch);

    /// <summary>The loss, of which the mean over users is minimised.</summary>
    protected abstract OutputLoss Loss(double scale);

    protected override IReadOnlyList<Measure> Update(ClickBatch batch)
    {
        (ClickBatch inputs, ClickBatch targets) = Prepare(batch);
        double l2 = weightDecay == 0 ? 0 : weightDecay / 2 * weights.Weights.Sum(Compute.SquaredNorm);
        adam.Step = Position.Step + 1;
        double[] losses = Network.Train(inputs, X, targets, Loss(1.0 / batch.UserCount), adam, weightDecay);
        return [new Measure("loss", losses.Average() + l2)];
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (IDisposable one in (IDisposable[])[Ranker, Network, adam, weights, X])
            one.Dispose();
    }
}
