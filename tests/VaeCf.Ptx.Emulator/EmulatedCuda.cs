using System.Diagnostics;
using System.Text;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Ptx.Emulator;

/// <summary>
/// The emulator as a CUDA driver with one device, for the host code that drives a card. Everything asked of a stream is
/// done at once, in the order asked; a graph is its launches, one after another. Results are the driver's; what a
/// kernel does wrong, and a copy to the host of memory that nothing wrote, is a <see cref="PtxFaultException"/>.
/// </summary>
internal unsafe class EmulatedCuda(EmulatedCard? card = null) : ICudaDriver
{
    private const int Success = 0, InvalidValue = 1, OutOfMemory = 2, InvalidContext = 201, InvalidPtx = 218,
        InvalidHandle = 400, NotFound = 500;
    private const int DefaultSharedBytes = 48 << 10, MostSharedBytes = 163 << 10;
    private const nint TheContext = 1, DefaultStream = 0;

    private readonly EmulatedCard card = card ?? new();
    private readonly GlobalMemory memory = new(card is { Trusted: true });
    private readonly Dictionary<nint, object> objects = [];
    private readonly Dictionary<string, KernelCounts> counts = [];
    private readonly ThreadLocal<nint> current = new();
    private readonly Lock turn = new();
    private nint lastHandle = 0x100;

    private sealed class Function(PtxProgram program)
    {
        public PtxProgram Program => program;

        public int DynamicShared { get; set; } = DefaultSharedBytes;
    }

    private sealed class Stream;

    private sealed class Event
    {
        public long Time { get; set; }
    }

    /// <summary>Nodes in the order they run. An executable is another copy.</summary>
    private sealed class Graph
    {
        public List<(nint Node, CudaLaunch Launch, byte[] Parameters)> Nodes { get; } = [];
    }

    private sealed class HostMemory(byte[] bytes)
    {
        public byte[] Bytes => bytes;
    }

    /// <summary>What ran, by kernel.</summary>
    public IReadOnlyDictionary<string, KernelCounts> Counts => counts;

    /// <summary>Allocations not freed.</summary>
    public long AllocatedBytes => memory.Bytes;

    public string ErrorText(int result) => result switch
    {
        Success => "CUDA_SUCCESS",
        InvalidValue => "CUDA_ERROR_INVALID_VALUE: invalid argument",
        OutOfMemory => "CUDA_ERROR_OUT_OF_MEMORY: out of memory",
        InvalidContext => "CUDA_ERROR_INVALID_CONTEXT: invalid device context",
        InvalidPtx => "CUDA_ERROR_INVALID_PTX: a PTX JIT compilation failed",
        InvalidHandle => "CUDA_ERROR_INVALID_HANDLE: invalid resource handle",
        NotFound => "CUDA_ERROR_NOT_FOUND: named symbol not found",
        _ => $"CUDA error {result}",
    };

    public int Initialize() => Success;

    public int DriverVersion(out int version)
    {
        version = 12_000;
        return Success;
    }

    public int DeviceCount(out int count)
    {
        count = 1;
        return Success;
    }

    public int Device(out int device, int index)
    {
        device = 0;
        return index == 0 ? Success : 101;
    }

    public int DeviceName(out string name, int device)
    {
        name = "PTX emulator";
        return Success;
    }

    public int DeviceAttribute(out int value, CudaDeviceAttribute attribute, int device)
    {
        value = attribute switch
        {
            CudaDeviceAttribute.MultiprocessorCount => card.Multiprocessors,
            CudaDeviceAttribute.L2CacheSize => card.L2Bytes,
            CudaDeviceAttribute.ClockRate or CudaDeviceAttribute.MemoryClockRate => 1_000_000,
            CudaDeviceAttribute.MemoryBusWidth => 64,
            CudaDeviceAttribute.ComputeCapabilityMajor => 8,
            CudaDeviceAttribute.ComputeCapabilityMinor => 0,
            CudaDeviceAttribute.MaxSharedMemoryPerBlockOptin => MostSharedBytes,
            _ => -1,
        };
        return value < 0 ? InvalidValue : Success;
    }

    public int DeviceMemory(out long bytes, int device)
    {
        bytes = card.MemoryBytes;
        return Success;
    }

    public int ContextRetain(out nint context, int device)
    {
        context = TheContext;
        return Success;
    }

    public int ContextRelease(int device) => Success;

    public int ContextSetCurrent(nint context)
    {
        current.Value = context;
        return context is 0 or TheContext ? Success : InvalidContext;
    }

    public int MemoryInfo(out long free, out long total)
    {
        (free, total) = (card.MemoryBytes - memory.Bytes, card.MemoryBytes);
        return InContext(() => Success);
    }

    public int ModuleLoad(out nint module, ReadOnlySpan<byte> ptx, out string log)
    {
        module = 0;
        log = "";
        try
        {
            var programs = PtxProgram.Load(Encoding.UTF8.GetString(ptx));
            return Create(out module, programs.ToDictionary(p => p.Key, p => p.Value));
        }
        catch (PtxTextException error)
        {
            log = error.Message;
            return InvalidPtx;
        }
    }

    public int ModuleUnload(nint module) => Destroy<Dictionary<string, PtxProgram>>(module);

    public int ModuleFunction(out nint function, nint module, string name)
    {
        function = 0;
        if (Find<Dictionary<string, PtxProgram>>(module) is not { } programs)
            return InvalidHandle;
        return programs.TryGetValue(name, out var program) ? Create(out function, new Function(program)) : NotFound;
    }

    public int FunctionAttribute(out int value, CudaFunctionAttribute attribute, nint function)
    {
        value = 0;
        if (Find<Function>(function) is not { } found)
            return InvalidHandle;
        value = attribute switch
        {
            CudaFunctionAttribute.LocalSizeBytes => found.Program.Text.LocalBytes,
            CudaFunctionAttribute.RegisterCount => found.Program.Text.Registers,
            CudaFunctionAttribute.MaxDynamicSharedSizeBytes => found.DynamicShared,
            _ => -1,
        };
        return value < 0 ? InvalidValue : Success;
    }

    public int SetFunctionAttribute(nint function, CudaFunctionAttribute attribute, int value)
    {
        if (Find<Function>(function) is not { } found)
            return InvalidHandle;
        if (attribute != CudaFunctionAttribute.MaxDynamicSharedSizeBytes || value < 0
            || value + found.Program.Text.SharedBytes > MostSharedBytes)
            return InvalidValue;
        found.DynamicShared = value;
        return Success;
    }

    public int Launch(in CudaLaunch launch, ReadOnlySpan<byte> parameters, nint stream)
    {
        byte[] copy = parameters.ToArray();
        var asked = launch;
        return OnStream(stream, () => Run(asked, copy));
    }

    private int Run(CudaLaunch launch, byte[] parameters)
    {
        if (Find<Function>(launch.Function) is not { } function)
            return InvalidHandle;
        var (grid, block) = (launch.Grid, launch.Block);
        bool possible = grid is { X: > 0, Y: > 0 and < 65536, Z: > 0 and < 65536 }
            && block is { X: > 0, Y: > 0, Z: > 0 and <= 64 }
            && (long)block.X * block.Y * block.Z <= function.Program.Text.MaxThreads
            && launch.SharedBytes >= 0 && launch.SharedBytes <= function.DynamicShared
            && function.Program.Text.SharedBytes + launch.SharedBytes <= MostSharedBytes
            && parameters.Length == function.Program.Text.ParameterBytes;
        if (!possible)
            return InvalidValue;
        var launched = Run(function.Program, new Launch(grid, block, launch.SharedBytes, parameters), memory);
        string name = function.Program.Text.Name;
        if (!counts.TryGetValue(name, out var sum))
            counts.Add(name, sum = new KernelCounts(function.Program));
        sum.Add(launched);
        return Success;
    }

    /// <summary>Runs a launch that is possible.</summary>
    protected virtual KernelCounts Run(PtxProgram program, Launch launch, GlobalMemory memory) =>
        Launcher.Run(program, launch, memory);

    public int Allocate(out ulong address, long bytes)
    {
        address = 0;
        if (current.Value == 0)
            return InvalidContext;
        if (bytes < 1)
            return InvalidValue;
        lock (turn)
        {
            if (memory.Bytes + bytes > card.MemoryBytes)
                return OutOfMemory;
            address = memory.Allocate(bytes).Address;
        }

        return Success;
    }

    public int Free(ulong address) => InContext(() => memory.Free(address) ? Success : InvalidValue);

    public int HostAllocate(out void* pointer, long bytes)
    {
        pointer = null;
        if (bytes < 1)
            return InvalidValue;
        var host = new HostMemory(GC.AllocateArray<byte>(checked((int)bytes), pinned: true));
        pointer = System.Runtime.CompilerServices.Unsafe.AsPointer(ref host.Bytes[0]);
        lock (turn)
            objects.Add((nint)pointer, host);
        return Success;
    }

    public int HostFree(void* pointer) => Destroy<HostMemory>((nint)pointer) == Success ? Success : InvalidValue;

    public int CopyToDevice(ulong target, void* source, long bytes, nint stream)
    {
        nint from = (nint)source;
        return Touch(target, bytes, stream, (allocation, offset) =>
        {
            Buffer.MemoryCopy((void*)from, allocation.Data + offset, bytes, bytes);
            new Span<byte>(allocation.Written + offset, (int)bytes).Fill(0xFF);
        });
    }

    public int CopyToHost(void* target, ulong source, long bytes, nint stream)
    {
        nint to = (nint)target;
        return Touch(source, bytes, stream, (allocation, offset) =>
        {
            int unwritten = new ReadOnlySpan<byte>(allocation.Written + offset, (int)bytes)
                .IndexOfAnyExcept((byte)0xFF);
            if (unwritten >= 0 && !memory.Trusted)
                throw new PtxFaultException(Fault.Unwritten, "a copy to the host", 0, "cuMemcpyDtoH", "the host",
                    source + (ulong)unwritten, $"nothing has written byte {unwritten} of the {bytes} copied.");
            Buffer.MemoryCopy(allocation.Data + offset, (void*)to, bytes, bytes);
        });
    }

    public int Fill(ulong target, byte value, long bytes, nint stream) =>
        Touch(target, bytes, stream, (allocation, offset) =>
    {
        new Span<byte>(allocation.Data + offset, (int)bytes).Fill(value);
        new Span<byte>(allocation.Written + offset, (int)bytes).Fill(0xFF);
    });

    public int StreamCreate(out nint stream) => Create(out stream, new Stream());

    public int StreamSynchronize(nint stream) => OnStream(stream, () => Success);

    public int StreamDestroy(nint stream) => Destroy<Stream>(stream);

    public int EventCreate(out nint created) => Create(out created, new Event());

    public int EventRecord(nint recorded, nint stream) => OnStream(stream, () =>
    {
        if (Find<Event>(recorded) is not { } found)
            return InvalidHandle;
        found.Time = Stopwatch.GetTimestamp();
        return Success;
    });

    public int EventSynchronize(nint awaited) => Find<Event>(awaited) is null ? InvalidHandle : Success;

    public int EventElapsed(out float milliseconds, nint start, nint end)
    {
        milliseconds = 0;
        if (Find<Event>(start) is not { } first || Find<Event>(end) is not { } second)
            return InvalidHandle;
        milliseconds = (float)Stopwatch.GetElapsedTime(first.Time, second.Time).TotalMilliseconds;
        return Success;
    }

    public int EventDestroy(nint destroyed) => Destroy<Event>(destroyed);

    public int GraphCreate(out nint graph) => Create(out graph, new Graph());

    public int GraphAddKernel(
        out nint node, nint graph, nint after, in CudaLaunch launch, ReadOnlySpan<byte> parameters)
    {
        node = 0;
        if (Find<Graph>(graph) is not { } found || (after != 0 && found.Nodes.TrueForAll(n => n.Node != after)))
            return InvalidHandle;
        lock (turn)
            node = ++lastHandle;
        found.Nodes.Add((node, launch, parameters.ToArray()));
        return Success;
    }

    public int GraphInstantiate(out nint executable, nint graph)
    {
        executable = 0;
        if (Find<Graph>(graph) is not { } found)
            return InvalidHandle;
        var copy = new Graph();
        copy.Nodes.AddRange(found.Nodes);
        return Create(out executable, copy);
    }

    public int GraphSetKernel(nint executable, nint node, in CudaLaunch launch, ReadOnlySpan<byte> parameters)
    {
        if (Find<Graph>(executable) is not { } found
            || found.Nodes.FindIndex(n => n.Node == node) is not (>= 0 and var index))
            return InvalidHandle;
        if (found.Nodes[index].Launch.Function != launch.Function)
            return InvalidValue;
        found.Nodes[index] = (node, launch, parameters.ToArray());
        return Success;
    }

    public int GraphLaunch(nint executable, nint stream) => OnStream(stream, () =>
    {
        if (Find<Graph>(executable) is not { } found)
            return InvalidHandle;
        foreach (var (_, launch, parameters) in found.Nodes)
            if (Run(launch, parameters) is not Success and var error)
                return error;
        return Success;
    });

    public int GraphExecutableDestroy(nint executable) => Destroy<Graph>(executable);

    public int GraphDestroy(nint graph) => Destroy<Graph>(graph);

    private int InContext(Func<int> call)
    {
        if (current.Value == 0)
            return InvalidContext;
        lock (turn)
            return call();
    }

    private int OnStream(nint stream, Func<int> call) =>
        stream != DefaultStream && Find<Stream>(stream) is null ? InvalidHandle : InContext(call);

    /// <summary>Works on bytes of one allocation.</summary>
    private int Touch(ulong address, long bytes, nint stream, Action<Allocation, long> work) => OnStream(stream, () =>
    {
        if (memory.Find(address, bytes) is not { } allocation)
            return InvalidValue;
        work(allocation, (long)(address - allocation.Address));
        return Success;
    });

    private int Create(out nint handle, object what)
    {
        lock (turn)
            objects.Add(handle = ++lastHandle, what);
        return Success;
    }

    private T? Find<T>(nint handle)
        where T : class
    {
        lock (turn)
            return objects.GetValueOrDefault(handle) as T;
    }

    private int Destroy<T>(nint handle)
        where T : class
    {
        lock (turn)
            return objects.TryGetValue(handle, out object? found) && found is T && objects.Remove(handle)
                ? Success : InvalidHandle;
    }
}
