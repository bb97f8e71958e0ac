using System.Globalization;

namespace VaeCf.Cli;

/// <summary>Numbers as the command prints them.</summary>
internal static class DataText
{
    /// <summary>A whole number with commas between thousands.</summary>
    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
