using System.Globalization;
using VaeCf.Native.Devices;
using VaeCf.Native.Devices.Cuda;
using VaeCf.Ptx.Emulator;

namespace VaeCf.Gpu.Tests;

/// <summary>What the tests run on: the emulator always, and every GPU of this machine that can be used.</summary>
public static class GpuDevices
{
    private const string Emulator = "emulator";

    /// <summary>Their names, for a test's data.</summary>
    public static TheoryData<string> All => [.. Names];

    /// <summary>Whether the emulator is among them.</summary>
    internal static bool HasEmulator { get; set; } = true;

    /// <summary>Their names.</summary>
    internal static IEnumerable<string> Names =>
        [.. HasEmulator ? [Emulator] : Array.Empty<string>(),
            .. CudaGpu.FindAll(out _).Where(gpu => gpu.Unfit is null).Select(gpu => $"cuda:{gpu.Index}")];

    /// <summary>A device as models take it.</summary>
    internal static CudaDevice Open(string name, ProductPrecision products = ProductPrecision.Single) =>
        name == Emulator
        ? new CudaDevice(new EmulatedCuda(), 0, products)
        : new CudaDevice(LibCuda.Find(), int.Parse(name.AsSpan("cuda:".Length), CultureInfo.InvariantCulture),
            products);
}
