using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>How weights are updated by their gradients.</summary>
public enum OptimizerKind
{
    /// <summary>Adam (Kingma and Ba 2015), with their decay rates, .9 and .999.</summary>
    Adam,
    /// <summary>AdaGrad (Duchi and others 2011), with 1 under the root.</summary>
    AdaGrad,
}

/// <summary>
/// Updates weights, each of them once in every step, by a loss whose L2 term's gradient it adds itself.
/// </summary>
internal sealed class Optimizer : IWeightUpdate, IDisposable
{
    private const double Beta = 1;

    private readonly Compute c;
    private readonly IReadOnlyList<NamedTensor> weights;
    private readonly Tensor[] first, second;
    private readonly Dictionary<(int Rows, int Columns), Tensor> scratch = [];
    private readonly AdamStep adam;
    private readonly OptimizerKind kind;

    /// <param name="c">Where the weights are.</param>
    /// <param name="weights">What is trained.</param>
    /// <param name="rate">Learning rate.</param>
    /// <param name="kind">How.</param>
    /// <param name="beta1">Decay rate of Adam's first moment; 0 makes the moment the gradient.</param>
    public Optimizer(Compute c, IReadOnlyList<NamedTensor> weights, double rate,
        OptimizerKind kind = OptimizerKind.Adam, double beta1 = 0.9)
    {
        (this.c, this.weights, this.kind) = (c, weights, kind);
        adam = new AdamStep(rate, beta1, Beta2: 0.999, Epsilon: 1e-8, T: 1, WeightDecay: 0);
        Tensor[] Allocate() => [.. weights.Select(one => c.Allocate(one.Value.Rows, one.Value.Columns))];
        (first, second) = (Allocate(), kind == OptimizerKind.Adam ? Allocate() : []);
    }

    /// <summary>The step that is being made, from 1.</summary>
    public long Step { get; set; } = 1;

    /// <summary>Whether Adam leaves the rows of a weight alone that a sparse gradient does not touch.</summary>
    public bool IsLazy { get; init; }

    /// <summary>Whether it is Adam, which some operations make themselves.</summary>
    public bool IsAdam => kind == OptimizerKind.Adam;

    /// <summary>What resuming needs: Adam's moments, or AdaGrad's sums of squares.</summary>
    public IReadOnlyList<NamedTensor> State =>
        [.. Named(IsAdam ? "m" : "squares", first), .. Named("v", second)];

    /// <summary>Adam's first moments, or AdaGrad's sums of squares, by the weights' names.</summary>
    public IReadOnlyList<NamedTensor> First => [.. weights.Zip(first, (weight, one) => weight with { Value = one })];

    private IEnumerable<NamedTensor> Named(string prefix, Tensor[] tensors) => weights.Zip(tensors,
        (weight, tensor) => new NamedTensor($"{prefix}.{weight.Name}", tensor, weight.IsVector));

    private int IndexOf(Tensor weight)
    {
        for (int i = 0; i < weights.Count; i++)
            if (weights[i].Value == weight)
                return i;
        throw new ArgumentException("a weight that is not trained", nameof(weight));
    }

    /// <summary>Adam's step on a weight, for an operation that makes it.</summary>
    public AdamUpdate Adam(Tensor weight, double decay) =>
        new(adam with { T = Step, WeightDecay = decay }, weight, first[IndexOf(weight)], second[IndexOf(weight)]);

    /// <inheritdoc/>
    public void Update(Tensor gradient, Tensor weight, double decay)
    {
        if (IsAdam)
            c.Adam(gradient, Adam(weight, decay));
        else
            c.AdaGrad(gradient, new AdaGradStep(adam.LearningRate, Beta, decay), weight, first[IndexOf(weight)]);
    }

    /// <inheritdoc/>
    public void Update(ClickBatch batch, Tensor x, Tensor dY, Tensor weight, double decay)
    {
        if (IsLazy)
        {
            c.SparseGemmUpdateClicked(batch, x, dY, Adam(weight, decay));
            return;
        }
        if (IsAdam)
        {
            c.SparseGemmUpdate(batch, x, dY, Adam(weight, decay));
            return;
        }
        Tensor gradient = Gradient(weight);
        c.SparseGemmGradient(batch, x, dY, gradient);
        Update(gradient, weight, decay);
    }

    /// <summary>Room for the gradient of a weight, until it is asked for again for one of the same shape.</summary>
    public Tensor Gradient(Tensor weight)
    {
        if (!scratch.TryGetValue((weight.Rows, weight.Columns), out Tensor? gradient))
            scratch.Add((weight.Rows, weight.Columns), gradient = c.Allocate(weight.Rows, weight.Columns));
        return gradient;
    }

    public void Dispose()
    {
        foreach (Tensor tensor in first.Concat(second).Concat(scratch.Values))
            tensor.Dispose();
    }
}
