using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;


namespace VaeCf.Native.Networks;

/// <summary>What a trained tensor is, which says how it starts and whether weight decay applies to it.</summary>
internal enum ParameterKind
{
    /// <summary>A factor of a product; the only kind with weight decay.</summary>
    Weight,
    Bias,
    /// <summary>Factors of a LayerNorm, from 1.</summary>
    NormWeight,
    /// <summary>Offsets of a LayerNorm, from 0.</summary>
    NormBias,
    /// <summary>Inputs of the VampPrior, [C, I].</summary>
    PseudoInputs,
}

/// <summary>A dimension of a tensor that begins with an entry for each item.</summary>
internal enum ItemAxis
{
    None,
    Rows,
    Columns,
}

/// <summary>A trained tensor and its gradient.</summary>
/// <param name="memory">Where it is allocated.</param>
/// <param name="name">Its name, in files too.</param>
/// <param name="kind">What it is.</param>
/// <param name="rows">A weight's inputs, unless it is the output layer's; 1 for a bias.</param>
/// <param name="columns">Outputs.</param>
/// <param name="fanIn">Inputs of the layer it belongs to.</param>
/// <param name="gradient">Its gradient, where that tensor belongs to something else.</param>
internal sealed class Parameter(Arena memory, string name, ParameterKind kind, int rows, int columns, int fanIn,
    Tensor? gradient = null)
{
    public string Name { get; } = name;
    public ParameterKind Kind { get; } = kind;
    public int FanIn { get; } = fanIn;
    public bool IsWeight => Kind == ParameterKind.Weight;

    /// <summary>Whether it is the output layer's weight, which lies [out, in].</summary>
    public bool IsItemMajorOutput { get; init; }

    /// <summary>Which of its dimensions begins with an entry for each item, if any does.</summary>
    public ItemAxis Items { get; init; }

    /// <summary>Whether it is one row, which files give one dimension.</summary>
    public bool IsVector => Kind is not (ParameterKind.Weight or ParameterKind.PseudoInputs);

    public Tensor Value { get; } =
        memory.Allocate(name, rows, columns, kind is not (ParameterKind.Weight or ParameterKind.PseudoInputs));

    /// <summary>
    /// Allocated when training first needs it, unless it was given: a model that only recommends has none.
    /// </summary>
    public Tensor Gradient => gradient ??= memory.Allocate(rows, columns);

    /// <summary>The parameter as files have it.</summary>
    public NamedTensor Named => new(Name, Value, IsVector);

    private Tensor? gradient = gradient;
}
