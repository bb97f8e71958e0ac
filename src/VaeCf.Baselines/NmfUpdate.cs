using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>An update of one side's factors while the other's are fixed: the users' W, or the items' H.</summary>
internal sealed class NmfUpdate(Compute c, Settings settings) : IDisposable
{
    /// <summary>Keeps denominators above 0.</summary>
    public const double Epsilon = 1e-12;

    private readonly double l1 = settings.Get(Nmf.L1), l2 = settings.Get(Nmf.L2);
    private readonly Tensor falling = c.Allocate(0, settings.Get(Nmf.Factors)),
        sums = c.Allocate(1, settings.Get(Nmf.Factors)), predicted = c.Allocate(0, 1), ratio = c.Allocate(0, 1);

    /// <summary>Whether the loss is the square one.</summary>
    public bool IsSquare { get; } = settings.Get(Nmf.Loss) == NmfLoss.Square;

    /// <summary>F'F of the fixed factors F, [K, K].</summary>
    public Tensor Gram { get; } = c.Allocate(settings.Get(Nmf.Factors), settings.Get(Nmf.Factors));

    /// <summary>The part of the gradient that makes the factors rise, in their shape.</summary>
    public Tensor Rising { get; } = c.Allocate(0, settings.Get(Nmf.Factors));

    /// <summary>Fixes factors: computes what does not depend on the others.</summary>
    public void Fix(Tensor factors)
    {
        if (IsSquare)
            c.Gemm(Transpose.A, factors, factors, Gram);
        else
            c.BiasGradient(factors, sums);
    }

    /// <summary>The gradient of W, while H is fixed.</summary>
    public void OfUsers(ClickBatch batch, Tensor x, Tensor w, Tensor h)
    {
        c.SparseGemm(batch, IsSquare ? x : Ratio(batch, x, w, h), h, Rising);               // X H, or X/(W H') H
        Fall(w);
    }

    /// <summary>The gradient of H, while W is fixed.</summary>
    public void OfItems(ClickBatch batch, Tensor x, Tensor w, Tensor h)
    {
        Rising.Resize(h.Rows);
        c.SparseGemmGradient(batch, IsSquare ? x : Ratio(batch, x, w, h), w, Rising);       // X'W, or (X/(W H'))'W
        Fall(h);
    }

    /// <summary>Updates the factors whose gradient was computed.</summary>
    public void Apply(Tensor own) => c.MultiplicativeUpdate(Rising, falling, l1, l2, Epsilon, own);

    /// <summary>The sums of the columns of factors, [K].</summary>
    public double[] Sums(Tensor factors)
    {
        var values = new double[sums.Length];
        c.BiasGradient(factors, sums);
        c.Read(sums, values);
        return values;
    }

    /// <summary>W H' at the clicks.</summary>
    public double[] Predict(ClickBatch batch, Tensor w, Tensor h)
    {
        c.SampledGemm(batch, w, h, predicted);
        var values = new double[predicted.Length];
        c.Read(predicted, values);
        return values;
    }

    /// <summary>The part of the gradient that makes the factors fall.</summary>
    public void Fall(Tensor own)
    {
        falling.Resize(own.Rows);
        if (IsSquare)
            c.Gemm(Transpose.None, own, Gram, falling);                                     // W H'H, or H W'W
        else
        {
            c.Fill(0, falling);
            c.AddBias(sums, falling);
        }
    }

    // X / (W H'), at the clicks.
    private Tensor Ratio(ClickBatch batch, Tensor x, Tensor w, Tensor h)
    {
        c.SampledGemm(batch, w, h, predicted);
        ratio.Resize(batch.ClickCount);
        c.Fill(1, ratio);
        c.MultiplicativeUpdate(x, predicted, 0, 0, Epsilon, ratio);
        return ratio;
    }

    public void Dispose()
    {
        foreach (Tensor tensor in (Tensor[])[falling, sums, predicted, ratio, Gram, Rising])
            tensor.Dispose();
    }
}
