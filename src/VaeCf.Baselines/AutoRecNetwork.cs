using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>
/// A weight of AutoRec with what its optimiser keeps: Adam's moments, or RProp's step sizes and last gradient.
/// </summary>
internal sealed class AutoRecWeight(Compute c, string name, int rows, int columns, bool isVector = false) : IDisposable
{
    private Tensor? gradient;

    public Tensor Value { get; } = c.Allocate(rows, columns);

    public Tensor First { get; } = c.Allocate(rows, columns);

    public Tensor Second { get; } = c.Allocate(rows, columns);

    /// <summary>The gradient as a tensor of its own; where an operation makes the step at once there is none.</summary>
    public Tensor Gradient => gradient ??= c.Allocate(rows, columns);

    public NamedTensor Named => new(name, Value, isVector);

    public IEnumerable<NamedTensor> State => [Named with { Name = $"first.{name}", Value = First },
        Named with { Name = $"second.{name}", Value = Second }];

    public void Dispose()
    {
        foreach (Tensor? tensor in (Tensor?[])[Value, First, Second, gradient])
            tensor?.Dispose();
    }
}

/// <summary>
/// The network that is trained: forwards, backwards and the steps, for batches of rows. C is the number of columns of a
/// row, N that of the batch's ratings.
/// </summary>
internal sealed class AutoRecNetwork : IDisposable
{
    private readonly Compute c;
    private readonly Settings settings;
    private readonly Tensor x, f, h, dH, ones, losses;

    public AutoRecNetwork(Compute c, Settings settings, int columns)
    {
        (this.c, this.settings) = (c, settings);
        int units = settings.Get(AutoRec.Units);
        (V, Mu) = (new(c, "encoder.weight", columns, units), new(c, "encoder.bias", 1, units, isVector: true));
        (W, B) = (new(c, "decoder.weight", columns, units), new(c, "decoder.bias", columns, 1));
        (x, f, ones, losses) = (c.Allocate(0, 1), c.Allocate(0, 1), c.Allocate(0, 1), c.Allocate(0, 1));
        (h, dH) = (c.Allocate(0, units), c.Allocate(0, units));
    }

    /// <summary>V, [C, K].</summary>
    public AutoRecWeight V { get; }

    /// <summary>mu, [1, K].</summary>
    public AutoRecWeight Mu { get; }

    /// <summary>W, [C, K]: a row for each output.</summary>
    public AutoRecWeight W { get; }

    /// <summary>b, [C, 1].</summary>
    public AutoRecWeight B { get; }

    public IReadOnlyList<AutoRecWeight> Weights => [V, Mu, W, B];

    /// <summary>Draws the weights; the biases are 0.</summary>
    public void Draw(ulong seed)
    {
        // As published programs of AutoRec have it; the paper is silent.
        const double deviation = 0.03;
        foreach ((AutoRecWeight weight, uint stream) in new[] { (V, 0u), (W, 1u) })
            Drawing.Normal(c, weight.Value, new RandomStream(seed, RandomPurpose.Weights, 0), stream, deviation);
    }

    /// <summary>The hidden units of rows, [B, K].</summary>
    public static void Encode(Compute c, ClickBatch batch, Tensor v, Tensor mu, Tensor x, Tensor h)
    {
        c.ClickDropout(default, 1, batch, x);                       // r, where there are ratings
        c.SparseGemm(batch, x, v, h);
        c.AddBiasActivate(Activation.Sigmoid, mu, h);               // h = s(r V + mu)
    }

    /// <summary>
    /// The squared error of each row of the batch; and all gradients of their sum, apart from the L2 term's.
    /// </summary>
    public double[] Backward(ClickBatch batch)
    {
        Hidden(batch);
        c.SparseGemmGradient(batch, f, h, W.Gradient);              // dW = df' h
        c.SparseGemmGradient(batch, f, ones, B.Gradient);           // db = df' 1
        c.SparseGemmGradient(batch, x, dH, V.Gradient);             // dV = r' d(r V + mu)
        c.BiasGradient(dH, Mu.Gradient);
        return Losses(batch);
    }

    /// <summary>One update; the squared error of each row before it.</summary>
    /// <param name="batch">Rows of ratings.</param>
    /// <param name="share">The batch's share of all rows, and so of the L2 term.</param>
    /// <param name="number">Its number, from 1.</param>
    public double[] Train(ClickBatch batch, double share, long number)
    {
        double decay = settings.Get(AutoRec.Lambda) * share, rate = settings.Get(AutoRec.LearningRate);
        if (settings.Get(AutoRec.Optimizer) == AutoRecOptimizer.RProp)
        {
            double[] errors = Backward(batch);
            foreach (AutoRecWeight w in Weights)
                c.RProp(w.Gradient, new RPropStep(rate, WeightDecay: DecayOf(w)), w.Value, w.First, w.Second);
            return errors;
        }
        Hidden(batch);
        c.SparseGemmUpdate(batch, f, h, Adam(W));                   // the gradients of Backward, a row at a time
        c.SparseGemmUpdate(batch, f, ones, Adam(B));
        c.SparseGemmUpdate(batch, x, dH, Adam(V));
        c.BiasGradient(dH, Mu.Gradient);
        c.Adam(Mu.Gradient, Adam(Mu));
        return Losses(batch);

        double DecayOf(AutoRecWeight w) => w == V || w == W ? decay : 0;
        AdamUpdate Adam(AutoRecWeight w) => new(new AdamStep(rate, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, number,
            DecayOf(w)), w.Value, w.First, w.Second);
    }

    // Forward, the errors, and back to the argument of the sigmoid: afterwards f is df, dH the gradient of r V + mu.
    private void Hidden(ClickBatch batch)
    {
        Encode(c, batch, V.Value, Mu.Value, x, h);
        c.SampledGemm(batch, h, W.Value, f);                        // h W', where there are ratings
        c.SquaredError(batch, B.Value, f, losses);                  // (h W' + b - r)^2; df = 2 (h W' + b - r)
        c.SparseGemm(batch, f, W.Value, dH);                        // dh = df W
        c.ActivationGradient(Activation.Sigmoid, h, dH);
        ones.Resize(batch.UserCount);
        c.Fill(1, ones);
    }

    private double[] Losses(ClickBatch batch)
    {
        var values = new double[batch.UserCount];
        c.Read(losses, values);
        return values;
    }

    public void Dispose()
    {
        foreach (IDisposable owned in (IDisposable[])[V, Mu, W, B, x, f, h, dH, ones, losses])
            owned.Dispose();
    }
}
