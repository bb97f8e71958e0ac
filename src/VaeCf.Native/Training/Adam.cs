using VaeCf.Kernels;
using VaeCf.Native.Compute;
using VaeCf.Native.Models;

namespace VaeCf.Native.Training;

/// <summary>Adam (Kingma and Ba 2015, algorithm 1) over a model's parameters, with the gradient of an L2 term on the weights.</summary>
internal sealed class Adam(ICompute c, IReadOnlyList<Parameter> parameters, double learningRate, double weightDecay, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8) : IDisposable
{
    public IReadOnlyList<Tensor> FirstMoments { get; } = [.. parameters.Select(p => c.Allocate(p.Value.Rows, p.Value.Columns))];

    public IReadOnlyList<Tensor> SecondMoments { get; } = [.. parameters.Select(p => c.Allocate(p.Value.Rows, p.Value.Columns))];

    /// <summary>One update of every parameter from its gradient.</summary>
    /// <param name="t">Number of this update, from 1.</param>
    public void Step(long t)
    {
        for (int i = 0; i < parameters.Count; i++)
        {
            Parameter p = parameters[i];
            var step = new AdamStep(learningRate, beta1, beta2, epsilon, t, p.IsWeight ? weightDecay : 0);
            c.Adam(step, p.Gradient, p.Value, FirstMoments[i], SecondMoments[i]);
        }
    }

    public void Dispose()
    {
        foreach (Tensor tensor in FirstMoments.Concat(SecondMoments))
            tensor.Dispose();
    }
}
