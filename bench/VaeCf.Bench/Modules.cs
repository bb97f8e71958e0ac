using System.CommandLine;
using System.Reflection;
using System.Text.RegularExpressions;
using VaeCf.Native.Devices;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Bench;

/// <summary>How long the driver takes to compile each kernel for a GPU, and what it makes of it.</summary>
internal static partial class Modules
{
    private static readonly Option<string> on = BenchDevice.Options().Device;

    public static Command Command()
    {
        on.DefaultValueFactory = _ => "cuda";
        return Verb.Create("modules", "Time to load each kernel on a GPU, whose driver compiles it.", [on], parsed =>
        {
            using BenchDevice device = BenchDevice.Open(parsed.GetValue(on)!, ProductPrecision.Single, 1);
            return Run(device.Gpu?.Context
                ?? throw new DeviceException("--device: found cpu; expected cuda or cuda:N"));
        });
    }

    private static Report Run(CudaContext gpu)
    {
        var report = new Report("Kernels loaded", "1");
        report.Fact("device", "Device", gpu.Gpu.ToString());
        var table = new Table("kernels", "Each kernel", new("kernel", "kernel"), new("ms", "ms to load"),
            new("registers", "registers a thread"), new("localBytes", "spilled bytes a thread"));
        double sum = 0;
        foreach (string kernel in Kernels())
        {
            int registers = 0;
            double ms = Measure.Once(() => registers = gpu.Attribute(kernel, CudaFunctionAttribute.RegisterCount));
            sum += ms;
            table.Add(kernel, ms, registers, gpu.Attribute(kernel, CudaFunctionAttribute.LocalSizeBytes));
        }
        report.Fact("sumMs", "All of them", sum, "ms");
        report.Add(table);
        report.Note("A driver that has compiled a kernel before takes it from its cache on the disk.");
        return report;
    }

    private static IEnumerable<string> Kernels()
    {
        Assembly native = typeof(Compute).Assembly;
        foreach (string name in native.GetManifestResourceNames()
            .Where(name => name.EndsWith(".ptx", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(native.GetManifestResourceStream(name)!);
            foreach (Match entry in Entry().Matches(reader.ReadToEnd()))
                yield return entry.Groups[1].Value;
        }
    }

    [GeneratedRegex(@"^\.visible \.entry (\w+)", RegexOptions.Multiline)]
    private static partial Regex Entry();
}
