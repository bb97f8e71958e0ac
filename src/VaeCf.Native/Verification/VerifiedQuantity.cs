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

    /// <summary>
    /// Where it did not pass, the entry that is furthest off: as computed here, for a gradient also as the slope of the
    /// loss computed here, and as the case expects it; and what is true of the whole, such as a turned sign. Null where
    /// it passed.
    /// </summary>
    public string? Difference { get; private init; }

    /// <param name="name">Its name.</param>
    /// <param name="expected">The case's numbers.</param>
    /// <param name="actual">Those computed here.</param>
    /// <param name="tolerance">The error allowed.</param>
    /// <param name="slope">Of an entry of a gradient, the slope of the loss computed here.</param>
    internal static VerifiedQuantity Compare(string name, double[] expected, double[] actual, double tolerance,
        Func<int, double>? slope = null)
    {
        if (expected.Length != actual.Length)
            throw new ArgumentException($"{expected.Length} numbers are expected, {actual.Length} were computed");
        double norm = Math.Sqrt(expected.Sum(e => e * e)),
            difference = Math.Sqrt(expected.Zip(actual, (e, a) => (e - a) * (e - a)).Sum());
        var quantity = new VerifiedQuantity(name, norm > 0 ? difference / norm : difference, tolerance);
        return quantity.Passed ? quantity : quantity with
        {
            Difference = slope is null
                ? Mismatch.Describe(actual, expected, tolerance, ("found", i => actual[i]),
                    ("expected", i => expected[i]))
                : Mismatch.Describe(actual, expected, tolerance, ("by hand", i => actual[i]), ("by slope", slope),
                    ("expected", i => expected[i])),
        };
    }
}
