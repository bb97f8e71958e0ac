using System.Globalization;
using System.Text.Json;

namespace VaeCf.Bench;

/// <summary>Peers in Python, where a python3 of the path has what they need.</summary>
internal static class Python
{
    /// <summary>
    /// What a program of the folder peers answers, its last line, as JSON; null where no python3 runs the check.
    /// </summary>
    public static JsonElement? Run(string check, string program, params IEnumerable<object> arguments)
    {
        string? python = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "python3"))
            .FirstOrDefault(path => File.Exists(path) && Child.Succeeds(path, "-c", check));
        return python is null ? null : Child.Run(python, [Path.Combine(AppContext.BaseDirectory, "peers", program),
            .. arguments.Select(one => Convert.ToString(one, CultureInfo.InvariantCulture)!)]);
    }
}
