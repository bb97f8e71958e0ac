using System.Globalization;

namespace VaeCf.Kernels.Common;

/// <summary>
/// Sizes of the data caches of a core, from which products take their blocks. No result depends on them.
/// </summary>
public static class CacheSizes
{
    // What most machines in use have at least.
    private const int FirstAtLeast = 32 << 10, SecondAtLeast = 256 << 10;

    // Not 0 only in tests, which hold every size to the same bits.
    [ThreadStatic]
    private static int forcedFirst, forcedSecond;

    private static readonly int first = Read(1) ?? FirstAtLeast, second = Read(2) ?? SecondAtLeast;

    /// <summary>Bytes of the first-level data cache; 32 KB where the system does not tell.</summary>
    public static int First => forcedFirst != 0 ? forcedFirst : first;

    /// <summary>Bytes of the second-level cache; 256 KB where the system does not tell.</summary>
    public static int Second => forcedSecond != 0 ? forcedSecond : second;

    /// <summary>Runs the action on this thread as if the caches had other sizes, in bytes.</summary>
    internal static void With(int firstLevel, int secondLevel, Action action)
    {
        try
        {
            (forcedFirst, forcedSecond) = (firstLevel, secondLevel);
            action();
        }
        finally
        {
            (forcedFirst, forcedSecond) = (0, 0);
        }
    }

    // Linux tells them in files, such as "32K"; null elsewhere.
    private static int? Read(int level)
    {
        const string folder = "/sys/devices/system/cpu/cpu0/cache";
        try
        {
            foreach (string index in Directory.Exists(folder) ? Directory.GetDirectories(folder, "index*") : [])
                if (Text(index, "level") == level.ToString(CultureInfo.InvariantCulture)
                    && Text(index, "type") != "Instruction" && Text(index, "size") is [.. var number, 'K']
                    && int.TryParse(number, CultureInfo.InvariantCulture, out int size) && size is > 0 and < 1 << 20)
                    return size << 10;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        return null;

        static string Text(string index, string name) => File.ReadAllText(Path.Combine(index, name)).Trim();
    }
}
