namespace VaeCf.Native.Devices.Cuda;

/// <summary>
/// One GPU at work: its context, its one stream, its functions and its memory. All calls of the driver are made and
/// checked here and in <see cref="CudaQueue"/>. Kernels are queued and go to the GPU together, at the latest when the
/// host copies; all of it runs in the order in which it was queued. Each call holds <see cref="Lock"/>; a turn holds it
/// throughout.
/// </summary>
internal sealed unsafe class CudaContext : IDisposable
{
    private const int OutOfMemory = 2; // CUDA_ERROR_OUT_OF_MEMORY

    // Threads of a block where each element has its own, and where all of them are in one row.
    private const int FlatThreads = 256, RowThreads = 128;

    /// <summary>The most columns that <see cref="LaunchElements"/> takes: a grid's Y extent is 16 bits.</summary>
    public const int MostColumns = ushort.MaxValue * RowThreads;

    private readonly ICudaDriver driver;
    private readonly nint context, stream, staged;
    private readonly CudaModules modules;
    private readonly CudaQueue queue;
    private readonly Dictionary<long, Stack<ulong>> pool = [];
    private void* staging;
    private long stagingBytes;
    private bool disposed;

    /// <summary>Takes a GPU into use.</summary>
    /// <exception cref="DeviceException">
    /// The GPU is <see cref="CudaGpu.Unfit"/>, or the driver refuses it because its memory is full or another process
    /// has it exclusively.
    /// </exception>
    public CudaContext(ICudaDriver driver, CudaGpu gpu)
    {
        if (gpu.Unfit is not null)
            throw new DeviceException(gpu.Unfit);
        (this.driver, Gpu) = (driver, gpu);
        int result = driver.ContextRetain(out context, gpu.Handle);
        if (result != 0)
            throw new DeviceException($"{gpu}: cuDevicePrimaryCtxRetain: {driver.ErrorText(result)}");
        Check(driver, driver.ContextSetCurrent(context), "cuCtxSetCurrent");
        Check(driver, driver.StreamCreate(out stream), "cuStreamCreate");
        Check(driver, driver.EventCreate(out staged), "cuEventCreate");
        modules = new CudaModules(driver);
        queue = new CudaQueue(driver, stream);
    }

    /// <summary>The GPU.</summary>
    public CudaGpu Gpu { get; }

    /// <summary>Held by whoever queues, copies or allocates.</summary>
    public Lock Lock { get; } = new();

    /// <summary>The stream that everything is queued on, for a library that queues there too.</summary>
    public nint Stream => stream;

    /// <summary>An attribute of the GPU, from the driver.</summary>
    public int Attribute(CudaDeviceAttribute attribute)
    {
        Check(driver.DeviceAttribute(out int value, attribute, Gpu.Handle), "cuDeviceGetAttribute");
        return value;
    }

    /// <summary>An attribute of a kernel, from the driver.</summary>
    public int Attribute(string kernel, CudaFunctionAttribute attribute)
    {
        using Lock.Scope held = Hold();
        queue.Check(driver.FunctionAttribute(out int value, attribute, Function(kernel)), "cuFuncGetAttribute", kernel);
        return value;
    }

    /// <summary>
    /// Throws if the driver did not succeed; the message names the call, the driver's words and the kernel.
    /// </summary>
    /// <exception cref="CudaException">What failed.</exception>
    /// <exception cref="DeviceException">The GPU's memory does not suffice.</exception>
    public static void Check(ICudaDriver driver, int result, string call, string? kernel = null)
    {
        if (result == 0)
            return;
        string message = $"{call}{(string.IsNullOrEmpty(kernel) ? "" : $" ({kernel})")}: {driver.ErrorText(result)}";
        throw result == OutOfMemory ? new DeviceException($"the GPU's memory does not suffice: {message}")
            : new CudaException(message);
    }

    /// <summary>Queues a kernel; does nothing if the grid is empty.</summary>
    /// <param name="kernel">An entry of the PTX, named <c>Operation_Kernel</c>.</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="block">Threads of a block.</param>
    /// <param name="arguments">Its parameters.</param>
    public void Launch(string kernel, CudaDim grid, CudaDim block, params ReadOnlySpan<CudaArgument> arguments)
    {
        if (grid.X == 0 || grid.Y == 0 || grid.Z == 0)
            return;
        using Lock.Scope held = Hold();
        queue.Add(kernel, new CudaLaunch(Function(kernel), grid, block), arguments);
    }

    private nint Function(string kernel)
    {
        if (!modules.TryGet(kernel, out nint function))
        {
            MakeCurrent();
            function = modules.Load(kernel);
        }
        return function;
    }

    /// <summary>Queues a kernel with a thread for each element.</summary>
    public void LaunchFlat(string kernel, long elements, params ReadOnlySpan<CudaArgument> arguments) =>
        Launch(kernel, new(checked((int)((elements + FlatThreads - 1) / FlatThreads))), new(FlatThreads), arguments);

    /// <summary>
    /// Queues a kernel with a thread for each element of a matrix: a block has a row for X, and some of its columns for
    /// Y.
    /// </summary>
    public void LaunchElements(string kernel, int rows, int columns, params ReadOnlySpan<CudaArgument> arguments) =>
        Launch(kernel, new(rows, (columns + RowThreads - 1) / RowThreads), new(RowThreads), arguments);

    /// <summary>Device memory, more than 0 bytes; what is in it is undefined.</summary>
    /// <exception cref="DeviceException">The GPU's memory does not suffice.</exception>
    public ulong Allocate(long bytes)
    {
        using Lock.Scope held = Hold();
        if (pool.TryGetValue(bytes, out Stack<ulong>? free) && free.TryPop(out ulong pooled))
            return pooled;
        MakeCurrent();
        int result = driver.Allocate(out ulong address, bytes);
        if (result == OutOfMemory)
        {
            Trim();
            result = driver.Allocate(out address, bytes);
        }
        if (result == OutOfMemory)
        {
            Check(driver.MemoryInfo(out long left, out long total), "cuMemGetInfo");
            throw new DeviceException($"{Gpu}: its memory does not suffice: {bytes >> 20:N0} MiB asked for, "
                + $"{left >> 20:N0} of {total >> 20:N0} MiB free; a model's size is items x hidden units");
        }
        Check(result, "cuMemAlloc");
        return address;
    }

    /// <summary>
    /// Gives memory back, for the next <see cref="Allocate"/> of its size. What is queued may still use it, for it runs
    /// before anything queued later.
    /// </summary>
    public void Free(ulong address, long bytes)
    {
        using Lock.Scope held = Lock.EnterScope();
        if (!pool.TryGetValue(bytes, out Stack<ulong>? free))
            pool[bytes] = free = [];
        free.Push(address);
    }

    /// <summary>Sets memory to zeros.</summary>
    public void Clear(ulong target, long bytes)
    {
        using Lock.Scope held = Hold();
        Flush();
        Check(driver.Fill(target, 0, bytes, stream), "cuMemsetD8Async");
    }

    /// <summary>Copies to the GPU, from memory that may change at once.</summary>
    public void Upload<T>(ReadOnlySpan<T> source, ulong target) where T : unmanaged
    {
        if (source.IsEmpty)
            return;
        using Lock.Scope held = Hold();
        Flush();
        fixed (T* pointer = source)
            Check(driver.CopyToDevice(target, pointer, (long)source.Length * sizeof(T), stream), "cuMemcpyHtoDAsync");
        // When the call returns, the driver has copied pageable memory, or, where it is large, is still reading it.
        Synchronize();
    }

    /// <summary>
    /// As <see cref="Upload"/>, through page-locked memory: the host goes on while it is copied. For the data of each
    /// step.
    /// </summary>
    public void UploadStaged<T>(ReadOnlySpan<T> source, ulong target) where T : unmanaged
    {
        long bytes = (long)source.Length * sizeof(T);
        if (bytes == 0)
            return;
        using Lock.Scope held = Hold();
        Flush();
        Check(driver.EventSynchronize(staged), "cuEventSynchronize");
        if (bytes > stagingBytes)
        {
            if (staging != null)
                Check(driver.HostFree(staging), "cuMemFreeHost");
            staging = null;
            Check(driver.HostAllocate(out staging, bytes), "cuMemAllocHost");
            stagingBytes = bytes;
        }
        source.CopyTo(new Span<T>(staging, source.Length));
        Check(driver.CopyToDevice(target, staging, bytes, stream), "cuMemcpyHtoDAsync");
        Check(driver.EventRecord(staged, stream), "cuEventRecord");
    }

    /// <summary>Copies from the GPU, after everything queued before.</summary>
    public void Download<T>(ulong source, Span<T> target) where T : unmanaged
    {
        if (target.IsEmpty)
            return;
        using Lock.Scope held = Hold();
        Flush();
        fixed (T* pointer = target)
            Check(driver.CopyToHost(pointer, source, (long)target.Length * sizeof(T), stream), "cuMemcpyDtoHAsync");
        Synchronize();
    }

    /// <summary>Waits until everything queued is done.</summary>
    public void Synchronize()
    {
        using Lock.Scope held = Hold();
        Flush();
        queue.Synchronize();
    }

    /// <summary>Milliseconds that the GPU takes for what an action queues.</summary>
    public double Time(Action action)
    {
        using Lock.Scope held = Hold();
        Synchronize();
        Check(driver.EventCreate(out nint start), "cuEventCreate");
        Check(driver.EventCreate(out nint end), "cuEventCreate");
        Check(driver.EventRecord(start, stream), "cuEventRecord");
        action();
        Flush();
        Check(driver.EventRecord(end, stream), "cuEventRecord");
        Check(driver.EventSynchronize(end), "cuEventSynchronize");
        Check(driver.EventElapsed(out float milliseconds, start, end), "cuEventElapsedTime");
        Check(driver.EventDestroy(start), "cuEventDestroy");
        Check(driver.EventDestroy(end), "cuEventDestroy");
        return milliseconds;
    }

    private Lock.Scope Hold()
    {
        Lock.Scope held = Lock.EnterScope();
        if (!disposed)
            return held;
        held.Dispose();
        throw new ObjectDisposedException(nameof(Device));
    }

    private void Flush()
    {
        MakeCurrent();
        queue.Flush();
    }

    // Contexts are current to a thread, and each call may come from another thread.
    private void MakeCurrent() => Check(driver.ContextSetCurrent(context), "cuCtxSetCurrent");

    private void Trim()
    {
        Synchronize();
        foreach (ulong address in pool.Values.SelectMany(blocks => blocks))
            Check(driver.Free(address), "cuMemFree");
        pool.Clear();
    }

    private void Check(int result, string call) => queue.Check(result, call);

    /// <summary>
    /// Gives everything back; memory that tensors still hold goes with the context. The driver's results are ignored:
    /// after a fault, which was reported when it occurred, it refuses every call.
    /// </summary>
    public void Dispose()
    {
        using Lock.Scope held = Lock.EnterScope();
        disposed = true;
        driver.ContextSetCurrent(context);
        driver.StreamSynchronize(stream);
        foreach (ulong address in pool.Values.SelectMany(blocks => blocks))
            driver.Free(address);
        queue.Dispose();
        modules.Dispose();
        if (staging != null)
            driver.HostFree(staging);
        driver.EventDestroy(staged);
        driver.StreamDestroy(stream);
        driver.ContextRelease(Gpu.Handle);
    }
}
