using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>Gradient descent with momentum on some weights, with a gradient and a velocity for each of them.</summary>
internal sealed class Descent : IDisposable
{
    private readonly Compute c;
    private readonly IReadOnlyList<NamedTensor> weights;
    private readonly Dictionary<Tensor, (Tensor Gradient, Tensor Velocity)> own;

    public Descent(Compute c, IReadOnlyList<NamedTensor> weights)
    {
        (this.c, this.weights) = (c, weights);
        Tensor Like(Tensor weight) => c.Allocate(weight.Rows, weight.Columns);
        own = weights.ToDictionary(one => one.Value, one => (Like(one.Value), Like(one.Value)));
    }

    /// <summary>What resuming needs.</summary>
    public IReadOnlyList<NamedTensor> State =>
        [.. weights.Select(one => new NamedTensor($"velocity.{one.Name}", own[one.Value].Velocity, one.IsVector))];

    /// <summary>The gradient of a weight, to be written before <see cref="Step"/>.</summary>
    public Tensor Gradient(Tensor weight) => own[weight].Gradient;

    /// <summary>Updates every weight by its gradient; the L2 term is not on vectors, which are biases.</summary>
    public void Step(SgdStep step)
    {
        foreach (NamedTensor one in weights)
            c.Sgd(own[one.Value].Gradient, one.IsVector ? step with { WeightDecay = 0 } : step, one.Value,
                own[one.Value].Velocity);
    }

    public void Dispose()
    {
        foreach ((Tensor gradient, Tensor velocity) in own.Values)
        {
            gradient.Dispose();
            velocity.Dispose();
        }
    }
}
