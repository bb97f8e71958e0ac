using System.Globalization;

namespace VaeCf.Cli;

/// <summary>Numbers as the command prints them.</summary>
internal static class DataText
{
    /// <summary>A whole number with commas between thousands.</summary>
    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number of things, with the plural's s where it is not one.</summary>
    public static string Count(int count, string noun) => $"{Number(count)} {noun}{(count == 1 ? "" : "s")}";
}
