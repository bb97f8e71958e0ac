using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>
/// Trains GMF, MLP or NeuMF on pairs. Where NeuMF's parts are trained apart first, each has an output of its own, and
/// the model is at the end of each epoch what the parts come to: half of either's output weights.
/// </summary>
internal sealed class NcfFit : ShuffledFit
{
    private readonly PairSampler sampler;
    private readonly PairBatch pairs;
    private readonly NcfWeights weights;
    private readonly Trained whole;
    private readonly Trained[] parts = [];
    private readonly int pretrainEpochs;
    private readonly List<int> users = [], items = [], labels = [];

    public NcfFit(FitData data, Settings settings, Device device)
        : this(NetworkFit.Clicked(data), settings, device, new PairSampler(data.Clicks, settings.Get(Ncf.Negatives)))
    {
    }

    private NcfFit(FitData data, Settings settings, Device device, PairSampler sampler)
        : base(data, settings, device, sampler.Count)
    {
        this.sampler = sampler;
        try
        {
            ulong seed = settings.Get(GradientFit.Seed);
            weights = NcfWeights.Allocate(Compute, settings, data.Clicks.UserCount, data.Items.Count);
            weights.Draw(Compute, seed);
            pairs = new PairBatch(Compute, data.Clicks.UserCount, data.Items.Count);
            pretrainEpochs = settings.Has(Ncf.PretrainEpochs) ? settings.Get(Ncf.PretrainEpochs) : 0;
            if (pretrainEpochs > 0)
            {
                parts = [.. ((bool[])[true, false]).Select(isGmf => Adam(weights.Apart(Compute, isGmf)))];
                foreach (Trained part in parts)
                    part.Weights.DrawOutput(Compute, seed);
            }
            whole = pretrainEpochs == 0 ? Adam(weights)
                : new(weights, new NcfNetwork(Compute, weights),
                    new GradientDescent(Compute, settings.Get(Ncf.DescentRate)));
            Ranker = new NcfRanker(Compute, weights, data.Train.Users);
            Settle();
        }
        catch
        {
            base.Dispose();
            throw;
        }
    }

    private Trained Adam(NcfWeights some) => new(some, new NcfNetwork(Compute, some),
        new Optimizer(Compute, some.Named, Settings.Get(Ncf.LearningRate)) { IsLazy = Settings.Get(Ncf.LazyAdam) });

    public override Ranker Ranker { get; }

    public override IReadOnlyList<NamedTensor> Model => weights.Named;

    public override IReadOnlyList<NamedTensor> State =>
    [
        .. (whole.By as Optimizer)?.State ?? [],
        .. parts.Zip((string[])["gmf", "mlp"], (part, name) => part.Weights.OfOutput
            .Select(tensor => tensor with { Name = $"{name} apart.{tensor.Name}" })
            .Concat(((Optimizer)part.By).State.Select(tensor => tensor with { Name = $"{name} apart.{tensor.Name}" })))
            .SelectMany(tensors => tensors),
    ];

    protected override IReadOnlyList<Measure> Update(ReadOnlySpan<int> drawn)
    {
        bool isApart = Position.Epoch < pretrainEpochs;
        if (!Load(drawn))
            return [.. Losses(isApart, 0, 0)];
        double[] means = [.. (isApart ? parts : [whole]).Select(one =>
        {
            if (one.By is Optimizer adam)
                adam.Step = Position.Step + 1;
            return one.Network.Train(pairs, one.By).Average();
        })];
        return [.. Losses(isApart, means)];
    }

    // The loss of the parts is their sum, for neither depends on the other.
    private static IEnumerable<Measure> Losses(bool isApart, params double[] means)
    {
        yield return new("loss", means.Sum());
        if (isApart)
        {
            yield return new("loss of gmf", means[0]);
            yield return new("loss of mlp", means[1]);
        }
    }

    // Whether there is a pair to train on.
    private bool Load(ReadOnlySpan<int> drawn)
    {
        var stream =
            new RandomStream(Settings.Get(GradientFit.Seed), RandomPurpose.Negatives, (ulong)Position.Epoch);
        users.Clear();
        items.Clear();
        labels.Clear();
        foreach (int number in drawn)
        {
            if (!sampler.TryDraw(stream, number, out int user, out int item, out int label))
                continue;
            users.Add(user);
            items.Add(item);
            labels.Add(label);
        }
        pairs.Load([.. users], [.. items], [.. labels]);
        return users.Count > 0;
    }

    protected override void RunStep(IProgress<double>? progress, CancellationToken cancellationToken)
    {
        bool isApart = Position.Epoch < pretrainEpochs;
        base.RunStep(progress, cancellationToken);
        if (isApart && EndsEpoch)
            Join();
    }

    protected override void Settle()
    {
        if (Position.Epoch < pretrainEpochs)
            Join();
    }

    // h = [1/2 h_gmf | 1/2 h_mlp], c = 1/2 (c_gmf + c_mlp).
    private void Join()
    {
        Compute.Write(Halved(parts[0].Weights.Gmf!.Output), weights.Gmf!.Output);
        Compute.Write(Halved(parts[1].Weights.Mlp!.Output), weights.Mlp!.Output);
        Compute.Write([.. Halved(parts[0].Weights.Bias).Zip(Halved(parts[1].Weights.Bias), (a, b) => a + b)],
            weights.Bias);
    }

    private double[] Halved(Tensor tensor)
    {
        var values = new double[tensor.Length];
        Compute.Read(tensor, values);
        return [.. values.Select(value => value / 2)];
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (Trained part in parts)
        {
            part.Dispose();
            foreach (NamedTensor tensor in part.Weights.OfOutput)
                tensor.Value.Dispose();
        }
        foreach (IDisposable one in (IDisposable[])[Ranker, whole, weights, pairs])
            one.Dispose();
    }

    // Weights, the network that has them, and what updates them.
    private sealed record Trained(NcfWeights Weights, NcfNetwork Network, IWeightUpdate By) : IDisposable
    {
        public void Dispose()
        {
            Network.Dispose();
            (By as IDisposable)?.Dispose();
        }
    }
}
