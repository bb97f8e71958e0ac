namespace VaeCf.Native.Verification;

/// <summary>One quantity of a case written by another program, recomputed here.</summary>
/// <param name="Name">Its name in the case.</param>
/// <param name="RelativeError">
/// Norm of the difference over the norm of what was expected; the norm of the difference alone where 0 was.
/// </param>
/// <param name="Tolerance">The error allowed.</param>
public sealed record VerifiedQuantity(string Name, double RelativeError, double Tolerance)
{
    /// <summary>Whether the error is within the tolerance; NaN is not.</summary>
    public bool Passed => RelativeError <= Tolerance;

    internal static VerifiedQuantity Compare(string name, double[] expected, double[] actual, double tolerance)
    {
        if (expected.Length != actual.Length)
            throw new ArgumentException($"{expected.Length} numbers are expected, {actual.Length} were computed");
        double norm = Math.Sqrt(expected.Sum(e => e * e)),
            difference = Math.Sqrt(expected.Zip(actual, (e, a) => (e - a) * (e - a)).Sum());
        return new VerifiedQuantity(name, norm > 0 ? difference / norm : difference, tolerance);
    }
}
