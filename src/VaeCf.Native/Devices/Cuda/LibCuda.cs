using System.Runtime.InteropServices;
using System.Text;

namespace VaeCf.Native.Devices.Cuda;

/// <summary>The driver of this machine's NVIDIA GPUs.</summary>
internal sealed unsafe partial class LibCuda : ICudaDriver
{
    private const int LogBytes = 8192, NameBytes = 256;

    private LibCuda() { }

    /// <summary>The driver, or null where none is installed.</summary>
    public static LibCuda? Find() => NativeLibrary.TryLoad(FileName, out _) ? new LibCuda() : null;

    public string ErrorText(int result) =>
        cuGetErrorName(result, out byte* name) == 0 && cuGetErrorString(result, out byte* text) == 0
            ? $"{Marshal.PtrToStringUTF8((nint)name)}: {Marshal.PtrToStringUTF8((nint)text)}"
            : $"error {result}";

    public int Initialize() => cuInit(0);

    public int DriverVersion(out int version) => cuDriverGetVersion(out version);

    public int DeviceCount(out int count) => cuDeviceGetCount(out count);

    public int Device(out int device, int index) => cuDeviceGet(out device, index);

    public int DeviceName(out string name, int device)
    {
        byte* text = stackalloc byte[NameBytes];
        text[0] = 0;
        int result = cuDeviceGetName(text, NameBytes, device);
        name = Marshal.PtrToStringUTF8((nint)text)!;
        return result;
    }

    public int DeviceAttribute(out int value, CudaDeviceAttribute attribute, int device) =>
        cuDeviceGetAttribute(out value, (int)attribute, device);

    public int DeviceMemory(out long bytes, int device)
    {
        int result = cuDeviceTotalMem_v2(out nuint size, device);
        bytes = (long)size;
        return result;
    }

    public int ContextRetain(out nint context, int device) => cuDevicePrimaryCtxRetain(out context, device);

    public int ContextRelease(int device) => cuDevicePrimaryCtxRelease_v2(device);

    public int ContextSetCurrent(nint context) => cuCtxSetCurrent(context);

    public int MemoryInfo(out long free, out long total)
    {
        int result = cuMemGetInfo_v2(out nuint freeBytes, out nuint totalBytes);
        (free, total) = ((long)freeBytes, (long)totalBytes);
        return result;
    }

    public int ModuleLoad(out nint module, ReadOnlySpan<byte> ptx, out string log)
    {
        byte* info = stackalloc byte[LogBytes], error = stackalloc byte[LogBytes];
        (info[0], error[0]) = (0, 0);
        int* options = stackalloc int[] { JitInfoLog, JitInfoLogBytes, JitErrorLog, JitErrorLogBytes };
        void** values = stackalloc void*[] { info, (void*)LogBytes, error, (void*)LogBytes };
        fixed (byte* text = ptx)
        {
            int result = cuModuleLoadDataEx(out module, text, 4, options, values);
            log = $"{Marshal.PtrToStringUTF8((nint)error)}{Marshal.PtrToStringUTF8((nint)info)}".Trim();
            return result;
        }
    }

    public int ModuleUnload(nint module) => cuModuleUnload(module);

    public int ModuleFunction(out nint function, nint module, string name)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
            return cuModuleGetFunction(out function, module, text);
    }

    public int FunctionAttribute(out int value, CudaFunctionAttribute attribute, nint function) =>
        cuFuncGetAttribute(out value, (int)attribute, function);

    public int SetFunctionAttribute(nint function, CudaFunctionAttribute attribute, int value) =>
        cuFuncSetAttribute(function, (int)attribute, value);

    public int Launch(in CudaLaunch launch, ReadOnlySpan<byte> parameters, nint stream)
    {
        nuint bytes = (nuint)parameters.Length;
        fixed (byte* buffer = parameters)
        {
            void** extra = stackalloc void*[] { (void*)ParameterBuffer, buffer, (void*)ParameterBufferBytes, &bytes,
                (void*)EndOfList };
            (CudaDim grid, CudaDim block) = (launch.Grid, launch.Block);
            return cuLaunchKernel(launch.Function, (uint)grid.X, (uint)grid.Y, (uint)grid.Z, (uint)block.X,
                (uint)block.Y, (uint)block.Z, (uint)launch.SharedBytes, stream, null, extra);
        }
    }

    public int Allocate(out ulong address, long bytes) => cuMemAlloc_v2(out address, (nuint)bytes);

    public int Free(ulong address) => cuMemFree_v2(address);

    public int HostAllocate(out void* pointer, long bytes) => cuMemAllocHost_v2(out pointer, (nuint)bytes);

    public int HostFree(void* pointer) => cuMemFreeHost(pointer);

    public int CopyToDevice(ulong target, void* source, long bytes, nint stream) =>
        cuMemcpyHtoDAsync_v2(target, source, (nuint)bytes, stream);

    public int CopyToHost(void* target, ulong source, long bytes, nint stream) =>
        cuMemcpyDtoHAsync_v2(target, source, (nuint)bytes, stream);

    public int Fill(ulong target, byte value, long bytes, nint stream) =>
        cuMemsetD8Async(target, value, (nuint)bytes, stream);

    public int StreamCreate(out nint stream) => cuStreamCreate(out stream, NonBlocking);

    public int StreamSynchronize(nint stream) => cuStreamSynchronize(stream);

    public int StreamDestroy(nint stream) => cuStreamDestroy_v2(stream);

    public int EventCreate(out nint created) => cuEventCreate(out created, 0);

    public int EventRecord(nint recorded, nint stream) => cuEventRecord(recorded, stream);

    public int EventSynchronize(nint awaited) => cuEventSynchronize(awaited);

    public int EventElapsed(out float milliseconds, nint start, nint end) =>
        cuEventElapsedTime(out milliseconds, start, end);

    public int EventDestroy(nint destroyed) => cuEventDestroy_v2(destroyed);

    public int GraphCreate(out nint graph) => cuGraphCreate(out graph, 0);

    public int GraphAddKernel(out nint node, nint graph, nint after, in CudaLaunch launch,
        ReadOnlySpan<byte> parameters)
    {
        nuint bytes = (nuint)parameters.Length;
        fixed (byte* buffer = parameters)
        {
            void** extra = stackalloc void*[] { (void*)ParameterBuffer, buffer, (void*)ParameterBufferBytes, &bytes,
                (void*)EndOfList };
            KernelNode kernel = Node(launch, extra);
            return cuGraphAddKernelNode_v2(out node, graph, &after, after == 0 ? 0u : 1u, &kernel);
        }
    }

    public int GraphInstantiate(out nint executable, nint graph) =>
        cuGraphInstantiateWithFlags(out executable, graph, 0);

    public int GraphSetKernel(nint executable, nint node, in CudaLaunch launch, ReadOnlySpan<byte> parameters)
    {
        nuint bytes = (nuint)parameters.Length;
        fixed (byte* buffer = parameters)
        {
            void** extra = stackalloc void*[] { (void*)ParameterBuffer, buffer, (void*)ParameterBufferBytes, &bytes,
                (void*)EndOfList };
            KernelNode kernel = Node(launch, extra);
            return cuGraphExecKernelNodeSetParams_v2(executable, node, &kernel);
        }
    }

    private static KernelNode Node(in CudaLaunch launch, void** extra) => new()
    {
        Function = launch.Function,
        GridX = (uint)launch.Grid.X,
        GridY = (uint)launch.Grid.Y,
        GridZ = (uint)launch.Grid.Z,
        BlockX = (uint)launch.Block.X,
        BlockY = (uint)launch.Block.Y,
        BlockZ = (uint)launch.Block.Z,
        SharedBytes = (uint)launch.SharedBytes,
        Extra = extra,
    };

    public int GraphLaunch(nint executable, nint stream) => cuGraphLaunch(executable, stream);

    public int GraphExecutableDestroy(nint executable) => cuGraphExecDestroy(executable);

    public int GraphDestroy(nint graph) => cuGraphDestroy(graph);
}
