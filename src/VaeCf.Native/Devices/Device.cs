using System.Globalization;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

/// <summary>
/// A CPU or a GPU that trains and ranks. The code that opens it passes it to fits and recommenders, and disposes it
/// when it is no longer needed.
/// </summary>
/// <remarks>
/// Threads: a device may be used by any number of threads at once. A <see cref="Compute"/>, and whatever trains on one,
/// is for one thread at a time. A recommender may be used by any number. <see cref="Dispose"/> waits for the steps and
/// rankings that have begun; those that begin later throw <see cref="ObjectDisposedException"/>.
/// </remarks>
/// <example>
/// <code>
/// using Device device = Device.Auto(out string? fallback);
/// Console.WriteLine(fallback is null ? device.Description : $"{device.Description} ({fallback})");
/// using Recommender model = Recommender.Load("model.safetensors", device);
/// </code>
/// </example>
public abstract class Device : IDisposable
{
    // Guards what follows, and the state of each Compute's turn.
    private readonly object gate = new();
    private readonly List<Compute> running = [];
    private volatile bool disposed;

    private protected Device() { }

    /// <summary>The CPU, in single precision with the widest vectors that it has.</summary>
    /// <param name="threads">Threads; 0, the default, is one per core. The number changes no bit of any result.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is negative.</exception>
    /// <exception cref="DeviceException">The system gives fewer threads.</exception>
    public static Device Cpu(int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        return new CpuDevice(threads == 0 ? Environment.ProcessorCount : threads);
    }

    /// <summary>The double-precision reference: plain loops, for checking and learning, not for speed.</summary>
    public static Device Reference() => new ReferenceDevice();

    /// <summary>An NVIDIA GPU, through its driver: nothing else needs to be installed.</summary>
    /// <param name="index">
    /// Its number, as <see cref="CudaGpu.FindAll(out string?)"/> counts them; 0, the first, by default.
    /// </param>
    /// <param name="products">
    /// How it multiplies dense matrices; by default <see cref="ProductPrecision.Single"/>, which alone agrees with the
    /// CPU.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is negative.</exception>
    /// <exception cref="DeviceException">There is no driver or no such GPU, or it or its driver is too old. During
    /// work: its memory does not suffice.</exception>
    public static Device Cuda(int index = 0, ProductPrecision products = ProductPrecision.Single)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        return new CudaDevice(LibCuda.Find(), index, products);
    }

    /// <summary>The first GPU that can be used; where there is none, the CPU.</summary>
    /// <param name="fallback">Why it is the CPU; null where it is a GPU.</param>
    /// <param name="threads">Threads, as for <see cref="Cpu"/>.</param>
    public static Device Auto(out string? fallback, int threads = 0) => Auto(LibCuda.Find(), out fallback, threads);

    internal static Device Auto(ICudaDriver? driver, out string? fallback, int threads)
    {
        string? first = null;
        foreach (CudaGpu gpu in CudaGpu.FindAll(driver, out fallback))
            try
            {
                return new CudaDevice(driver, gpu.Index);
            }
            catch (DeviceException e)
            {
                first ??= e.Message;
            }
        fallback ??= first;
        return Cpu(threads);
    }

    /// <summary>
    /// The CPU with all its cores, which computes where no device is given. It is shared and never disposed.
    /// </summary>
    internal static Device Default => shared.Value;

    private static readonly Lazy<Device> shared = new(() => Cpu());

    /// <summary>A description for people: the device, its threads, its vector width.</summary>
    public abstract string Description { get; }

    /// <summary>A place to compute on this device, for one thread at a time. The caller disposes it.</summary>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    public abstract Compute Open();

    /// <summary>
    /// Throws if tensors take more memory than there is, before any of them is allocated. Of a GPU's memory its driver
    /// tells, when they are.
    /// </summary>
    /// <param name="what">What they are, for the message.</param>
    /// <param name="length">Numbers in each of them.</param>
    /// <param name="count">How many there are; 1 by default.</param>
    /// <exception cref="DeviceException">
    /// The memory does not suffice, or a tensor cannot hold as many numbers; the message says how much it takes.
    /// </exception>
    public void ExpectRoom(string what, long length, int count = 1)
    {
        ExpectMemory(what, (double)length * count);
        if (NumberSize > 0 && length > int.MaxValue)
            throw new DeviceException($"{what}: {length:N0} numbers; at most {int.MaxValue:N0} fit in a tensor");
    }

    /// <summary>Throws if numbers take more memory than this machine has.</summary>
    internal void ExpectMemory(string what, double numbers)
    {
        const double gibibyte = 1 << 30;
        double needed = numbers * NumberSize, available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (needed > available)
            throw new DeviceException(string.Create(CultureInfo.InvariantCulture,
                $"{what}: {needed / gibibyte:N1} GiB of memory; this machine has {available / gibibyte:N1}"));
    }

    /// <summary>Bytes of a number in this machine's memory; 0 where tensors are elsewhere.</summary>
    private protected abstract int NumberSize { get; }

    /// <summary>Is given the name of each operation that begins on the device; null gives it to nobody.</summary>
    internal Action<string>? Began { get; set; }

    internal bool IsDisposed => disposed;

    /// <summary>
    /// Begins a turn: a training step or a ranking call. Until the turn is disposed, it has the CPU's team of threads
    /// if no other turn has it, else its own thread alone; a GPU it has to itself, after those before it. A turn may
    /// hold others on the same compute.
    /// </summary>
    /// <exception cref="InvalidOperationException">Another thread is in a turn on the same compute.</exception>
    /// <exception cref="ObjectDisposedException">The device or the compute is disposed.</exception>
    internal Turn Begin(Compute compute)
    {
        lock (gate)
        {
            compute.CheckUse();
            compute.TurnThread = Environment.CurrentManagedThreadId;
            if (++compute.Turns == 1)
                running.Add(compute);
        }
        if (compute.Turns == 1)
            Take(compute);
        return new Turn(compute);
    }

    internal void End(Compute compute)
    {
        if (compute.Turns == 1)
            GiveBack(compute);
        lock (gate)
        {
            if (--compute.Turns > 0)
                return;
            compute.TurnThread = 0;
            running.Remove(compute);
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>
    /// Refuses further turns of a compute and waits for the one that runs; false if it is disposed already.
    /// </summary>
    internal bool Close(Compute compute)
    {
        lock (gate)
        {
            if (compute.IsDisposed)
                return false;
            compute.RefuseInTurn();
            compute.IsDisposed = true;
            while (compute.Turns > 0)
                Monitor.Wait(gate);
            return true;
        }
    }

    /// <summary>
    /// Refuses further turns, waits for those that run, and frees the threads or the GPU. Tensors and computes are
    /// disposed by their owners, before or after.
    /// </summary>
    /// <exception cref="InvalidOperationException">The calling thread is in a turn on the device.</exception>
    public void Dispose()
    {
        lock (gate)
        {
            if (disposed)
                return;
            foreach (Compute compute in running)
                compute.RefuseInTurn();
            disposed = true;
            while (running.Count > 0)
                Monitor.Wait(gate);
        }
        Free();
        GC.SuppressFinalize(this);
    }

    private protected abstract void Take(Compute compute);
    private protected abstract void GiveBack(Compute compute);
    private protected abstract void Free();
}
