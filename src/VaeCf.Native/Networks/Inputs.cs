using VaeCf.Kernels;
using VaeCf.Native.Devices;


namespace VaeCf.Native.Networks;

/// <summary>
/// What a layer reads, x [B, inputs], in one of the ways it may lie: sparse <see cref="Clicks"/>, dense
/// <see cref="Units"/>, two side by side (<see cref="Beside"/>) or one above the other (<see cref="Above"/>). A layer
/// asks for three products with its weight W [inputs, outputs]; clicks are never made dense and nothing is copied
/// together.
/// </summary>
internal abstract class Input
{
    /// <summary>y = x W.</summary>
    public abstract void Multiply(Tensor w, Tensor y);

    /// <summary>dX = dY W^T, added to the gradient so far. Clicks are data and have none.</summary>
    public abstract void Gradient(Tensor dY, Tensor w);

    /// <summary>dW = x^T dY.</summary>
    public abstract void WeightGradient(Tensor dY, Tensor dW);

    /// <summary>dW, and the update of W by it.</summary>
    public virtual void Update(Tensor dY, Parameter w, IUpdate update)
    {
        WeightGradient(dY, w.Gradient);
        update.Apply(w);
    }
}

/// <summary>A batch's clicks: values [N, 1] in the batch's order.</summary>
internal sealed class Clicks(Arena memory) : Input
{
    private readonly Compute c = memory.Compute;
    private ClickBatch? batch;

    /// <summary>What each click counts.</summary>
    public Tensor Values { get; } = memory.Allocate(0, 1);

    public int UserCount => batch!.UserCount;

    /// <summary>x~ = x / ||x||, then x~ mask / keep if there is a mask.</summary>
    public void Read(ClickBatch clicks, ClickMask? mask = null)
    {
        batch = clicks;
        if (mask?.Stream is { } stream)
        {
            c.NormalizeRowsDropout(stream, mask.Keep, clicks, Values); // x~ = x / ||x||, mask / keep
            return;
        }
        c.NormalizeRows(clicks, Values);                          // x~ = x / ||x||
        if (mask is not null)
            c.Dropout(mask.Values, mask.Keep, Values);            // x~ <- x~ mask / keep
    }

    public override void Multiply(Tensor w, Tensor y) => c.SparseGemm(batch!, Values, w, y);

    public override void Gradient(Tensor dY, Tensor w) { }

    public override void WeightGradient(Tensor dY, Tensor dW) => c.SparseGemmGradient(batch!, Values, dY, dW);

    public override void Update(Tensor dY, Parameter w, IUpdate update)
    {
        if (update.Fused(w) is { } adam)
            c.SparseGemmUpdate(batch!, Values, dY, adam);         // dW = x^T dY, row by row, and Adam's update by it
        else
            base.Update(dY, w, update);
    }
}

/// <summary>
/// Dense units and their gradient. In the backward pass the first of their readers writes the gradient and the others
/// add to it, until the layer that made the units takes it.
/// </summary>
internal sealed class Units(Compute c, Tensor value, Tensor gradient) : Input
{
    private bool written;

    public Units(Arena memory, int columns)
        : this(memory.Compute, memory.Allocate(0, columns), memory.Allocate(0, columns)) { }

    /// <summary>[B, columns].</summary>
    public Tensor Value { get; } = value;

    /// <summary>The units of the last step and what Backward made of their gradient.</summary>
    public Stage Stage(string name) => new(name, Value) { Gradient = gradient };

    /// <summary>The gradient for a kernel that overwrites it: the first reader's.</summary>
    public Tensor NewGradient()
    {
        written = true;
        gradient.Resize(Value.Rows);
        return gradient;
    }

    /// <summary>The gradient for a kernel that adds to it.</summary>
    public Tensor OldGradient => written ? gradient
        : throw new InvalidOperationException("nothing has written this gradient yet");

    /// <summary>The gradient as it was last written, for verification.</summary>
    public Tensor LastGradient => gradient;

    /// <summary>The whole gradient, for the layer that made the units; the next step writes it anew.</summary>
    public Tensor TakeGradient()
    {
        Tensor whole = OldGradient;
        written = false;
        return whole;
    }

    public override void Multiply(Tensor w, Tensor y) => c.Gemm(Transpose.None, Value, w, y);

    /// <summary>y += x W.</summary>
    public void AddProduct(Tensor w, Tensor y) => c.GemmAdd(Transpose.None, Value, w, y);

    public override void Gradient(Tensor dY, Tensor w)
    {
        if (written)
            c.GemmAdd(Transpose.B, dY, w, gradient);
        else
            c.Gemm(Transpose.B, dY, w, NewGradient());
    }

    public override void WeightGradient(Tensor dY, Tensor dW) => c.Gemm(Transpose.A, Value, dY, dW);

    /// <summary>dW += x^T dY.</summary>
    public void AddWeightGradient(Tensor dY, Tensor dW) => c.GemmAdd(Transpose.A, Value, dY, dW);
}

/// <summary>[a | b]: the first rows of W are a's, the others b's.</summary>
internal sealed class Beside(Input a, int columnsOfA, Units b) : Input
{
    public override void Multiply(Tensor w, Tensor y)
    {
        a.Multiply(OfA(w), y);
        b.AddProduct(OfB(w), y);
    }

    public override void Gradient(Tensor dY, Tensor w)
    {
        a.Gradient(dY, OfA(w));
        b.Gradient(dY, OfB(w));
    }

    public override void WeightGradient(Tensor dY, Tensor dW)
    {
        a.WeightGradient(dY, OfA(dW));
        b.WeightGradient(dY, OfB(dW));
    }

    private Tensor OfA(Tensor w) => w.Slice(0, columnsOfA);

    private Tensor OfB(Tensor w) => w.Slice(columnsOfA, w.Rows - columnsOfA);
}

/// <summary>
/// The rows of clicks above those of units, for the same W: from there on one product per layer serves both.
/// </summary>
internal sealed class Above(Clicks clicks, Units units) : Input
{
    public override void Multiply(Tensor w, Tensor y)
    {
        y.Resize(clicks.UserCount + units.Value.Rows);
        clicks.Multiply(w, OfClicks(y));
        units.Multiply(w, OfUnits(y));
    }

    public override void Gradient(Tensor dY, Tensor w) => units.Gradient(OfUnits(dY), w);

    public override void WeightGradient(Tensor dY, Tensor dW)
    {
        clicks.WeightGradient(OfClicks(dY), dW);
        units.AddWeightGradient(OfUnits(dY), dW);
    }

    /// <summary>The rows of y that come from the clicks.</summary>
    public Tensor OfClicks(Tensor y) => y.Slice(0, clicks.UserCount);

    /// <summary>The rows of y that come from the units.</summary>
    public Tensor OfUnits(Tensor y) => y.Slice(clicks.UserCount, units.Value.Rows);
}
