using System.Globalization;

namespace VaeCf.Cli.Pages;

/// <summary>A scale of a chart: from where to where, and its ticks.</summary>
/// <param name="Title">What it measures.</param>
/// <param name="From">The least value shown.</param>
/// <param name="To">The greatest value shown, above the least.</param>
/// <param name="Ticks">Values between them, with their texts.</param>
internal sealed record Axis(string Title, double From, double To, IReadOnlyList<(double Value, string Text)> Ticks)
{
    private const int MostTicks = 6;

    // Beyond these, differences and their shares are no numbers any more.
    private const double Greatest = 1e300, Least = 1e-300;

    /// <summary>A scale for values, from a round tick to another.</summary>
    /// <param name="title">What it measures.</param>
    /// <param name="values">What it must hold.</param>
    /// <param name="fromZero">Whether it begins at 0, as where lengths are compared.</param>
    public static Axis Linear(string title, IEnumerable<double> values, bool fromZero = false)
    {
        double[] all = [.. values.Select(value => Math.Clamp(value, -Greatest, Greatest))];
        double from = all.Length == 0 || fromZero ? 0 : all.Min(), to = all.Length == 0 ? 1 : all.Max();
        // Values that differ in their last digits alone are the same to the eye, and no ticks stand between them.
        if (to - from <= Math.Max(1e-9 * Math.Max(Math.Abs(from), Math.Abs(to)), Least))
            (from, to) = fromZero ? (0, 1)
                : (from - Math.Max(Math.Abs(from) / 10, 0.5), to + Math.Max(Math.Abs(to) / 10, 0.5));
        double step = Step((to - from) / (MostTicks - 1));
        string format = step is < 1e-6 or > 1e6 ? "0.##e0"
            : "0." + new string('0', Math.Max((int)Math.Ceiling(-Math.Log10(step) - 1e-9), 0));
        var ticks = new List<(double, string)>();
        double first = Math.Floor(from / step + 1e-9), last = Math.Ceiling(to / step - 1e-9);
        for (double i = first; i <= last; i++)
            ticks.Add((i * step, (i == 0 ? 0 : i * step).ToString(format, CultureInfo.InvariantCulture)));
        return new Axis(title, first * step, last * step, ticks);
    }

    /// <summary>A scale for the powers of ten of values above 0, which themselves are its texts.</summary>
    public static Axis Powers(string title, IEnumerable<double> powers, string unit)
    {
        double[] all = [.. powers];
        double from = Math.Floor(all.Min()), to = Math.Max(Math.Ceiling(all.Max()), from + 1);
        return new Axis(title, from, to, [.. Enumerable.Range((int)from, (int)(to - from) + 1).Select(power =>
            ((double)power, Math.Pow(10, power).ToString("0.######", CultureInfo.InvariantCulture) + unit))]);
    }

    /// <summary>A scale of ranks from 1, each with its name.</summary>
    public static Axis Ranks(string title, IReadOnlyList<string> names) =>
        new(title, 0.5, names.Count + 0.5, [.. names.Select((name, i) => (i + 1.0, name))]);

    /// <summary>
    /// Where a value is between the ends: 0 at the least, 1 at the greatest, and not far outside for any other.
    /// </summary>
    public double Share(double value) => Math.Clamp((value - From) / (To - From), -1, 2);

    /// <summary>What a value is called: as its tick, where it has one.</summary>
    public string Text(double value) => Ticks.FirstOrDefault(tick => tick.Value == value).Text
        ?? value.ToString("G6", CultureInfo.InvariantCulture);

    // The least of 1, 2, 5, 10, ... times a power of ten that is no shorter.
    private static double Step(double least)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        return power * new[] { 1.0, 2, 5, 10 }.First(step => step * power >= least * (1 - 1e-9));
    }
}
