using System.CommandLine;
using System.Globalization;
using VaeCf.Native.Devices;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Bench;

/// <summary>What a verb measures on: this processor, or a card.</summary>
internal sealed class BenchDevice : IDisposable
{
    /// <summary>The name of this processor.</summary>
    public const string Cpu = "cpu";

    private const string Cuda = "cuda", Numbered = "cuda:";

    private readonly Device device;

    private BenchDevice(Device device) => this.device = device;

    /// <summary>The device as a model's code takes it.</summary>
    public Compute Compute => device.Open();

    /// <summary>The device as a model takes it.</summary>
    public Device Device => device;

    /// <summary>The card, if it is one.</summary>
    public CudaCompute? Card => device as CudaCompute;

    /// <summary><c>--device</c> and <c>--products</c>.</summary>
    public static (Option<string> Device, Option<ProductPrecision> Products) Options()
    {
        var device = new Option<string>("--device") { DefaultValueFactory = _ => Cpu, Description = "This processor, or an NVIDIA card.", HelpName = "cpu|cuda|cuda:N" };
        device.Validators.Add(result =>
        {
            string text = result.GetValueOrDefault<string>();
            if (text != Cpu && CardOf(text) is null)
                result.AddError($"--device: found '{text}'; expected cpu, cuda or cuda:N");
        });
        return (device, new Option<ProductPrecision>("--products") { Description = "How a card multiplies matrices." });
    }

    /// <summary>The number of a card; null for the processor.</summary>
    public static int? CardOf(string text) => text == Cuda ? 0
        : text.StartsWith(Numbered, StringComparison.Ordinal) && int.TryParse(text.AsSpan(Numbered.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? index : null;

    /// <summary>Takes it into use.</summary>
    public static BenchDevice Open(string name, ProductPrecision products, int threads) =>
        new(CardOf(name) is int index ? Device.Cuda(index, products) : new CpuCompute(threads));

    /// <summary>Waits for what was asked of a card.</summary>
    public void Wait() => Card?.Context.Synchronize();

    /// <summary>Tells the least milliseconds of so many multiply-adds: of the processor timed anew each time, on the threads that do its work; of a card, its lanes' at their highest clock.</summary>
    public Func<double> FloorMs(double gflop)
    {
        if (Card is { } card)
            return () => gflop / Peak(card.Context) * 1e3;
        Action work = Ceiling.MultiplyAdds(((CpuCompute)device).Workers, gflop);
        return () => Measure.Once(work);
    }

    /// <summary>Single-precision GFLOP/s of a card: two operations a lane and cycle.</summary>
    public static double Peak(CudaContext card)
    {
        // Lanes of a multiprocessor (CUDA C++ Programming Guide, compute capabilities): 64 of 8.0, 128 of those after it.
        int lanes = card.Card.ComputeCapability == new Version(8, 0) ? 64 : 128;
        return 2.0 * lanes * card.Attribute(CudaDeviceAttribute.MultiprocessorCount) * card.Attribute(CudaDeviceAttribute.ClockRate) / 1e6;
    }

    /// <summary>GB/s of a card's memory: two words a cycle.</summary>
    public static double Bandwidth(CudaContext card) =>
        2.0 * card.Attribute(CudaDeviceAttribute.MemoryClockRate) * card.Attribute(CudaDeviceAttribute.MemoryBusWidth) / 8 / 1e6;

    public void Dispose() => device.Dispose();
}
