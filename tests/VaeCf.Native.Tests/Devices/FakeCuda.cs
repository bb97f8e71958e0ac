using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Tests.Devices;

/// <summary>A driver that does nothing but note what is asked of it, and fails where it is told to.</summary>
internal sealed unsafe class FakeCuda : ICudaDriver
{
    private nint lastHandle = 1000;

    /// <summary>Calls so far, but for those that only ask or select.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>Parameters of each launch and of each node that was made or changed.</summary>
    public List<byte[]> Parameters { get; } = [];

    /// <summary>Bytes of each copy to the device.</summary>
    public List<long> Uploads { get; } = [];

    /// <summary>What calls return that do not succeed.</summary>
    public Dictionary<string, int> Failures { get; } = [];

    public int Devices { get; init; } = 1;
    public int Major { get; init; } = 9;
    public int Version { get; init; } = 12_040;

    /// <summary>Device memory left, in bytes.</summary>
    public long FreeBytes { get; set; } = 1 << 20;

    private readonly Dictionary<ulong, long> allocated = [];

    private int Result(string call, bool noted = true)
    {
        if (noted)
            Calls.Add(call);
        return Failures.GetValueOrDefault(call);
    }

    private int New(string call, out nint handle)
    {
        handle = lastHandle++;
        return Result(call);
    }

    private int Asked<T>(string call, out T value, T answer)
    {
        value = answer;
        return Result(call, noted: false);
    }

    public string ErrorText(int result) => $"CUDA_ERROR_{result}: told to fail";
    public int Initialize() => Result("cuInit", noted: false);
    public int DriverVersion(out int version) => Asked("cuDriverGetVersion", out version, Version);
    public int DeviceCount(out int count) => Asked("cuDeviceGetCount", out count, Devices);
    public int Device(out int device, int index) => Asked("cuDeviceGet", out device, index);
    public int DeviceName(out string name, int device) => Asked("cuDeviceGetName", out name, $"GPU {device}");
    public int DeviceAttribute(out int value, CudaDeviceAttribute attribute, int device) =>
        Asked("cuDeviceGetAttribute", out value, attribute switch
        {
            CudaDeviceAttribute.ComputeCapabilityMajor => Major,
            CudaDeviceAttribute.ComputeCapabilityMinor => 0,
            _ => 1 << 20,
        });
    public int DeviceMemory(out long bytes, int device) => Asked("cuDeviceTotalMem", out bytes, 80L << 30);
    public int ContextRetain(out nint context, int device) => New("cuDevicePrimaryCtxRetain", out context);
    public int ContextRelease(int device) => Result("cuDevicePrimaryCtxRelease");
    public int ContextSetCurrent(nint context) => Result("cuCtxSetCurrent", noted: false);

    public int MemoryInfo(out long free, out long total)
    {
        (free, total) = (FreeBytes, 80L << 30);
        return Result("cuMemGetInfo", noted: false);
    }

    public int ModuleLoad(out nint module, ReadOnlySpan<byte> ptx, out string log)
    {
        log = Failures.ContainsKey("cuModuleLoadDataEx") ? "ptxas: line 7" : "";
        return New("cuModuleLoadDataEx", out module);
    }

    public int ModuleUnload(nint module) => Result("cuModuleUnload");
    public int ModuleFunction(out nint function, nint module, string name) =>
        New($"cuModuleGetFunction {name}", out function);
    public int FunctionAttribute(out int value, CudaFunctionAttribute attribute, nint function) =>
        Asked("cuFuncGetAttribute", out value, 0);
    public int SetFunctionAttribute(nint function, CudaFunctionAttribute attribute, int value) =>
        Result("cuFuncSetAttribute");

    public int Launch(in CudaLaunch launch, ReadOnlySpan<byte> parameters, nint stream)
    {
        Parameters.Add(parameters.ToArray());
        return Result("cuLaunchKernel");
    }

    public int Allocate(out ulong address, long bytes)
    {
        address = 0;
        if (bytes > FreeBytes)
            return 2;
        address = (ulong)lastHandle++;
        FreeBytes -= bytes;
        allocated[address] = bytes;
        return Result("cuMemAlloc");
    }

    public int Free(ulong address)
    {
        FreeBytes += allocated[address];
        allocated.Remove(address);
        return Result("cuMemFree");
    }

    private readonly List<nint> pinned = [];

    public int HostAllocate(out void* pointer, long bytes)
    {
        pointer = System.Runtime.InteropServices.NativeMemory.Alloc((nuint)bytes);
        pinned.Add((nint)pointer);
        return Result("cuMemAllocHost");
    }

    public int HostFree(void* pointer)
    {
        Assert.True(pinned.Remove((nint)pointer));
        System.Runtime.InteropServices.NativeMemory.Free(pointer);
        return Result("cuMemFreeHost");
    }

    public int CopyToDevice(ulong target, void* source, long bytes, nint stream)
    {
        Uploads.Add(bytes);
        return Result("cuMemcpyHtoDAsync");
    }

    public int CopyToHost(void* target, ulong source, long bytes, nint stream) => Result("cuMemcpyDtoHAsync");
    public int Fill(ulong target, byte value, long bytes, nint stream) => Result("cuMemsetD8Async");
    public int StreamCreate(out nint stream) => New("cuStreamCreate", out stream);
    public int StreamSynchronize(nint stream) => Result("cuStreamSynchronize");
    public int StreamDestroy(nint stream) => Result("cuStreamDestroy");
    public int EventCreate(out nint created) => New("cuEventCreate", out created);
    public int EventRecord(nint recorded, nint stream) => Result("cuEventRecord");
    public int EventSynchronize(nint awaited) => Result("cuEventSynchronize");
    public int EventElapsed(out float milliseconds, nint start, nint end) =>
        Asked("cuEventElapsedTime", out milliseconds, 1f);
    public int EventDestroy(nint destroyed) => Result("cuEventDestroy");
    public int GraphCreate(out nint graph) => New("cuGraphCreate", out graph);

    public int GraphAddKernel(
        out nint node, nint graph, nint after, in CudaLaunch launch, ReadOnlySpan<byte> parameters)
    {
        Parameters.Add(parameters.ToArray());
        return New("cuGraphAddKernelNode", out node);
    }

    public int GraphInstantiate(out nint executable, nint graph) => New("cuGraphInstantiateWithFlags", out executable);

    public int GraphSetKernel(nint executable, nint node, in CudaLaunch launch, ReadOnlySpan<byte> parameters)
    {
        Parameters.Add(parameters.ToArray());
        return Result("cuGraphExecKernelNodeSetParams");
    }

    public int GraphLaunch(nint executable, nint stream) => Result("cuGraphLaunch");
    public int GraphExecutableDestroy(nint executable) => Result("cuGraphExecDestroy");
    public int GraphDestroy(nint graph) => Result("cuGraphDestroy");
}
