namespace VaeCf.Kernels.Common;

/// <summary>Checks of the settings of a step, by name.</summary>
internal static class Setting
{
    public static void Check(string name, double value, bool good, string expected)
    {
        if (!good)
            throw new ArgumentOutOfRangeException(name, value, $"expected a value {expected}");
    }

    public static void AtLeast0(string name, double value) =>
        Check(name, value, double.IsFinite(value) && value >= 0, "finite and at least 0");

    public static void Above0(string name, double value) =>
        Check(name, value, double.IsFinite(value) && value > 0, "finite and above 0");
}
