using System.Globalization;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

/// <summary>An NVIDIA GPU of this machine, as its driver describes it.</summary>
public sealed class CudaGpu
{
    // Asynchronous copies to shared memory and TF32 begin with 8.0; the driver must know the PTX we ship, of version
    // 8.0.
    private const int OldestMajor = 8, OldestDriver = 12_000;

    internal CudaGpu(ICudaDriver driver, int index)
    {
        int Attribute(CudaDeviceAttribute attribute)
        {
            CudaContext.Check(driver, driver.DeviceAttribute(out int value, attribute, Handle), "cuDeviceGetAttribute");
            return value;
        }
        Index = index;
        CudaContext.Check(driver, driver.Device(out int handle, index), "cuDeviceGet");
        Handle = handle;
        CudaContext.Check(driver, driver.DeviceName(out string name, handle), "cuDeviceGetName");
        Name = name;
        CudaContext.Check(driver, driver.DeviceMemory(out long memory, handle), "cuDeviceTotalMem");
        MemoryBytes = memory;
        CudaContext.Check(driver, driver.DriverVersion(out int version), "cuDriverGetVersion");
        ComputeCapability = new Version(Attribute(CudaDeviceAttribute.ComputeCapabilityMajor),
            Attribute(CudaDeviceAttribute.ComputeCapabilityMinor));
        DriverVersion = new Version(version / 1000, version % 1000 / 10);
        Multiprocessors = Attribute(CudaDeviceAttribute.MultiprocessorCount);
        L2Bytes = Attribute(CudaDeviceAttribute.L2CacheSize);
        if (ComputeCapability.Major < OldestMajor)
            Unfit = $"{this}: compute capability {ComputeCapability}; at least {OldestMajor}.0 is needed";
        else if (version < OldestDriver)
            Unfit = $"{this}: the driver speaks CUDA {DriverVersion}; at least {OldestDriver / 1000}.0 is needed";
    }

    /// <summary>Its number, from 0: what <c>Device.Cuda</c> takes.</summary>
    public int Index { get; }

    /// <summary>Its maker's name for it.</summary>
    public string Name { get; }

    /// <summary>Bytes of its memory.</summary>
    public long MemoryBytes { get; }

    /// <summary>What generation it is: 8.0 for an A100, 9.0 for an H100.</summary>
    public Version ComputeCapability { get; }

    /// <summary>The newest CUDA that its driver speaks.</summary>
    public Version DriverVersion { get; }

    /// <summary>Why it cannot be used; null where it can.</summary>
    public string? Unfit { get; }

    internal int Handle { get; }
    internal int Multiprocessors { get; }
    internal long L2Bytes { get; }

    /// <summary>The GPUs of this machine.</summary>
    /// <param name="none">Why there are none; null where there are.</param>
    public static IReadOnlyList<CudaGpu> FindAll(out string? none) => FindAll(LibCuda.Find(), out none);

    internal static IReadOnlyList<CudaGpu> FindAll(ICudaDriver? driver, out string? none)
    {
        const int noDevice = 100; // CUDA_ERROR_NO_DEVICE
        none = null;
        if (driver is null)
            none = $"no CUDA driver: {LibCuda.FileName} is not installed";
        else if (driver.Initialize() is int result && result is not 0)
            none = result == noDevice
                ? "no CUDA device"
                : $"the CUDA driver does not start: cuInit: {driver.ErrorText(result)}";
        else
        {
            CudaContext.Check(driver, driver.DeviceCount(out int count), "cuDeviceGetCount");
            if (count == 0)
                none = "no CUDA device";
            return [.. Enumerable.Range(0, count).Select(index => new CudaGpu(driver, index))];
        }
        return [];
    }

    /// <summary>As <c>cuda:0, NVIDIA H100 80GB HBM3, 79.6 GB</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"cuda:{Index}, {Name}, {MemoryBytes / (double)(1 << 30):0.0} GiB");
}
