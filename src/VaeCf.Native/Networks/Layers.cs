using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;


namespace VaeCf.Native.Networks;

/// <summary>
/// A layer between an input and units: <see cref="LinearLayer"/>, <see cref="TanhLayer"/> or <see cref="GatedLayer"/>.
/// With an optimiser, Backward updates the layer as soon as its gradients are known and nothing needs the old weights;
/// without one, it leaves the gradients where they are.
/// </summary>
internal abstract class Layer(Arena memory, string name, int outputs)
{
    protected readonly Compute c = memory.Compute;
    protected string Name { get; } = name;

    /// <summary>y [B, outputs].</summary>
    public Units Output { get; } = new(memory, outputs);

    public abstract IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The arrays of the last step.</summary>
    public abstract IEnumerable<Stage> Stages { get; }

    /// <summary>y from x.</summary>
    public abstract void Forward(Input x);

    /// <summary>From dY to dX and the gradients of the parameters, or their updates.</summary>
    public abstract void Backward(Input x, IUpdate update);

    /// <summary>A hidden layer.</summary>
    public static Layer Hidden(Arena memory, string name, int inputs, int outputs, bool gated) =>
        gated ? new GatedLayer(memory, name, inputs, outputs) : new TanhLayer(memory, name, inputs, outputs);
}

/// <summary>y = x W + b, W [inputs, outputs].</summary>
internal class LinearLayer : Layer
{
    protected readonly Parameter weight, bias;

    public LinearLayer(Arena memory, string name, int inputs, int outputs) : base(memory, name, outputs)
    {
        weight = new Parameter(memory, name + ".weight", ParameterKind.Weight, inputs, outputs, inputs);
        bias = new Parameter(memory, name + ".bias", ParameterKind.Bias, 1, outputs, inputs);
        Parameters = [weight, bias];
    }

    public override IReadOnlyList<Parameter> Parameters { get; }

    public override IEnumerable<Stage> Stages => [Output.Stage(Name) with { Parameters = Parameters, Bias = bias }];

    public override void Forward(Input x)
    {
        x.Multiply(weight.Value, Output.Value);                   // y = x W
        c.AddBias(bias.Value, Output.Value);                      // y = x W + b
    }

    public override void Backward(Input x, IUpdate update)
    {
        Tensor dY = Output.TakeGradient();
        c.BiasGradient(dY, bias.Gradient);                        // db = sum over users of dY
        x.Gradient(dY, weight.Value);                             // dX = dY W^T
        x.Update(dY, weight, update);                             // dW = x^T dY, and the update by it
        update.Apply(bias);
    }
}

/// <summary>y = tanh(x W + b).</summary>
internal sealed class TanhLayer(Arena memory, string name, int inputs, int outputs)
    : LinearLayer(memory, name, inputs, outputs)
{
    // Backward turns the gradient of h = tanh(a) into that of a.
    public override IEnumerable<Stage> Stages =>
        base.Stages.Select(stage => stage with { Name = $"h {Name}", GradientOf = $"a {Name}" });

    public override void Forward(Input x)
    {
        x.Multiply(weight.Value, Output.Value);                   // y = x W
        c.AddBiasTanh(bias.Value, Output.Value);                  // y = tanh(x W + b)
    }

    public override void Backward(Input x, IUpdate update)
    {
        c.TanhGradient(Output.Value, Output.OldGradient);         // dY <- dY (1 - y^2)
        base.Backward(x, update);
    }
}

/// <summary>
/// y = (x W + b) s(x V + c), s the sigmoid: a gated linear unit (Dauphin et al. 2017; Kim and Suh 2019, section 3.3). V
/// and c are <c>NAME.gate</c>.
/// </summary>
internal sealed class GatedLayer : Layer
{
    private readonly LinearLayer linear, gate;

    public GatedLayer(Arena memory, string name, int inputs, int outputs) : base(memory, name, outputs)
    {
        linear = new LinearLayer(memory, name, inputs, outputs);
        gate = new LinearLayer(memory, name + ".gate", inputs, outputs);
        Parameters = [.. linear.Parameters, .. gate.Parameters];
    }

    public override IReadOnlyList<Parameter> Parameters { get; }

    public override IEnumerable<Stage> Stages => [.. linear.Stages, .. gate.Stages, Output.Stage($"h {Name}")];

    public override void Forward(Input x)
    {
        linear.Forward(x);                                        // a = x W + b
        gate.Forward(x);                                          // g = x V + c
        c.Gate(linear.Output.Value, gate.Output.Value, Output.Value); // y = a s(g)
    }

    public override void Backward(Input x, IUpdate update)
    {
        c.GateGradient(linear.Output.Value, gate.Output.Value, Output.TakeGradient(), linear.Output.NewGradient(),
            gate.Output.NewGradient());                           // da = dY s(g), dg = dY a s(g) (1 - s(g))
        gate.Backward(x, update);                                 // dg -> dX, dV, dc
        linear.Backward(x, update);                               // da -> dX, dW, db
    }
}

/// <summary>
/// The last layer, f = x W^T + b: logits of all items, W [I, inputs] item-major, so that an item's weights are
/// contiguous for products, updates and files alike. The loss turns the logits into their gradient in place.
/// </summary>
internal sealed class ItemOutputLayer
{
    private readonly Compute c;
    private readonly Parameter weight, bias;

    public ItemOutputLayer(Arena memory, string name, int inputs, int items)
    {
        c = memory.Compute;
        weight = new Parameter(memory, name + ".weight", ParameterKind.Weight, items, inputs, inputs)
        {
            IsItemMajorOutput = true,
            Items = ItemAxis.Rows,
        };
        bias = new Parameter(memory, name + ".bias", ParameterKind.Bias, 1, items, inputs) { Items = ItemAxis.Columns };
        Parameters = [weight, bias];
        Logits = memory.Allocate(0, items);
    }

    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>f [B, I]; after the loss dF.</summary>
    public Tensor Logits { get; }

    /// <summary>The logits of the last step, which are dF by now.</summary>
    public Stage Stage => new("f", Logits) { Gradient = Logits, Parameters = Parameters, Bias = bias };

    public void Forward(Units x)
    {
        c.Gemm(Transpose.B, x.Value, weight.Value, Logits);       // f = x W^T
        c.AddBias(bias.Value, Logits);                            // f = x W^T + b
    }

    /// <summary>From dF to the gradients of the parameters, or to their updates.</summary>
    public void Backward(Units x, IUpdate update)
    {
        c.BiasGradient(Logits, bias.Gradient);                    // db = sum over users of dF
        c.Gemm(Transpose.A, Logits, x.Value, weight.Gradient);    // dW = dF^T x
        update.Apply(weight);
        update.Apply(bias);
    }

    /// <summary>From dF to dX.</summary>
    public void InputGradient(Units x) =>
        c.Gemm(Transpose.None, Logits, weight.Value, x.NewGradient()); // dX = dF W

    /// <summary>
    /// The k best items of each user by the logits, and their logits, which an empty span leaves out. The logits are
    /// not kept.
    /// </summary>
    public void Rank(ClickBatch batch, Units x, int k, RankFilter filter, Span<int> items, Span<float> scores) =>
        c.Rank(batch, x.Value, weight.Value, bias.Value, k, filter, items, scores);

    /// <summary>
    /// Forward, loss, Backward and Adam's update as one operation, without the logits or dW as a whole.
    /// </summary>
    public void Train(ClickBatch batch, Units x, OutputLoss loss, Tensor losses, IUpdate update) =>
        c.TrainOutputLayer(batch, x.Value, loss, update.Fused(weight)!.Value, update.Fused(bias)!.Value, losses,
            x.NewGradient());
}
