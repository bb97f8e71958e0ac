using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Networks;

/// <summary>
/// Adam (Kingma and Ba 2015, algorithm 1) over a model's parameters, with the gradient of an L2 term on the weights.
/// Each parameter counts its own updates, so that parts of a model may be trained in turn.
/// </summary>
internal sealed class AdamOptimizer : IUpdate, IDisposable
{
    // AdamNormGrad of the VampPrior's authors (Tomczak and Welling 2018): keeps the division from 0.
    private const double NormEpsilon = 1e-7;

    private readonly Compute c;
    private readonly AdamStep settings;
    private readonly Dictionary<Parameter, Moments> moments;

    private sealed class Moments(Tensor m, Tensor v)
    {
        public Tensor M => m;
        public Tensor V => v;
        public long Updates { get; set; }
    }

    /// <param name="c">Where the moments are.</param>
    /// <param name="parameters">What is trained.</param>
    /// <param name="settings">Learning rate, decay of the moments and epsilon, and the weight decay of weights.</param>
    /// <param name="normalizesGradients">
    /// Whether each tensor's gradient is divided by its Euclidean norm first, which needs the whole gradient.
    /// </param>
    public AdamOptimizer(Compute c, IReadOnlyList<Parameter> parameters, AdamStep settings,
        bool normalizesGradients = false)
    {
        (this.c, this.settings, Fuses) = (c, settings, !normalizesGradients);
        moments = parameters.ToDictionary(p => p,
            p => new Moments(c.Allocate(p.Value.Rows, p.Value.Columns), c.Allocate(p.Value.Rows, p.Value.Columns)));
    }

    public bool Fuses { get; }

    /// <summary>The moments by name.</summary>
    public IEnumerable<NamedTensor> State => moments.SelectMany(one =>
        (NamedTensor[])[new($"adam.m.{one.Key.Name}", one.Value.M, one.Key.IsVector),
            new($"adam.v.{one.Key.Name}", one.Value.V, one.Key.IsVector)]);

    /// <summary>How many updates each parameter has had, by its name.</summary>
    public IEnumerable<(string Name, long Updates)> Updates => moments.Select(one => (one.Key.Name, one.Value.Updates));

    /// <summary>Sets the counts that <see cref="Updates"/> gave.</summary>
    public void SetUpdates(Func<string, long> updates)
    {
        foreach ((Parameter p, Moments one) in moments)
            one.Updates = updates(p.Name);
    }

    public AdamUpdate? Fused(Parameter p) => Fuses ? Next(p, 1) : null;

    public void Apply(Parameter p) => c.Adam(p.Gradient, Next(p, Fuses ? 1 : 1 / (Norm(p) + NormEpsilon)));

    private double Norm(Parameter p)
    {
        double norm = Math.Sqrt(c.SquaredNorm(p.Gradient));
        return double.IsFinite(norm) ? norm
            : throw new NotFiniteNumberException($"the gradient of tensor '{p.Name}' is not finite");
    }

    private AdamUpdate Next(Parameter p, double gradientScale)
    {
        Moments one = moments[p];
        one.Updates++;
        AdamStep step = settings with
        {
            T = one.Updates,
            WeightDecay = p.IsWeight ? settings.WeightDecay : 0,
            GradientScale = gradientScale,
        };
        return new AdamUpdate(step, p.Value, one.M, one.V);
    }

    public void Dispose()
    {
        foreach (Moments one in moments.Values)
        {
            one.M.Dispose();
            one.V.Dispose();
        }
    }
}
