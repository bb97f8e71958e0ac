using VaeCf.Native.Devices;


namespace VaeCf.Native.Networks;

/// <summary>What a trained tensor is, which says how it starts and whether weight decay applies to it.</summary>
internal enum ParameterKind
{
    /// <summary>Of a product; the only kind with weight decay.</summary>
    Weight,
    Bias,
    /// <summary>Factors of a LayerNorm, from 1.</summary>
    NormWeight,
    /// <summary>Offsets of a LayerNorm, from 0.</summary>
    NormBias,
    /// <summary>Inputs of the VampPrior, [C, I].</summary>
    PseudoInputs,
}

/// <summary>A trained tensor and its gradient.</summary>
/// <param name="memory">Where it is.</param>
/// <param name="name">In files.</param>
/// <param name="kind">What it is.</param>
/// <param name="rows">A weight's inputs, unless it is the output layer's; 1 for a bias.</param>
/// <param name="columns">Outputs.</param>
/// <param name="fanIn">Inputs of the layer it belongs to.</param>
/// <param name="gradient">Its gradient, where that is a tensor of another's.</param>
internal sealed class Parameter(Arena memory, string name, ParameterKind kind, int rows, int columns, int fanIn, Tensor? gradient = null)
{
    public string Name { get; } = name;
    public ParameterKind Kind { get; } = kind;
    public int FanIn { get; } = fanIn;
    public bool IsWeight => Kind == ParameterKind.Weight;

    /// <summary>Whether it is the output layer's weight, which lies [out, in].</summary>
    public bool IsItemMajorOutput { get; init; }

    public Tensor Value { get; } = memory.Allocate(rows, columns);

    /// <summary>Allocated when training first asks, unless it is given: a model that only recommends has none.</summary>
    public Tensor Gradient => gradient ??= memory.Allocate(rows, columns);

    private Tensor? gradient = gradient;
}
