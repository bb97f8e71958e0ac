namespace VaeCf.Native.Recommenders;

/// <summary>The values of a setting that a search tries, as <see cref="Setting{T}.Over"/> makes it.</summary>
/// <param name="Setting">The setting.</param>
/// <param name="Values">Its values, as text.</param>
public sealed record SettingGrid(Setting Setting, IReadOnlyList<string> Values)
{
    /// <summary>All combinations of grids' values with settings that are given.</summary>
    /// <param name="start">
    /// The settings of which each combination differs. Those that were given a value keep it: their grids are left out.
    /// </param>
    /// <returns>
    /// Those whose values go together: first the one of the defaults, if it is among them, then the others.
    /// </returns>
    public static IReadOnlyList<Settings> Combine(Settings start)
    {
        ArgumentNullException.ThrowIfNull(start);
        IEnumerable<Settings> all = [start];
        foreach (SettingGrid grid in start.Type.Grid.Where(grid => !start.IsGiven(grid.Setting)))
            all = all.SelectMany(settings => grid.Values.Select(value => settings.With(grid.Setting.Name, value)));
        return [.. all.Where(GoTogether).OrderBy(settings => settings.ToString() == start.ToString() ? 0 : 1)];
    }

    private static bool GoTogether(Settings settings)
    {
        try
        {
            settings.Check();
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
