using VaeCf.Native.Devices;

namespace VaeCf.Native.Networks;

/// <summary>
/// What becomes of a gradient in the backward pass: an optimiser's update, made as soon as nothing needs the old
/// values, or nothing.
/// </summary>
internal interface IUpdate
{
    /// <summary>Updates a parameter by its gradient, which is complete.</summary>
    void Apply(Parameter p);

    /// <summary>
    /// The next update of a parameter, for a kernel that makes it itself, in cache; null where the whole gradient is
    /// wanted.
    /// </summary>
    AdamUpdate? Fused(Parameter p);

    /// <summary>Whether <see cref="Fused"/> gives one.</summary>
    bool Fuses { get; }
}

/// <summary>Leaves every gradient where it is, for verification.</summary>
internal sealed class Collected : IUpdate
{
    public static Collected Instance { get; } = new();

    public void Apply(Parameter p) { }

    public AdamUpdate? Fused(Parameter p) => null;

    public bool Fuses => false;
}
