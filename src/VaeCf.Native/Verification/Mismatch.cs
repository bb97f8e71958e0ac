namespace VaeCf.Native.Verification;

/// <summary>Says in words how computed numbers differ from those that they should be.</summary>
internal static class Mismatch
{
    /// <summary>
    /// The entry that is furthest off, as each source has it, and what is true of the whole: that its sign is turned,
    /// that all of it is too large or too small by one factor, or how many entries are off. (One number alone is always
    /// so by some factor, which says nothing.)
    /// </summary>
    /// <param name="found">The numbers in question.</param>
    /// <param name="wanted">What they should be, as many.</param>
    /// <param name="tolerance">Relative error, in norm, up to which numbers count as equal.</param>
    /// <param name="sources">Where an entry comes from, and its value there.</param>
    public static string Describe(double[] found, double[] wanted, double tolerance,
        params (string Name, Func<int, double> Of)[] sources)
    {
        double[] errors = [.. found.Zip(wanted, (f, w) => Math.Abs(f - w)).Select(e => double.IsNaN(e)
            ? double.PositiveInfinity : e)];
        int worst = Array.IndexOf(errors, errors.Max());
        double factor = Dot(found, wanted) / Dot(wanted, wanted), norm = Math.Sqrt(Dot(found, found)),
            rest = Math.Sqrt(found.Zip(wanted, (f, w) => (f - factor * w) * (f - factor * w)).Sum());
        string whole = norm == 0 ? "all of it is 0"
            : found.Length == 1 || !(rest <= tolerance * norm)
                ? $"{errors.Count(e => e > tolerance * wanted.Max(Math.Abs))} of {errors.Length} entries are off"
            : Math.Abs(factor + 1) <= tolerance ? "the sign is turned"
            : FormattableString.Invariant($"all of it is {factor:G4} times what it should be");
        return $"entry {worst}: " + string.Join(", ", sources.Select(source =>
            FormattableString.Invariant($"{source.Name} {source.Of(worst):G6}"))) + $"; {whole}";
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
