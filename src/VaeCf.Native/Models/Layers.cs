using VaeCf.Kernels;
using VaeCf.Native.Compute;
using VaeCf.Native.Training;

namespace VaeCf.Native.Models;

/// <summary>A trained tensor and its gradient.</summary>
internal sealed class Parameter(ICompute c, string name, int rows, int columns, bool isWeight, bool isItemMajorOutput = false) : IDisposable
{
    public string Name { get; } = name;

    /// <summary>Whether it is a weight matrix, which weight decay applies to, or a bias.</summary>
    public bool IsWeight { get; } = isWeight;

    /// <summary>Whether it is the output layer's weight, which lies [out, in].</summary>
    public bool IsItemMajorOutput { get; } = isItemMajorOutput;

    public Tensor Value { get; } = c.Allocate(rows, columns);

    /// <summary>Allocated when training first asks: a model that only recommends has none.</summary>
    public Tensor Gradient => gradient ??= c.Allocate(rows, columns);

    private Tensor? gradient;

    public void Dispose()
    {
        Value.Dispose();
        gradient?.Dispose();
    }
}

/// <summary>
/// One layer y = x W + b, with or without tanh. Three kinds differ in how x and W lie: <see cref="ItemInputLayer"/> reads
/// sparse clicks, <see cref="DenseLayer"/> maps units to units, <see cref="ItemOutputLayer"/> keeps W item-major. Backward with an
/// optimiser updates the layer as soon as its gradients are there and nothing needs the old weights; without, it leaves the gradients.
/// </summary>
internal abstract class Layer : IDisposable
{
    protected readonly ICompute c;
    private readonly bool tanh;

    protected Layer(ICompute c, string name, (int Rows, int Columns) weight, int outputs, bool tanh, bool itemMajorOutput = false)
    {
        this.c = c;
        this.tanh = tanh;
        Weight = new Parameter(c, name + ".weight", weight.Rows, weight.Columns, isWeight: true, itemMajorOutput);
        Bias = new Parameter(c, name + ".bias", 1, outputs, isWeight: false);
        Output = c.Allocate(0, outputs);
        OutputGradient = itemMajorOutput ? Output : c.Allocate(0, outputs);
    }

    public Parameter Weight { get; }
    public Parameter Bias { get; }

    /// <summary>y [B, outputs].</summary>
    public Tensor Output { get; }

    /// <summary>dY [B, outputs]: whoever reads y in Forward writes it in Backward.</summary>
    public Tensor OutputGradient { get; }

    protected void FinishForward()
    {
        c.AddBias(Bias.Value, Output);                            // y = x W + b
        if (tanh)
            c.Tanh(Output);                                       // y = tanh(x W + b)
    }

    protected void BeginBackward()
    {
        if (tanh)
            c.TanhGradient(Output, OutputGradient);               // dY <- dY (1 - y^2)
        c.BiasGradient(OutputGradient, Bias.Gradient);            // db = sum over users of dY
    }

    public void Dispose()
    {
        Weight.Dispose();
        Bias.Dispose();
        Output.Dispose();
        OutputGradient.Dispose();
    }
}

/// <summary>The encoder's first layer: x is a batch's clicks, W [I, outputs].</summary>
internal sealed class ItemInputLayer(ICompute c, string name, int items, int outputs, bool tanh)
    : Layer(c, name, (items, outputs), outputs, tanh)
{
    public void Forward(ClickBatch batch, Tensor x)
    {
        c.SparseGemm(batch, x, Weight.Value, Output);             // y = x W
        FinishForward();
    }

    public void Backward(ClickBatch batch, Tensor x, AdamOptimizer? adam)
    {
        BeginBackward();
        if (adam is null)
            c.SparseGemmGradient(batch, x, OutputGradient, Weight.Gradient);     // dW = x^T dY
        else
            c.SparseGemmUpdate(batch, x, OutputGradient, adam.Of(Weight));       // dW = x^T dY, and Adam's update by it
        adam?.Step(Bias);
    }
}

/// <summary>A layer between units: W [inputs, outputs].</summary>
internal sealed class DenseLayer(ICompute c, string name, int inputs, int outputs, bool tanh)
    : Layer(c, name, (inputs, outputs), outputs, tanh)
{
    public void Forward(Tensor x)
    {
        c.Gemm(Transpose.None, x, Weight.Value, Output);          // y = x W
        FinishForward();
    }

    public void Backward(Tensor x, Tensor dX, AdamOptimizer? adam)
    {
        BeginBackward();
        c.Gemm(Transpose.A, x, OutputGradient, Weight.Gradient);  // dW = x^T dY
        c.Gemm(Transpose.B, OutputGradient, Weight.Value, dX);    // dX = dY W^T
        adam?.Step(Weight);
        adam?.Step(Bias);
    }
}

/// <summary>
/// The decoder's last layer: logits of all items, W [I, inputs] item-major, so that an item's weights lie together for
/// products, updates and files alike. The loss turns its output, the logits, into their gradient in place.
/// </summary>
internal sealed class ItemOutputLayer(ICompute c, string name, int inputs, int items)
    : Layer(c, name, (items, inputs), items, tanh: false, itemMajorOutput: true)
{
    public void Forward(Tensor x)
    {
        c.Gemm(Transpose.B, x, Weight.Value, Output);             // f = x W^T
        FinishForward();
    }

    public void Backward(Tensor x, Tensor dX)
    {
        BeginBackward();
        c.Gemm(Transpose.A, OutputGradient, x, Weight.Gradient);  // dW = dF^T x
        c.Gemm(Transpose.None, OutputGradient, Weight.Value, dX); // dX = dF W
    }

    /// <summary>The k best items of each user, by the logits, and their logits (or no room for them): neither is kept.</summary>
    public void Rank(ClickBatch batch, Tensor x, int k, Span<int> items, Span<float> scores) =>
        c.Rank(batch, x, Weight.Value, Bias.Value, k, items, scores);

    /// <summary>Forward, loss, Backward and Adam's update as one operation, without the logits or dW as a whole.</summary>
    public void Train(ClickBatch batch, Tensor x, OutputLoss loss, Tensor losses, Tensor dX, AdamOptimizer adam) =>
        c.TrainOutputLayer(batch, x, loss, adam.Of(Weight), adam.Of(Bias), losses, dX);
}
