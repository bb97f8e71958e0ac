namespace VaeCf.Native.Verification;

/// <summary>One quantity of a case written by another program, recomputed here.</summary>
/// <param name="Name">Its name in the case.</param>
/// <param name="RelativeError">Norm of the difference over the norm of what was expected.</param>
/// <param name="Tolerance">The error allowed.</param>
public sealed record VerifiedQuantity(string Name, double RelativeError, double Tolerance)
{
    /// <summary>Whether the error is within the tolerance; NaN is not.</summary>
    public bool Passed => RelativeError <= Tolerance;
}
