using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Networks;

namespace VaeCf.Native.Training;

/// <summary>Adam (Kingma and Ba 2015, algorithm 1) over a model's parameters, with the gradient of an L2 term on the weights.</summary>
internal sealed class AdamOptimizer(Compute c, IReadOnlyList<Parameter> parameters, double learningRate, double weightDecay, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, bool normalizesGradients = false) : IDisposable
{
    // AdamNormGrad of the VampPrior's authors (Tomczak and Welling 2018): keeps the division from 0.
    private const double NormEpsilon = 1e-7;

    private readonly Parameter[] parameters = [.. parameters];

    public IReadOnlyList<Tensor> FirstMoments { get; } = [.. parameters.Select(p => c.Allocate(p.Value.Rows, p.Value.Columns))];

    public IReadOnlyList<Tensor> SecondMoments { get; } = [.. parameters.Select(p => c.Allocate(p.Value.Rows, p.Value.Columns))];

    /// <summary>Number of the running update, from 1; the same for all parameters.</summary>
    public long T { get; set; }

    /// <summary>Whether each tensor's gradient is divided by its Euclidean norm first, which takes the whole of it: <see cref="Step"/> does, a kernel that makes the update itself does not.</summary>
    public bool NormalizesGradients { get; } = normalizesGradients;

    /// <summary>The running update of a parameter, for a kernel that makes it itself.</summary>
    public AdamUpdate Of(Parameter p)
    {
        int i = Array.IndexOf(parameters, p);
        var step = new AdamStep(learningRate, beta1, beta2, epsilon, T, p.IsWeight ? weightDecay : 0);
        return new AdamUpdate(step, p.Value, FirstMoments[i], SecondMoments[i]);
    }

    /// <summary>The running update of a parameter from its gradient.</summary>
    public void Step(Parameter p)
    {
        AdamUpdate update = Of(p);
        double scale = NormalizesGradients ? 1 / (Math.Sqrt(c.SquaredNorm(p.Gradient)) + NormEpsilon) : 1;
        c.Adam(p.Gradient, update with { Step = update.Step with { GradientScale = scale } });
    }

    public void Dispose()
    {
        foreach (Tensor tensor in FirstMoments.Concat(SecondMoments))
            tensor.Dispose();
    }
}
