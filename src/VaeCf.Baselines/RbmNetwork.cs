using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>
/// The weights of an RBM: W [I K, F], a row for each value of each item, a [1, I K] of the visible units and b [1, F]
/// of the hidden ones; K is 1 for clicks.
/// </summary>
internal sealed record RbmWeights(Tensor W, Tensor A, Tensor B) : IDisposable
{
    public static RbmWeights Allocate(Compute c, int visible, int hidden) =>
        new(c.Allocate(visible, hidden), c.Allocate(1, visible), c.Allocate(1, hidden));

    public static RbmWeights Take(ModelData data, Compute c, int visible)
    {
        int hidden = data.Settings.Get(Rbm.Units);
        return new(data.Take(c, "weight", visible, hidden), data.Take(c, "visible_bias", visible),
            data.Take(c, "hidden_bias", hidden));
    }

    public IReadOnlyList<NamedTensor> Named => [new("weight", W), new("visible_bias", A, IsVector: true),
        new("hidden_bias", B, IsVector: true)];

    /// <summary>Draws W from a normal distribution; the hidden biases stay 0.</summary>
    /// <param name="c">Where they are.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="rates">The visible biases: logarithms of how often each value, or item, is chosen.</param>
    public void Start(Compute c, ulong seed, double[] rates)
    {
        // Hinton 2010, "A practical guide to training restricted Boltzmann machines", section 8; as in the paper.
        const double deviation = 0.01;
        Drawing.Normal(c, W, new RandomStream(seed, RandomPurpose.Weights, 0), number: 0, deviation);
        c.Write(rates, A);
    }

    /// <summary>p(h = 1 | v), [B, F], of visible units at a batch's clicks.</summary>
    public void Hidden(Compute c, ClickBatch units, Tensor v, Tensor p)
    {
        c.SparseGemm(units, v, W, p);                             // v W
        c.AddBiasActivate(Activation.Sigmoid, B, p);              // s(v W + b)
    }

    public void Dispose()
    {
        foreach (NamedTensor one in Named)
            one.Value.Dispose();
    }
}

/// <summary>The uniform numbers of a chain, which decide it.</summary>
internal interface IRbmDraws
{
    /// <summary>Fills [B, F] for the hidden units of step t.</summary>
    void Hidden(int t, Tensor uniform);

    /// <summary>Fills a number for each visible unit of step t, sized by this.</summary>
    void Visible(int t, Tensor uniform);

    /// <summary>Is shown the units that were drawn.</summary>
    void Drawn(int t, Tensor hidden, Tensor visible) { }
}

/// <summary>Numbers of a run's streams, by user and unit.</summary>
internal sealed class RbmDraws(Compute c, ulong seed, long step, ClickBatch batch, bool ofClicks) : IRbmDraws
{
    public void Hidden(int t, Tensor uniform) => c.Uniform(Stream(RandomPurpose.HiddenUnits, t), batch, uniform);

    public void Visible(int t, Tensor uniform)
    {
        if (ofClicks)
            c.Uniform(Stream(RandomPurpose.VisibleUnits, t), batch, uniform);
        else
            c.ClickUniform(Stream(RandomPurpose.VisibleUnits, t), batch, uniform);
    }

    // A chain has at most 1,000,000 steps, which is below 2^20.
    private RandomStream Stream(RandomPurpose purpose, int t) => new(seed, purpose, (ulong)step << 20 | (uint)t);
}

/// <summary>
/// Contrastive divergence for a batch: the chain, and the gradients of what is descended, mean(F(v_0) - F(v_T)) with
/// the free energy F and v_T a constant. The weights are another's.
/// </summary>
internal abstract class RbmNetwork : IDisposable
{
    private readonly Tensor p, h, signs;

    protected RbmNetwork(Compute c, RbmWeights weights)
    {
        (C, Weights) = (c, weights);
        int hidden = weights.B.Columns;
        (p, h, signs) = (c.Allocate(0, hidden), c.Allocate(0, hidden), c.Allocate(0, 1));
        (Losses, Other) = (c.Allocate(0, 1), c.Allocate(weights.W.Rows, hidden));
    }

    protected Compute C { get; }

    protected RbmWeights Weights { get; }

    /// <summary>What the chain did to the data, a number for each user.</summary>
    protected Tensor Losses { get; }

    /// <summary>Room for half of the gradient of W.</summary>
    protected Tensor Other { get; }

    /// <summary>The visible units as the chain has them, one number each.</summary>
    protected abstract Tensor Visible { get; }

    /// <summary>p = p(h = 1 | v_0).</summary>
    protected abstract void OfData(Tensor p);

    /// <summary>Draws the visible units, given the hidden ones.</summary>
    protected abstract void Draw(int t, Tensor hidden, IRbmDraws draws);

    /// <summary>p = p(h = 1 | v_t).</summary>
    protected abstract void OfChain(Tensor p);

    /// <summary>The gradients of W and a, v_T' p_T - v_0' p_0 and v_T - v_0, means over users.</summary>
    protected abstract void Gradients(Tensor p0, Tensor pT, Descent descent);

    /// <summary>Runs the chain; leaves the gradients of all weights, and gives each user's loss.</summary>
    /// <param name="users">B.</param>
    /// <param name="steps">T.</param>
    /// <param name="draws">The chain's numbers.</param>
    /// <param name="descent">Receives the gradients.</param>
    public double[] Backward(int users, int steps, IRbmDraws draws, Descent descent)
    {
        p.Resize(2 * users);
        Tensor p0 = p.Slice(0, users), pT = p.Slice(users, users);
        OfData(p0);
        for (int t = 0; t < steps; t++)
        {
            draws.Hidden(t, h);
            C.Bernoulli(t == 0 ? p0 : pT, h);                     // h ~ p(h | v)
            Draw(t, h, draws);                                    // v ~ p(v | h)
            draws.Drawn(t, h, Visible);
            OfChain(pT);
        }
        signs.Resize(2 * users);
        C.Fill(-1.0 / users, signs.Slice(0, users));
        C.Fill(1.0 / users, signs.Slice(users, users));
        C.Gemm(Transpose.A, signs, p, descent.Gradient(Weights.B)); // db = mean(p_T - p_0)
        Gradients(p0, pT, descent);
        var losses = new double[users];
        C.Read(Losses, losses);
        return losses;
    }

    public virtual void Dispose()
    {
        foreach (Tensor tensor in (Tensor[])[p, h, signs, Losses, Other])
            tensor.Dispose();
    }
}

/// <summary>With a softmax unit of K values for each rating. A loss is a user's squared error after one step.</summary>
internal sealed class RatingRbmNetwork : RbmNetwork
{
    private readonly RatingUnits units;
    private readonly RbmAveraging averaging;
    private readonly ClickBatch ratings, all;
    private readonly Tensor values, x, v, uniform, means, noBias, minusX, shares;

    public RatingRbmNetwork(Compute c, RbmWeights weights, Tensor values, RatingUnits units, RbmAveraging averaging)
        : base(c, weights)
    {
        (this.units, this.averaging, this.values) = (units, averaging, values);
        (ratings, all) = (c.AllocateBatch(), c.AllocateBatch());
        Tensor New() => c.Allocate(0, 1);
        (x, v, uniform, means, minusX, shares) = (New(), New(), New(), New(), New(), New());
        noBias = c.Allocate(weights.W.Rows / units.Values.Count, 1);
    }

    protected override Tensor Visible => v;

    /// <summary>The ratings that the chain starts from.</summary>
    public ClickBatch Load(ClickMatrix matrix, ReadOnlySpan<int> rows)
    {
        C.Load(matrix, rows, ratings);
        units.Load(C, matrix, rows, all);
        var raters = new Dictionary<int, int>();
        foreach (int row in rows)
            foreach (int item in matrix.ItemsOf(row))
                raters[item] = raters.GetValueOrDefault(item) + 1;
        double[] share = new double[all.ClickCount], minus = new double[all.ClickCount];
        int n = 0;
        foreach (int row in rows)
            for (int i = 0; i < matrix.CountOf(row); i++)
            {
                double own = 1.0 / (averaging == RbmAveraging.Users ? rows.Length : raters[matrix.ItemsOf(row)[i]]);
                share.AsSpan(n, units.Values.Count).Fill(own);
                minus[n + units.Nearest(matrix.ValuesOf(row)[i])] = -own;
                n += units.Values.Count;
            }
        shares.Resize(share.Length);
        C.Write(share, shares);
        minusX.Resize(minus.Length);
        C.Write(minus, minusX);
        return ratings;
    }

    protected override void OfData(Tensor p)
    {
        C.ClickDropout(default, 1, all, x);                       // v_0: 1 at each rating's value
        Weights.Hidden(C, all, x, p);
    }

    protected override void Draw(int t, Tensor hidden, IRbmDraws draws)
    {
        C.SampledGemm(all, hidden, Weights.W, v);                 // h W', where there are ratings
        C.AddSparseBias(all, Weights.A, v);
        C.Softmax(units.Values.Count, v);                         // p(v = k | h)
        if (t == 0)
        {
            means.Resize(ratings.ClickCount);
            C.Expectation(values, v, means);
            C.SquaredError(ratings, noBias, means, Losses);
        }
        draws.Visible(t, uniform);
        C.Categorical(units.Values.Count, uniform, v);
    }

    protected override void OfChain(Tensor p) => Weights.Hidden(C, all, v, p);

    protected override void Gradients(Tensor p0, Tensor pT, Descent descent)
    {
        Tensor dW = descent.Gradient(Weights.W);
        C.Hadamard(shares, v, v);                                 // v_T / B, or / raters
        C.SparseGemmGradient(all, v, pT, dW);                     // v_T' p_T
        C.SparseGemmGradient(all, minusX, p0, Other);             // -v_0' p_0
        C.Add(Other, dW);
        C.Add(minusX, v);
        C.SparseBiasGradient(all, v, descent.Gradient(Weights.A)); // v_T - v_0
    }

    public override void Dispose()
    {
        foreach (IDisposable one in (IDisposable[])[ratings, all, x, v, uniform, means, noBias, minusX, shares])
            one.Dispose();
        base.Dispose();
    }
}

/// <summary>
/// With a unit of 0 or 1 for every item. A loss is the number of a user's units that the chain changed.
/// </summary>
internal sealed class ClickRbmNetwork : RbmNetwork
{
    private readonly Tensor x, probabilities, v, shares;
    private ClickBatch? clicks;

    public ClickRbmNetwork(Compute c, RbmWeights weights) : base(c, weights)
    {
        int items = weights.W.Rows;
        (x, shares) = (c.Allocate(0, 1), c.Allocate(0, weights.B.Columns));
        (probabilities, v) = (c.Allocate(0, items), c.Allocate(0, items));
    }

    protected override Tensor Visible => v;

    /// <summary>The clicks that the chain starts from, which count 1 each.</summary>
    public void Load(ClickBatch batch) => clicks = batch;

    protected override void OfData(Tensor p)
    {
        C.ClickDropout(default, 1, clicks!, x);                   // v_0: 1 at each click
        Weights.Hidden(C, clicks!, x, p);
    }

    protected override void Draw(int t, Tensor hidden, IRbmDraws draws)
    {
        C.Gemm(Transpose.B, hidden, Weights.W, probabilities);    // h W'
        C.AddBiasActivate(Activation.Sigmoid, Weights.A, probabilities); // p(v = 1 | h)
        draws.Visible(t, v);
        C.Bernoulli(probabilities, v);
    }

    protected override void OfChain(Tensor p)
    {
        C.Gemm(Transpose.None, v, Weights.W, p);
        C.AddBiasActivate(Activation.Sigmoid, Weights.B, p);
    }

    protected override void Gradients(Tensor p0, Tensor pT, Descent descent)
    {
        Tensor dW = descent.Gradient(Weights.W);
        double share = 1.0 / pT.Rows;
        shares.Resize(pT.Rows);
        C.Fill(share, shares);
        C.Hadamard(shares, pT, pT);
        C.Fill(-share, x);
        C.Gemm(Transpose.A, v, pT, dW);                           // v_T' p_T / B
        C.SparseGemmGradient(clicks!, x, p0, Other);              // -v_0' p_0 / B
        C.Add(Other, dW);
        // The square loss of v_T has the gradient (v_T - v_0) / B.
        C.Loss(clicks!, new OutputLoss(Likelihood.Gaussian, share / 2, C1: 2, C0: 2), v, Losses);
        C.BiasGradient(v, descent.Gradient(Weights.A));
    }

    public override void Dispose()
    {
        foreach (Tensor tensor in (Tensor[])[x, probabilities, v, shares])
            tensor.Dispose();
        base.Dispose();
    }
}
