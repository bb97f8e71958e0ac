using System.Reflection;
using System.Runtime.InteropServices;

namespace VaeCf.Native.Devices.Cuda;

/// <summary>The functions of the driver's library as cuda.h declares them, and where the library is found.</summary>
internal sealed unsafe partial class LibCuda
{
    private const string Library = "cuda";

    /// <summary>The file that the driver installs.</summary>
    public static string FileName => OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";

    static LibCuda() => NativeLibrary.SetDllImportResolver(typeof(LibCuda).Assembly, Resolve);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == Library ? NativeLibrary.Load(FileName) : 0;

    private const uint NonBlocking = 1;

    // CUjit_option
    private const int JitInfoLog = 3, JitInfoLogBytes = 4, JitErrorLog = 5, JitErrorLogBytes = 6;

    // What cuLaunchKernel's last argument lists: a buffer of parameters and its size.
    private const nint ParameterBuffer = 1, ParameterBufferBytes = 2, EndOfList = 0;

    // CUDA_KERNEL_NODE_PARAMS_v2; a function that is given needs neither kernel nor context.
    [StructLayout(LayoutKind.Sequential)]
    private struct KernelNode
    {
        public nint Function;
        public uint GridX, GridY, GridZ, BlockX, BlockY, BlockZ, SharedBytes;
        public void** Parameters, Extra;
        public nint Kernel, Context;
    }

    [LibraryImport(Library)]
    private static partial int cuGetErrorName(int result, out byte* text);

    [LibraryImport(Library)]
    private static partial int cuGetErrorString(int result, out byte* text);

    [LibraryImport(Library)]
    private static partial int cuInit(uint flags);

    [LibraryImport(Library)]
    private static partial int cuDriverGetVersion(out int version);

    [LibraryImport(Library)]
    private static partial int cuDeviceGetCount(out int count);

    [LibraryImport(Library)]
    private static partial int cuDeviceGet(out int device, int index);

    [LibraryImport(Library)]
    private static partial int cuDeviceGetName(byte* name, int length, int device);

    [LibraryImport(Library)]
    private static partial int cuDeviceGetAttribute(out int value, int attribute, int device);

    [LibraryImport(Library)]
    private static partial int cuDeviceTotalMem_v2(out nuint bytes, int device);

    [LibraryImport(Library)]
    private static partial int cuDevicePrimaryCtxRetain(out nint context, int device);

    [LibraryImport(Library)]
    private static partial int cuDevicePrimaryCtxRelease_v2(int device);

    [LibraryImport(Library)]
    private static partial int cuCtxSetCurrent(nint context);

    [LibraryImport(Library)]
    private static partial int cuMemGetInfo_v2(out nuint free, out nuint total);

    [LibraryImport(Library)]
    private static partial int cuModuleLoadDataEx(out nint module, byte* image, uint optionCount, int* options,
        void** values);

    [LibraryImport(Library)]
    private static partial int cuModuleUnload(nint module);

    [LibraryImport(Library)]
    private static partial int cuModuleGetFunction(out nint function, nint module, byte* name);

    [LibraryImport(Library)]
    private static partial int cuFuncGetAttribute(out int value, int attribute, nint function);

    [LibraryImport(Library)]
    private static partial int cuFuncSetAttribute(nint function, int attribute, int value);

    [LibraryImport(Library)]
    private static partial int cuLaunchKernel(nint function, uint gridX, uint gridY, uint gridZ, uint blockX,
        uint blockY, uint blockZ, uint sharedBytes, nint stream, void** parameters, void** extra);

    [LibraryImport(Library)]
    private static partial int cuMemAlloc_v2(out ulong address, nuint bytes);

    [LibraryImport(Library)]
    private static partial int cuMemFree_v2(ulong address);

    [LibraryImport(Library)]
    private static partial int cuMemAllocHost_v2(out void* pointer, nuint bytes);

    [LibraryImport(Library)]
    private static partial int cuMemFreeHost(void* pointer);

    [LibraryImport(Library)]
    private static partial int cuMemcpyHtoDAsync_v2(ulong target, void* source, nuint bytes, nint stream);

    [LibraryImport(Library)]
    private static partial int cuMemcpyDtoHAsync_v2(void* target, ulong source, nuint bytes, nint stream);

    [LibraryImport(Library)]
    private static partial int cuMemsetD8Async(ulong target, byte value, nuint bytes, nint stream);

    [LibraryImport(Library)]
    private static partial int cuStreamCreate(out nint stream, uint flags);

    [LibraryImport(Library)]
    private static partial int cuStreamSynchronize(nint stream);

    [LibraryImport(Library)]
    private static partial int cuStreamDestroy_v2(nint stream);

    [LibraryImport(Library)]
    private static partial int cuEventCreate(out nint created, uint flags);

    [LibraryImport(Library)]
    private static partial int cuEventRecord(nint recorded, nint stream);

    [LibraryImport(Library)]
    private static partial int cuEventSynchronize(nint awaited);

    [LibraryImport(Library)]
    private static partial int cuEventElapsedTime(out float milliseconds, nint start, nint end);

    [LibraryImport(Library)]
    private static partial int cuEventDestroy_v2(nint destroyed);

    [LibraryImport(Library)]
    private static partial int cuGraphCreate(out nint graph, uint flags);

    [LibraryImport(Library)]
    private static partial int cuGraphAddKernelNode_v2(out nint node, nint graph, nint* dependencies,
        nuint dependencyCount, KernelNode* parameters);

    [LibraryImport(Library)]
    private static partial int cuGraphInstantiateWithFlags(out nint executable, nint graph, ulong flags);

    [LibraryImport(Library)]
    private static partial int cuGraphExecKernelNodeSetParams_v2(nint executable, nint node, KernelNode* parameters);

    [LibraryImport(Library)]
    private static partial int cuGraphLaunch(nint executable, nint stream);

    [LibraryImport(Library)]
    private static partial int cuGraphExecDestroy(nint executable);

    [LibraryImport(Library)]
    private static partial int cuGraphDestroy(nint graph);
}
