using VaeCf.Kernels.Common;
using VaeCf.Native.Data;

namespace VaeCf.Native.Devices.Cuda;

/// <summary>
/// A place to compute on an NVIDIA GPU: float kernels compiled ahead of time to PTX. Clicks, parameters and Adam's
/// state live there; a step uploads its users' numbers.
/// </summary>
internal sealed class CudaCompute : Compute
{
    // Threads of a block where several share a row.
    private const int RowThreads = 128;

    private readonly Dictionary<string, CudaArray<float>> scratch = [];

    public CudaCompute(CudaDevice device) : base(device)
    {
        Context = device.Context;
        Products = device.Products;
        BlockBytes = Context.Gpu.L2Bytes / 2;
        KeptBytes = Context.Gpu.MemoryBytes / 8;
    }

    /// <summary>The GPU at work.</summary>
    public CudaContext Context { get; }

    /// <summary>How dense products are made.</summary>
    public ProductPrecision Products { get; }

    /// <summary>
    /// Bytes that a block of logits may take: half of the L2 cache, for the weights go through it too.
    /// </summary>
    public long BlockBytes { get; set; }

    /// <summary>
    /// Bytes of logits that may be kept from one pass over the items to the next; beyond it they are computed again, a
    /// third more arithmetic.
    /// </summary>
    public long KeptBytes { get; set; }

    /// <summary>A tensor as a kernel takes it; valid until the tensor is resized.</summary>
    public CudaView this[Tensor tensor]
    {
        get
        {
            if (tensor is RowSlice slice)
                return this[slice.Whole].Slice(slice.Offset, slice.Length);
            CheckUse();
            return tensor is CudaTensor own && own.Context == Context ? own.View : throw Foreign(nameof(tensor));
        }
    }

    /// <summary>A batch's arrays.</summary>
    public CudaBatch this[ClickBatch batch] =>
        batch is CudaBatch own && own.Context == Context ? own : throw Foreign(nameof(batch));

    private ArgumentException Foreign(string name) => new($"the {name} was not allocated on {Context.Gpu}", name);

    /// <summary>
    /// Memory for floats that an operation needs while it runs; valid until it is next asked for by this name.
    /// </summary>
    public CudaView Scratch(string name, long length)
    {
        CheckUse();
        if (!scratch.TryGetValue(name, out CudaArray<float>? array))
            scratch.Add(name, array = new(Context));
        array.Reserve(length);
        return array.View(length);
    }

    /// <summary>Blocks that cover a number of elements.</summary>
    public static int Cover(long elements, int perBlock) => checked((int)((elements + perBlock - 1) / perBlock));

    /// <summary>Queues a kernel with <see cref="Reduce.Lanes"/> threads for each row.</summary>
    public void LaunchRows(string kernel, long rows, params ReadOnlySpan<CudaArgument> arguments) =>
        Context.Launch(kernel, new(Cover(rows, RowThreads / Reduce.Lanes)), new(RowThreads), arguments);

    public override Tensor Allocate(int rows, int columns)
    {
        CheckUse();
        return new CudaTensor(Context, rows, columns);
    }

    public override ClickBatch AllocateBatch() => new CudaBatch(Context);

    public override void Load(ClickMatrix clicks, ReadOnlySpan<int> users, ClickBatch batch)
    {
        CheckUse();
        lock (Context.Lock)
            this[batch].Load(clicks, ((CudaDevice)Device).Resident(clicks), users);
    }

    public override void Write(ReadOnlySpan<float> source, Tensor target)
    {
        if (source.Length != target.Length)
            throw new ArgumentException($"{source.Length} numbers, expected {target.Length}", nameof(source));
        Context.Upload(source, this[target].Address);
    }

    public override void Write(ReadOnlySpan<double> source, Tensor target)
    {
        var values = new float[source.Length];
        Copy<double, float>(source, values);
        Write(values, target);
    }

    public override void Read(Tensor source, Span<float> target)
    {
        if (source.Length != target.Length)
            throw new ArgumentException($"room for {target.Length} numbers, expected {source.Length}", nameof(target));
        Context.Download(this[source].Address, target);
    }

    public override void Read(Tensor source, Span<double> target)
    {
        var values = new float[target.Length];
        Read(source, values);
        Copy<float, double>(values, target);
    }

    public override void Fill(double value, Tensor target) =>
        Context.LaunchFlat("Batch_Fill", target.Length, this[target], (float)value, target.Length);

    private protected override void Free()
    {
        foreach (CudaArray<float> array in scratch.Values)
            array.Dispose();
    }
}
