namespace VaeCf.Native.Devices.Cuda;

/// <summary>The extent of a grid or of a block of threads.</summary>
internal readonly record struct CudaDim(int X, int Y = 1, int Z = 1);

/// <summary>
/// What <see cref="ICudaDriver.DeviceAttribute"/> can return; the numbers are the driver's (CUdevice_attribute).
/// </summary>
internal enum CudaDeviceAttribute
{
    /// <summary>Highest clock of the multiprocessors, in kHz.</summary>
    ClockRate = 13,

    /// <summary>Streaming multiprocessors.</summary>
    MultiprocessorCount = 16,

    /// <summary>Highest clock of the memory, in kHz; it moves data twice a cycle.</summary>
    MemoryClockRate = 36,

    /// <summary>Bits of the bus to the memory.</summary>
    MemoryBusWidth = 37,

    /// <summary>Bytes of the L2 cache.</summary>
    L2CacheSize = 38,

    /// <summary>Compute capability, the number before the point.</summary>
    ComputeCapabilityMajor = 75,

    /// <summary>Compute capability, the number after the point.</summary>
    ComputeCapabilityMinor = 76,

    /// <summary>Bytes of shared memory a block may have once its function allows it.</summary>
    MaxSharedMemoryPerBlockOptin = 97,
}

/// <summary>
/// Attributes of a function that can be read or set; the numbers are the driver's (CUfunction_attribute).
/// </summary>
internal enum CudaFunctionAttribute
{
    /// <summary>Bytes of local memory a thread uses: 0 where every value found a register.</summary>
    LocalSizeBytes = 3,

    /// <summary>Registers a thread uses.</summary>
    RegisterCount = 4,

    /// <summary>Bytes of dynamic shared memory a launch may ask for; more than 48 KB must be set before.</summary>
    MaxDynamicSharedSizeBytes = 8,
}

/// <summary>
/// The CUDA driver's calls that this library makes, one method each: handles are the driver's own (0 is none, or the
/// default stream), device addresses are 64-bit numbers, every method returns the driver's result, 0 for success (an
/// output is then set). The caller checks the result. Calls that need a context use the current one of the calling
/// thread.
/// </summary>
internal unsafe interface ICudaDriver
{
    /// <summary>The driver's words for a result (cuGetErrorName and cuGetErrorString).</summary>
    string ErrorText(int result);

    /// <summary>cuInit(0).</summary>
    int Initialize();

    /// <summary>cuDriverGetVersion: 1000 x major + 10 x minor of the CUDA it speaks.</summary>
    int DriverVersion(out int version);

    /// <summary>cuDeviceGetCount.</summary>
    int DeviceCount(out int count);

    /// <summary>cuDeviceGet.</summary>
    int Device(out int device, int index);

    /// <summary>cuDeviceGetName.</summary>
    int DeviceName(out string name, int device);

    /// <summary>cuDeviceGetAttribute.</summary>
    int DeviceAttribute(out int value, CudaDeviceAttribute attribute, int device);

    /// <summary>cuDeviceTotalMem_v2, in bytes.</summary>
    int DeviceMemory(out long bytes, int device);

    /// <summary>cuDevicePrimaryCtxRetain.</summary>
    int ContextRetain(out nint context, int device);

    /// <summary>cuDevicePrimaryCtxRelease_v2.</summary>
    int ContextRelease(int device);

    /// <summary>cuCtxSetCurrent, for the calling thread.</summary>
    int ContextSetCurrent(nint context);

    /// <summary>cuMemGetInfo_v2, in bytes.</summary>
    int MemoryInfo(out long free, out long total);

    /// <summary>cuModuleLoadDataEx of PTX text.</summary>
    /// <param name="module">The module.</param>
    /// <param name="ptx">The text, ending in a zero byte.</param>
    /// <param name="log">What the driver's compiler said; empty where it said nothing.</param>
    int ModuleLoad(out nint module, ReadOnlySpan<byte> ptx, out string log);

    /// <summary>cuModuleUnload.</summary>
    int ModuleUnload(nint module);

    /// <summary>cuModuleGetFunction.</summary>
    int ModuleFunction(out nint function, nint module, string name);

    /// <summary>cuFuncGetAttribute.</summary>
    int FunctionAttribute(out int value, CudaFunctionAttribute attribute, nint function);

    /// <summary>cuFuncSetAttribute.</summary>
    int SetFunctionAttribute(nint function, CudaFunctionAttribute attribute, int value);

    /// <summary>cuLaunchKernel.</summary>
    /// <param name="launch">What to run.</param>
    /// <param name="parameters">
    /// The parameters as the function lays them out: in order, each at its natural alignment.
    /// </param>
    /// <param name="stream">Where it is queued.</param>
    int Launch(in CudaLaunch launch, ReadOnlySpan<byte> parameters, nint stream);

    /// <summary>cuMemAlloc_v2: bytes of device memory, more than 0. Nothing is written to it.</summary>
    int Allocate(out ulong address, long bytes);

    /// <summary>cuMemFree_v2; waits for work under way.</summary>
    int Free(ulong address);

    /// <summary>cuMemAllocHost_v2: page-locked memory of this process.</summary>
    int HostAllocate(out void* pointer, long bytes);

    /// <summary>cuMemFreeHost.</summary>
    int HostFree(void* pointer);

    /// <summary>cuMemcpyHtoDAsync_v2.</summary>
    int CopyToDevice(ulong target, void* source, long bytes, nint stream);

    /// <summary>cuMemcpyDtoHAsync_v2.</summary>
    int CopyToHost(void* target, ulong source, long bytes, nint stream);

    /// <summary>cuMemsetD8Async.</summary>
    int Fill(ulong target, byte value, long bytes, nint stream);

    /// <summary>cuStreamCreate, not synchronising with the default stream (CU_STREAM_NON_BLOCKING).</summary>
    int StreamCreate(out nint stream);

    /// <summary>cuStreamSynchronize.</summary>
    int StreamSynchronize(nint stream);

    /// <summary>cuStreamDestroy_v2.</summary>
    int StreamDestroy(nint stream);

    /// <summary>cuEventCreate.</summary>
    int EventCreate(out nint created);

    /// <summary>cuEventRecord.</summary>
    int EventRecord(nint recorded, nint stream);

    /// <summary>cuEventSynchronize.</summary>
    int EventSynchronize(nint awaited);

    /// <summary>cuEventElapsedTime.</summary>
    int EventElapsed(out float milliseconds, nint start, nint end);

    /// <summary>cuEventDestroy_v2.</summary>
    int EventDestroy(nint destroyed);

    /// <summary>cuGraphCreate.</summary>
    int GraphCreate(out nint graph);

    /// <summary>cuGraphAddKernelNode: a launch that runs after another node of the graph.</summary>
    /// <param name="node">The new node.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="after">The node to wait for; 0: none.</param>
    /// <param name="launch">What to run.</param>
    /// <param name="parameters">As for <see cref="Launch"/>; copied.</param>
    int GraphAddKernel(out nint node, nint graph, nint after, in CudaLaunch launch, ReadOnlySpan<byte> parameters);

    /// <summary>cuGraphInstantiateWithFlags: a graph ready to run.</summary>
    int GraphInstantiate(out nint executable, nint graph);

    /// <summary>
    /// cuGraphExecKernelNodeSetParams: other extents and parameters for a node of the same function, from the next
    /// launch on.
    /// </summary>
    int GraphSetKernel(nint executable, nint node, in CudaLaunch launch, ReadOnlySpan<byte> parameters);

    /// <summary>cuGraphLaunch.</summary>
    int GraphLaunch(nint executable, nint stream);

    /// <summary>cuGraphExecDestroy.</summary>
    int GraphExecutableDestroy(nint executable);

    /// <summary>cuGraphDestroy.</summary>
    int GraphDestroy(nint graph);
}

/// <summary>One launch of a function: grid, block, and bytes of dynamic shared memory.</summary>
internal readonly record struct CudaLaunch(nint Function, CudaDim Grid, CudaDim Block, int SharedBytes = 0);
