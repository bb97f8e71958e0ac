using System.CommandLine;
using System.Globalization;
using VaeCf.Native.Devices;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Bench;

/// <summary>What a verb measures on: the CPU or a GPU.</summary>
internal sealed class BenchDevice : IDisposable
{
    /// <summary>The name of the CPU.</summary>
    public const string Cpu = "cpu";

    private const string Cuda = "cuda", Numbered = "cuda:";

    private readonly Device device;

    private BenchDevice(Device device) => (this.device, Compute) = (device, device.Open());

    /// <summary>The device as a model's code takes it.</summary>
    public Compute Compute { get; }

    /// <summary>The device as a model takes it.</summary>
    public Device Device => device;

    /// <summary>The GPU, if it is one.</summary>
    public CudaCompute? Gpu => Compute as CudaCompute;

    /// <summary><c>--device</c> and <c>--products</c>.</summary>
    public static (Option<string> Device, Option<ProductPrecision> Products) Options()
    {
        var device = new Option<string>("--device")
        {
            DefaultValueFactory = _ => Cpu,
            Description = "The CPU or an NVIDIA GPU.",
            HelpName = "cpu|cuda|cuda:N",
        };
        device.Validators.Add(result =>
        {
            string text = result.GetValueOrDefault<string>();
            if (text != Cpu && GpuOf(text) is null)
                result.AddError($"--device: found '{text}'; expected cpu, cuda or cuda:N");
        });
        return (device, new Option<ProductPrecision>("--products") { Description = "How a GPU multiplies matrices." });
    }

    /// <summary>The number of a GPU; null for the CPU.</summary>
    public static int? GpuOf(string text) => text == Cuda ? 0
        : text.StartsWith(Numbered, StringComparison.Ordinal)
        && int.TryParse(text.AsSpan(Numbered.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int index)
        ? index : null;

    /// <summary>Takes it into use.</summary>
    public static BenchDevice Open(string name, ProductPrecision products, int threads) =>
        new(GpuOf(name) is int index ? Device.Cuda(index, products) : Device.Cpu(threads));

    /// <summary>Waits for the work queued on a GPU.</summary>
    public void Wait() => Gpu?.Context.Synchronize();

    /// <summary>
    /// Gives the least milliseconds that a number of multiply-adds can take: on the CPU timed anew each time, on the
    /// threads that do its work; on a GPU that of its lanes at their highest clock.
    /// </summary>
    public Func<double> FloorMs(double gflop)
    {
        if (Gpu is { } gpu)
            return () => gflop / Peak(gpu.Context) * 1e3;
        Action work = Ceiling.MultiplyAdds(((CpuCompute)Compute).Workers, gflop);
        return () => Measure.Once(work);
    }

    /// <summary>Single-precision GFLOP/s of a GPU: two operations per lane and cycle.</summary>
    public static double Peak(CudaContext context)
    {
        // Lanes of a multiprocessor (CUDA C++ Programming Guide, compute capabilities): 64 of 8.0, 128 of those after
        // it.
        int lanes = context.Gpu.ComputeCapability == new Version(8, 0) ? 64 : 128;
        return 2.0 * lanes * context.Attribute(CudaDeviceAttribute.MultiprocessorCount)
            * context.Attribute(CudaDeviceAttribute.ClockRate) / 1e6;
    }

    /// <summary>GB/s of a GPU's memory: two words per cycle.</summary>
    public static double Bandwidth(CudaContext context) =>
        2.0 * context.Attribute(CudaDeviceAttribute.MemoryClockRate)
            * context.Attribute(CudaDeviceAttribute.MemoryBusWidth) / 8 / 1e6;

    public void Dispose()
    {
        Compute.Dispose();
        device.Dispose();
    }
}
