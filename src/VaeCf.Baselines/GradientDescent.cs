using VaeCf.Kernels;
using VaeCf.Native.Devices;

namespace VaeCf.Baselines;

/// <summary>Plain gradient descent, w -= rate g.</summary>
internal sealed class GradientDescent(Compute c, double rate) : IWeightUpdate, IDisposable
{
    private readonly Dictionary<(int Rows, int Columns), (Tensor Gradient, Tensor Velocity)> scratch = [];

    /// <inheritdoc/>
    public void Update(Tensor gradient, Tensor weight, double decay) =>
        c.Sgd(gradient, new SgdStep(rate, Momentum: 0, decay), weight, Scratch(weight).Velocity);

    /// <inheritdoc/>
    public void Update(ClickBatch batch, Tensor x, Tensor dY, Tensor weight, double decay)
    {
        Tensor gradient = Scratch(weight).Gradient;
        c.SparseGemmGradient(batch, x, dY, gradient);
        Update(gradient, weight, decay);
    }

    // Without momentum the velocity is the gradient of the step at hand, so that weights of a shape may share it.
    private (Tensor Gradient, Tensor Velocity) Scratch(Tensor weight)
    {
        if (!scratch.TryGetValue((weight.Rows, weight.Columns), out (Tensor, Tensor) found))
            scratch.Add((weight.Rows, weight.Columns), found = (c.Allocate(weight.Rows, weight.Columns),
                c.Allocate(weight.Rows, weight.Columns)));
        return found;
    }

    public void Dispose()
    {
        foreach ((Tensor gradient, Tensor velocity) in scratch.Values)
        {
            gradient.Dispose();
            velocity.Dispose();
        }
    }
}
