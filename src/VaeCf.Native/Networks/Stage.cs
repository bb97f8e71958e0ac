using VaeCf.Native.Devices;

namespace VaeCf.Native.Networks;

/// <summary>An array between the clicks and the loss, as a step leaves it, for showing the step.</summary>
/// <param name="Name">Its name; two names with a bar between them for an array that is two side by side.</param>
/// <param name="Value">What the forward pass computes.</param>
internal sealed record Stage(string Name, Tensor Value)
{
    /// <summary>
    /// Where the backward pass leaves a gradient of the same shape; null where none is computed or kept.
    /// </summary>
    public Tensor? Gradient { get; init; }

    /// <summary>What the gradient is of; <see cref="Name"/> by default.</summary>
    public string GradientOf { get; init; } = Name;

    /// <summary>The parameters of the layer that made it.</summary>
    public IReadOnlyList<Parameter> Parameters { get; init; } = [];

    /// <summary>
    /// The rest of the forward pass, for a slope: a number of <see cref="Value"/> is moved, and this computes what
    /// follows from it, as far as the logits. Null where the numbers cannot be moved by themselves.
    /// </summary>
    public Action? Rest { get; init; }

    /// <summary>
    /// A bias that moves what <see cref="Gradient"/> is of, number by number, where that is a single row.
    /// </summary>
    public Parameter? Bias { get; init; }
}
