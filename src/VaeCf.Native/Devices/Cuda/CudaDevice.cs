using VaeCf.Native.Data;

namespace VaeCf.Native.Devices.Cuda;

/// <summary>An NVIDIA GPU: its context, and the clicks that its computes share. A turn has the GPU to itself.</summary>
internal sealed class CudaDevice : Device
{
    // Matrices of clicks kept on the GPU: those to train on, to validate and to test, and one that comes and goes.
    private const int MostClicks = 4;

    private readonly List<(WeakReference<ClickMatrix> Matrix, CudaClicks Clicks)> resident = [];

    /// <summary>Takes a GPU into use.</summary>
    /// <exception cref="DeviceException">There is no driver or no such GPU, or it cannot be used.</exception>
    public CudaDevice(ICudaDriver? driver, int index, ProductPrecision products = ProductPrecision.Single)
    {
        IReadOnlyList<CudaGpu> gpus = CudaGpu.FindAll(driver, out string? none);
        if (none is not null)
            throw new DeviceException(none);
        if (index >= gpus.Count)
        {
            string found = gpus.Count == 1 ? "is 1 CUDA device" : $"are {gpus.Count} CUDA devices";
            throw new DeviceException($"no cuda:{index}: there {found}, numbered from 0");
        }
        (Context, Products) = (new CudaContext(driver!, gpus[index]), products);
    }

    /// <summary>The GPU at work.</summary>
    public CudaContext Context { get; }

    /// <summary>How dense products are made.</summary>
    public ProductPrecision Products { get; }

    public override string Description
    {
        get
        {
            CudaGpu gpu = Context.Gpu;
            string products = Products == ProductPrecision.Single ? "" : $", products in {Products}";
            return $"{gpu}, compute capability {gpu.ComputeCapability}, driver for CUDA {gpu.DriverVersion}{products}";
        }
    }

    public override CudaCompute Open() => new(this);

    /// <summary>
    /// A matrix's clicks on the GPU; the caller holds the context's lock. The newest are last. Where a matrix is gone,
    /// or else the oldest, the memory goes to the next, as that of a user's clicks does to the next user's.
    /// </summary>
    public CudaClicks Resident(ClickMatrix matrix)
    {
        int at = resident.FindIndex(one => one.Matrix.TryGetTarget(out ClickMatrix? target) && target == matrix);
        bool known = at >= 0;
        if (!known)
            at = resident.FindIndex(one => !one.Matrix.TryGetTarget(out _));
        if (at < 0 && resident.Count == MostClicks)
            at = 0;
        CudaClicks clicks = at < 0 ? new CudaClicks(Context) : resident[at].Clicks;
        if (at >= 0)
            resident.RemoveAt(at);
        if (!known)
            clicks.Load(matrix);
        resident.Add((new WeakReference<ClickMatrix>(matrix), clicks));
        return clicks;
    }

    private protected override int NumberSize => 0;

    private protected override void Take(Compute compute) => Context.Lock.Enter();

    private protected override void GiveBack(Compute compute) => Context.Lock.Exit();

    private protected override void Free()
    {
        foreach ((_, CudaClicks clicks) in resident)
            clicks.Dispose();
        Context.Dispose();
    }
}
