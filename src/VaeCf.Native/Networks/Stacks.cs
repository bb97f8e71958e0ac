using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using static VaeCf.Native.Recommenders.Autoencoders;

namespace VaeCf.Native.Networks;

/// <summary>
/// Hidden layers one after the other, parameters <c>NAME.0 …</c>; without any, the output is the input.
/// </summary>
internal sealed class HiddenLayers
{
    private readonly Layer[] layers;

    public HiddenLayers(Arena memory, string name, int inputs, IReadOnlyList<int> widths, bool gated)
    {
        layers = [.. widths.Select((width, l) =>
            Layer.Hidden(memory, $"{name}.{l}", l == 0 ? inputs : widths[l - 1], width, gated))];
        Parameters = [.. layers.SelectMany(layer => layer.Parameters)];
    }

    public IReadOnlyList<Parameter> Parameters { get; }

    public IEnumerable<Stage> Stages => layers.SelectMany(layer => layer.Stages);

    /// <summary>What the last layer makes of x, <see cref="Units"/> unless there is none.</summary>
    public Input Output(Input x) => layers.Length == 0 ? x : layers[^1].Output;

    public void Forward(Input x)
    {
        for (int l = 0; l < layers.Length; l++)
            layers[l].Forward(l == 0 ? x : layers[l - 1].Output);
    }

    public void Backward(Input x, IUpdate update)
    {
        for (int l = layers.Length - 1; l >= 0; l--)
            layers[l].Backward(l == 0 ? x : layers[l - 1].Output, update);
    }
}

/// <summary>
/// The encoder of <see cref="MultVaeNetwork"/> and <see cref="MultDaeNetwork"/>: clicks -> hidden layers -> a last
/// layer, which is not gated: a linear one, [mu | logvar], for the former; a tanh layer, the code, for the latter.
/// Parameters <c>encoder.0 …</c>.
/// </summary>
internal sealed class Encoder
{
    private readonly HiddenLayers hidden;
    private readonly Layer last;

    public Encoder(Arena memory, Settings settings, int items, bool isVariational)
    {
        hidden = new HiddenLayers(memory, "encoder", items, settings.Get(Hidden), settings.Get(Gated));
        int inputs = settings.Get(Hidden).Count > 0 ? settings.Get(Hidden)[^1] : items;
        string name = $"encoder.{settings.Get(Hidden).Count}";
        last = isVariational ? new LinearLayer(memory, name, inputs, 2 * settings.Get(Latent))
            : new TanhLayer(memory, name, inputs, settings.Get(Latent));
        Parameters = [.. hidden.Parameters, .. last.Parameters];
    }

    public IReadOnlyList<Parameter> Parameters { get; }
    public Units Output => last.Output;

    /// <summary>The arrays of the last step.</summary>
    /// <param name="name">What the output is called.</param>
    public IEnumerable<Stage> Stages(string name) => [.. hidden.Stages, .. last.Stages.Select(stage => stage with
    {
        Name = name,
        GradientOf = stage.GradientOf == stage.Name ? name : stage.GradientOf,
    })];

    public void Forward(Input x)
    {
        hidden.Forward(x);
        last.Forward(hidden.Output(x));
    }

    public void Backward(Input x, IUpdate update)
    {
        last.Backward(hidden.Output(x), update);
        hidden.Backward(x, update);
    }
}

/// <summary>
/// A normal distribution given an input, N(mean, diag exp logvar): hidden layers, then one linear layer for the mean
/// and one for the logvar.
/// </summary>
internal sealed class ConditionalNormal
{
    // Kim and Suh 2019, the authors' code: logvar of every distribution passes a hardtanh.
    private const double LowestLogvar = -12, HighestLogvar = 4;

    private readonly Compute c;
    private readonly HiddenLayers hidden;
    private readonly LinearLayer mean, logvar;

    /// <summary>
    /// Parameters <c>HIDDEN.0 …</c>, <c>NAME.mean</c> and <c>NAME.logvar</c>; at least one hidden layer.
    /// </summary>
    public ConditionalNormal(Arena memory, string name, string hiddenName, int inputs, IReadOnlyList<int> widths,
        int latent, bool gated)
    {
        c = memory.Compute;
        hidden = new HiddenLayers(memory, hiddenName, inputs, widths, gated);
        mean = new LinearLayer(memory, name + ".mean", widths[^1], latent);
        logvar = new LinearLayer(memory, name + ".logvar", widths[^1], latent);
        Parameters = [.. hidden.Parameters, .. mean.Parameters, .. logvar.Parameters];
    }

    public IReadOnlyList<Parameter> Parameters { get; }
    public Units Mean => mean.Output;
    public Units Logvar => logvar.Output;
    public IEnumerable<Stage> Stages => [.. hidden.Stages, .. mean.Stages, .. logvar.Stages];

    public void Forward(Input x)
    {
        hidden.Forward(x);                                        // h = hidden layers of x
        mean.Forward(hidden.Output(x));                           // mean = h W + b
        logvar.Forward(hidden.Output(x));                         // logvar = h V + c
        c.Clamp(Logvar.Value, LowestLogvar, HighestLogvar, Logvar.Value); // logvar <- logvar within [-12, 4]
    }

    public void Backward(Input x, IUpdate update)
    {
        c.ClampGradient(Logvar.Value, LowestLogvar, HighestLogvar, Logvar.OldGradient); // dlogvar <- 0 at the bounds
        logvar.Backward(hidden.Output(x), update);                // dlogvar -> dh
        mean.Backward(hidden.Output(x), update);                  // dmean -> dh
        hidden.Backward(x, update);                               // dh -> dx
    }
}

/// <summary>
/// Two inputs read together: [a | b] itself where one layer follows, else [a' | b'], the outputs of one layer for each
/// (Kim and Suh 2019, the authors' code). Parameters <c>NAME.A</c> and <c>NAME.B</c>.
/// </summary>
internal sealed class Pair
{
    private readonly int columnsOfA;
    private readonly Layer? layerOfA, layerOfB;

    public Pair(Arena memory, string name, (string Name, int Columns) a, (string Name, int Columns) b,
        IReadOnlyList<int> widths, bool gated)
    {
        columnsOfA = a.Columns;
        Columns = a.Columns + b.Columns;
        Rest = widths;
        if (widths.Count == 1)
            return;
        layerOfA = Layer.Hidden(memory, $"{name}.{a.Name}", a.Columns, widths[0], gated);
        layerOfB = Layer.Hidden(memory, $"{name}.{b.Name}", b.Columns, widths[0], gated);
        Parameters = [.. layerOfA.Parameters, .. layerOfB.Parameters];
        columnsOfA = widths[0];
        Columns = 2 * widths[0];
        Rest = [.. widths.Skip(1)];
    }

    public IReadOnlyList<Parameter> Parameters { get; } = [];

    public IEnumerable<Stage> Stages => [.. layerOfA?.Stages ?? [], .. layerOfB?.Stages ?? []];

    /// <summary>Columns of <see cref="Output"/>.</summary>
    public int Columns { get; }

    /// <summary>Widths of the layers still to come.</summary>
    public IReadOnlyList<int> Rest { get; }

    /// <summary>What the layers to come read.</summary>
    public Input Output(Input a, Units b) => new Beside(layerOfA?.Output ?? a, columnsOfA, layerOfB?.Output ?? b);

    public void Forward(Input a, Units b)
    {
        layerOfA?.Forward(a);
        layerOfB?.Forward(b);
    }

    public void Backward(Input a, Units b, IUpdate update)
    {
        layerOfB?.Backward(b, update);
        layerOfA?.Backward(a, update);
    }
}

/// <summary>The decoder: code -> hidden layers, the encoder's mirrored -> logits.</summary>
internal sealed class Decoder
{
    private readonly HiddenLayers hidden;
    private readonly ItemOutputLayer last;

    public Decoder(Arena memory, string name, string lastName, int inputs, IReadOnlyList<int> widths, int items,
        bool gated)
    {
        hidden = new HiddenLayers(memory, name, inputs, widths, gated);
        last = new ItemOutputLayer(memory, lastName, widths.Count > 0 ? widths[^1] : inputs, items);
        Parameters = [.. hidden.Parameters, .. last.Parameters];
    }

    /// <summary>The decoder of a model whose code is one z: parameters <c>decoder.0 …</c>.</summary>
    public Decoder(Arena memory, Settings settings, int items)
        : this(memory, "decoder", $"decoder.{settings.Get(Hidden).Count}", settings.Get(Latent),
            [.. settings.Get(Hidden).Reverse()], items, settings.Get(Gated))
    { }

    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The logits [B, I]; after the loss their gradient.</summary>
    public Tensor Logits => last.Logits;

    public IEnumerable<Stage> Stages => [.. hidden.Stages, last.Stage];

    public void Forward(Input z)
    {
        hidden.Forward(z);
        last.Forward(LastInput(z));
    }

    public void Backward(Input z, IUpdate update)
    {
        last.InputGradient(LastInput(z));
        last.Backward(LastInput(z), update);
        hidden.Backward(z, update);
    }

    /// <summary>From the gradient of the logits to that of the code, and no others.</summary>
    public void BackwardToCode(Units z) => last.InputGradient(z);

    /// <summary>From the gradient of the logits to the updates of the output layer, and no others.</summary>
    public void UpdateLast(Units z, IUpdate update) => last.Backward(z, update);

    /// <summary>Forward, loss, Backward and the updates.</summary>
    public void Train(ClickBatch batch, Input z, OutputLoss loss, Tensor losses, IUpdate update)
    {
        hidden.Forward(z);
        last.Train(batch, LastInput(z), loss, losses, update);
        hidden.Backward(z, update);
    }

    /// <summary>The k best items of each user that the filter allows, and their logits.</summary>
    public void Rank(ClickBatch batch, Input z, int k, RankFilter filter, Span<int> items, Span<float> scores)
    {
        hidden.Forward(z);
        last.Rank(batch, LastInput(z), k, filter, items, scores);
    }

    // Without hidden layers the output layer reads the code itself, which consists of units.
    private Units LastInput(Input z) => (Units)hidden.Output(z);
}
