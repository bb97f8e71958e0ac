using VaeCf.Kernels;
using VaeCf.Native.Data;

namespace VaeCf.Native.Devices;

/// <summary>
/// Double precision by the plain reference kernels: the standard that other devices are compared with.
/// </summary>
internal sealed class ReferenceDevice : Device
{
    public override string Description => "reference, double precision";

    public override ReferenceCompute Open() => new(this);

    private protected override int NumberSize => sizeof(double);

    private protected override void Take(Compute compute) { }

    private protected override void GiveBack(Compute compute) { }

    private protected override void Free() { }
}

/// <summary>
/// A place to compute in double precision by the reference kernels. An operation of one's own reads and writes tensors
/// as spans.
/// </summary>
public sealed class ReferenceCompute : Compute
{
    internal ReferenceCompute(ReferenceDevice device) : base(device) { }

    private sealed class Buffer : Tensor
    {
        private double[]? memory;

        public Buffer(int rows, int columns) : base(rows, columns) => memory = new double[Length];

        public Span<double> Span =>
            (memory ?? throw new ObjectDisposedException(nameof(Tensor))).AsSpan(0, (int)Length);

        private protected override void Reserve(long length)
        {
            if (memory is null || length > memory.Length)
                memory = new double[length];
        }

        public override void Dispose() => memory = null;
    }

    /// <summary>A tensor's numbers, row by row; valid until the tensor is resized.</summary>
    /// <exception cref="ArgumentException">The tensor is another kind of device's.</exception>
    public Span<double> this[Tensor tensor]
    {
        get
        {
            if (tensor is RowSlice slice)
                return this[slice.Whole].Slice(checked((int)slice.Offset), (int)slice.Length);
            CheckUse();
            return tensor is Buffer own
                ? own.Span
                : throw new ArgumentException("the tensor was not allocated on a reference device", nameof(tensor));
        }
    }

    /// <summary>A batch's users and clicks.</summary>
    /// <exception cref="ArgumentException">The batch is a GPU's.</exception>
    public HostBatch this[ClickBatch batch] => HostBatch.Of(batch);

    /// <summary>The spans of a tensor that Adam updates, and of its moments.</summary>
    public AdamTensor<double> this[AdamUpdate update] => new(this[update.Value], this[update.M], this[update.V]);

    /// <inheritdoc/>
    public override Tensor Allocate(int rows, int columns)
    {
        CheckUse();
        Device.ExpectRoom($"a tensor of {rows:N0} x {columns:N0} numbers", (long)rows * columns);
        return new Buffer(rows, columns);
    }

    /// <inheritdoc/>
    public override ClickBatch AllocateBatch() => new HostBatch();

    /// <inheritdoc/>
    public override void Load(ClickMatrix clicks, ReadOnlySpan<int> users, ClickBatch batch) =>
        this[batch].Load(clicks, users);

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<float> source, Tensor target) => Copy(source, this[target]);

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<double> source, Tensor target) => Copy(source, this[target]);

    /// <inheritdoc/>
    public override void Read(Tensor source, Span<float> target) => Copy<double, float>(this[source], target);

    /// <inheritdoc/>
    public override void Read(Tensor source, Span<double> target) => Copy<double, double>(this[source], target);

    /// <inheritdoc/>
    public override void Fill(double value, Tensor target) => this[target].Fill(value);

    private protected override void Free() { }
}
