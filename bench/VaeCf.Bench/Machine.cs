using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Bench;

/// <summary>What the figures depend on: the machine, the runtime, and how the bench was called.</summary>
internal static class Machine
{
    /// <summary>The command line that repeats this run, with the variables that switch vectors off.</summary>
    public static string Command => string.Join(' ', [
        $"{Variables("DOTNET_Enable")} dotnet run -c {Configuration} --project bench/VaeCf.Bench --".TrimStart(),
        .. Environment.GetCommandLineArgs().Skip(1)
            .Select(word => word.Any(char.IsWhiteSpace) || word.Contains('*') ? $"'{word}'" : word)]);

    private static string Configuration =>
        typeof(Machine).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>The environment's variables whose names have a prefix, as they are written before a command.</summary>
    public static string Variables(string prefix) =>
        string.Join(' ', Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(variable => variable.Key is string name && name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(variable => $"{variable.Key}={variable.Value}").Order());

    /// <summary>Name and value of each fact, for the head of a report.</summary>
    public static IEnumerable<(string Key, string Name, string Value)> Facts(string threads) =>
    [
        ("date", "Date", DateTime.Now.ToString("d MMMM yyyy", CultureInfo.InvariantCulture)),
        ("sdk", ".NET SDK", $"{Metadata("SdkVersion")}, runtime {Environment.Version}"),
        ("processor", "Processor", $"{Processor()}{Caches()}, {Environment.ProcessorCount} logical cores"),
        ("system", "System", $"{RuntimeInformation.OSDescription} ({RuntimeInformation.ProcessArchitecture})"),
        ("threads", "Threads", threads),
        ("vectors", "Vectors", $"{VectorWidth.Name}"),
    ];

    /// <summary>The largest resident memory of this process so far, in MB of 10^6 bytes.</summary>
    public static double PeakMb
    {
        get
        {
            using Process self = Process.GetCurrentProcess();
            return self.PeakWorkingSet64 / 1e6;
        }
    }

    private static string Metadata(string key) =>
        typeof(Machine).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .First(attribute => attribute.Key == key).Value!;

    // Linux names the CPU in a file, Windows in the environment; elsewhere it is unknown.
    private static string Processor()
    {
        const string file = "/proc/cpuinfo";
        string? Field(string name) => File.Exists(file)
            ? File.ReadLines(file).FirstOrDefault(line => line.Split(':')[0].Trim() == name)?.Split(':')[1].Trim()
            : null;
        return Field("model name") is { } model ? $"{model} (family {Field("cpu family")}, model {Field("model")})"
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown processor";
    }

    private static string Caches()
    {
        const string folder = "/sys/devices/system/cpu/cpu0/cache";
        if (!Directory.Exists(folder))
            return "";
        IEnumerable<string> caches = Directory.GetDirectories(folder, "index*").Order()
            .Select(index => (Level: Read(index, "level"), Type: Read(index, "type"), Size: Read(index, "size")))
            .Where(cache => cache.Type != "Instruction").Select(cache => $"L{cache.Level} {cache.Size}");
        return $", {string.Join(", ", caches)}";

        static string Read(string index, string name)
        {
            string path = Path.Combine(index, name);
            return File.Exists(path) ? File.ReadAllText(path).Trim() : "?";
        }
    }
}
