namespace VaeCf.Native.Verification;

/// <summary>A case written by another program, recomputed here.</summary>
/// <param name="Quantities">What was compared, in the order in which it was computed.</param>
/// <param name="Kernels">What computed it; null for metrics, which need no device.</param>
/// <param name="Operations">
/// The operations of <see cref="Devices.Operations"/> that ran, each once, in the order of their first call.
/// </param>
public sealed record VerifiedCase(IReadOnlyList<VerifiedQuantity> Quantities, string? Kernels,
    IReadOnlyList<string> Operations)
{
    /// <summary>Whether every quantity is within its tolerance.</summary>
    public bool Passed => Quantities.All(quantity => quantity.Passed);
}
