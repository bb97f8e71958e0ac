using VaeCf.Kernels;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>The weights of the objective.</summary>
internal sealed class WmfWeights(Settings settings)
{
    private readonly Confidence confidence = settings.Get(Wmf.Weighting);
    private readonly double alpha = settings.Get(Wmf.Alpha), epsilon = settings.Get(Wmf.Epsilon),
        lambda = settings.Get(Wmf.Lambda), nu = settings.Get(Wmf.Nu);

    /// <summary>c0, the confidence of a pair without a click.</summary>
    public double Unclicked { get; } =
        settings.Get(Wmf.Weighting) == Confidence.Rendle ? settings.Get(Wmf.Alpha0) : 1;

    /// <summary>How much more than c0 the confidence of a click is, given its count.</summary>
    public double OfClick(double count) => confidence switch
    {
        Confidence.Hu => alpha * count,
        Confidence.Log => alpha * Math.Log(1 + count / epsilon),
        _ => 1,
    };

    /// <summary>Throws unless every click has a weight that single precision holds.</summary>
    /// <exception cref="InputException">One has not; the message names its user and its count.</exception>
    public void Check(ClickMatrix clicks)
    {
        for (int user = 0; user < clicks.UserCount; user++)
            foreach (float count in clicks.HasValues ? clicks.ValuesOf(user) : [1])
                if ((float)OfClick(count) is var weight && !(weight > 0 && float.IsFinite(weight)))
                    throw new InputException($"user {user}: found a click that counts {count}, so that its weight is "
                        + $"{weight} with {settings.Text()}; expected a finite number above 0");
    }

    /// <summary>The L2 term's factor for a row of so many clicks, of so many that were possible.</summary>
    public double Ridge(int clicks, int possible) => lambda * Math.Pow(clicks + Unclicked * possible, nu);
}

/// <summary>
/// Vectors Y of one side, and the basis in which c0 Y'Y, which the systems of all rows of the other side share, is a
/// diagonal: c0 Y'Y = Q diag(d) Q'.
/// </summary>
internal sealed class WmfBasis(Compute c, int factors) : IDisposable
{
    private readonly Tensor gram = c.Allocate(factors, factors), vectors = c.Allocate(factors, factors);

    /// <summary>d, [1, K].</summary>
    public Tensor Diagonal { get; } = c.Allocate(1, factors);

    /// <summary>Y Q.</summary>
    public Tensor Rotated { get; } = c.Allocate(0, factors);

    /// <summary>Makes the basis of Y.</summary>
    /// <exception cref="InputException">Y holds numbers that are too large.</exception>
    public void Take(Tensor y, double unclicked, CancellationToken cancellationToken = default)
    {
        c.Gemm(Transpose.A, y, y, gram);                        // Y'Y = Q diag(d) Q' / c0
        try
        {
            c.SymmetricEigen(gram, vectors, Diagonal, cancellationToken);
        }
        catch (ArithmeticException e)
        {
            throw WmfStep.Unsolvable(e);
        }
        var d = new double[factors];
        c.Read(Diagonal, d);
        for (int k = 0; k < factors; k++)
            d[k] = Math.Max(0, unclicked * d[k]);               // no square is negative, but rounding may make it so
        c.Write(d, Diagonal);
        c.Gemm(Transpose.None, y, vectors, Rotated);            // Z = Y Q
    }

    /// <summary>X Q' for vectors X in this basis.</summary>
    public void TurnBack(Tensor x, Tensor turned) => c.Gemm(Transpose.B, x, vectors, turned);

    public void Dispose()
    {
        foreach (Tensor tensor in (Tensor[])[gram, vectors, Diagonal, Rotated])
            tensor.Dispose();
    }
}

/// <summary>Solves for some rows of one side, given the other side.</summary>
internal sealed class WmfStep(Compute c, Settings settings, int factors) : IDisposable
{
    private readonly WmfWeights weights = new(settings);
    private readonly Tensor ofClicks = c.Allocate(0, 1), targets = c.Allocate(0, 1), ridge = c.Allocate(0, 1);

    /// <summary>The rows' clicks.</summary>
    public ClickBatch Batch { get; } = c.AllocateBatch();

    /// <summary>Their vectors, in the other side's basis.</summary>
    public Tensor Solution { get; } = c.Allocate(0, factors);

    /// <summary>
    /// (diag(d) + sum of w z z' + lambda_row I) x = sum of (c0 + w) z, over the clicks of each row.
    /// </summary>
    /// <param name="clicks">The clicks.</param>
    /// <param name="rows">The rows of them to solve for.</param>
    /// <param name="other">The other side.</param>
    /// <param name="isTarget">
    /// Whether the sum on the right holds a click, by the place of its row in <paramref name="rows"/> and its own in
    /// the row; null, the default, for all.
    /// </param>
    /// <exception cref="InputException">A system has no solution in float; the message names its row.</exception>
    public void Solve(ClickMatrix clicks, ReadOnlySpan<int> rows, WmfBasis other, Func<int, int, bool>? isTarget = null)
    {
        c.Load(clicks, rows, Batch);
        double[] w = new double[Batch.ClickCount], t = new double[w.Length], r = new double[rows.Length];
        int at = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            ReadOnlySpan<float> counts = clicks.ValuesOf(rows[i]);
            int count = clicks.CountOf(rows[i]);
            r[i] = weights.Ridge(count, clicks.ItemCount);
            for (int n = 0; n < count; n++, at++)
            {
                double more = weights.OfClick(counts.IsEmpty ? 1 : counts[n]);
                (w[at], t[at]) = (more, isTarget is null || isTarget(i, n) ? weights.Unclicked + more : 0);
            }
        }
        Write(w, ofClicks);
        Write(t, targets);
        Write(r, ridge);
        try
        {
            c.NormalEquations(Batch, ofClicks, targets, other.Diagonal, ridge, other.Rotated, Solution);
        }
        catch (ArithmeticException e)
        {
            throw Unsolvable(e);
        }
    }

    /// <summary>What systems that cannot be solved end in.</summary>
    public static InputException Unsolvable(ArithmeticException reason) =>
        new($"WMF cannot be solved: {reason.Message}. A larger lambda may help, or smaller counts", reason);

    private void Write(double[] values, Tensor column)
    {
        column.Resize(values.Length);
        c.Write(values, column);
    }

    public void Dispose()
    {
        Batch.Dispose();
        foreach (Tensor tensor in (Tensor[])[ofClicks, targets, ridge, Solution])
            tensor.Dispose();
    }
}
