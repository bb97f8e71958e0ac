using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using VaeCf.Kernels.Common;
using VaeCf.Native.Devices;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf info</c>: the version, and what the command uses of this machine.</summary>
internal static class InfoCommand
{
    public static Command Create(CommandContext context)
    {
        Option<bool> json = Options.Json();
        var command = new Command(
            "info", "Show the version, the CPU, its caches, the vector width in use, the threads and the devices.")
        {
            json
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(json))
                WriteJson(context);
            else
                WriteTable(context);
            return ExitCodes.Good;
        });
        return command;
    }

    private static string Version =>
        typeof(InfoCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    private static string OperatingSystemName =>
        $"{RuntimeInformation.OSDescription} ({RuntimeInformation.ProcessArchitecture})";

    private static void WriteTable(CommandContext context)
    {
        void Row(string name, string value) => context.WriteLine($"{name,-9}{value}");
        Row("version", Version);
        Row(".NET", Environment.Version.ToString());
        Row("system", OperatingSystemName);
        Row("CPU", ProcessorName());
        Row("cores", $"{Environment.ProcessorCount} logical");
        Row("caches", $"{CacheSizes.First >> 10} KB and {CacheSizes.Second >> 10} KB a core, from which products take "
            + "their blocks");
        Row("vectors", $"{VectorWidth.Name}, {VectorWidth.Bits} bits");
        Row("threads", $"{Environment.ProcessorCount} by default");
        IReadOnlyList<CudaGpu> gpus = CudaGpu.FindAll(out string? none);
        Row("devices", $"cpu{(none is null ? "" : $"; {none}")}");
        foreach (CudaGpu gpu in gpus)
            Row("", gpu.Unfit
                ?? $"{gpu}, compute capability {gpu.ComputeCapability}, driver for CUDA {gpu.DriverVersion}");
    }

    /// <summary>Writes the versions and the CPU as members of the current JSON object.</summary>
    public static void WriteMachine(Utf8JsonWriter json)
    {
        json.WriteString("version", Version);
        json.WriteString("dotnet", Environment.Version.ToString());
        json.WriteString("system", OperatingSystemName);
        json.WriteString("processor", ProcessorName());
        json.WriteNumber("cores", Environment.ProcessorCount);
        json.WriteNumber("first_level_cache_bytes", CacheSizes.First);
        json.WriteNumber("second_level_cache_bytes", CacheSizes.Second);
        json.WriteString("vectors", VectorWidth.Name);
        json.WriteNumber("vector_bits", VectorWidth.Bits);
    }

    private static void WriteJson(CommandContext context) => context.WriteJson(json =>
    {
        json.WriteStartObject();
        WriteMachine(json);
        json.WriteNumber("threads", Environment.ProcessorCount);
        IReadOnlyList<CudaGpu> gpus = CudaGpu.FindAll(out string? none);
        json.WriteStartArray("devices");
        json.WriteStringValue("cpu");
        foreach (CudaGpu gpu in gpus.Where(gpu => gpu.Unfit is null))
            json.WriteStringValue($"cuda:{gpu.Index}");
        json.WriteEndArray();
        json.WriteStartArray("cuda");
        foreach (CudaGpu gpu in gpus)
        {
            json.WriteStartObject();
            json.WriteNumber("index", gpu.Index);
            json.WriteString("name", gpu.Name);
            json.WriteNumber("memory_bytes", gpu.MemoryBytes);
            json.WriteString("compute_capability", gpu.ComputeCapability.ToString());
            json.WriteString("driver_cuda", gpu.DriverVersion.ToString());
            json.WriteString("unfit", gpu.Unfit);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("cuda_none", none);
        json.WriteEndObject();
    });

    // Linux on x86 names the CPU in a file, Windows in the environment; elsewhere it is unknown.
    private static string ProcessorName()
    {
        const string file = "/proc/cpuinfo";
        string? line = !File.Exists(file) ? null
            : File.ReadLines(file).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal));
        return line?[(line.IndexOf(':') + 1)..].Trim()
            ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")
            ?? "unknown";
    }
}
