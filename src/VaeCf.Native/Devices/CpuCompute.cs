using VaeCf.Kernels;
using VaeCf.Kernels.Common;
using VaeCf.Native.Data;

namespace VaeCf.Native.Devices;

/// <summary>
/// A place to compute on the CPU: float, SIMD, threads. An operation of one's own reads and writes tensors as spans.
/// </summary>
public sealed class CpuCompute : Compute
{
    private Workers workers;

    internal CpuCompute(CpuDevice device) : base(device) => workers = device.Team;

    /// <summary>
    /// The threads that run a kernel: the device's team, or the calling thread alone while another turn has the team.
    /// </summary>
    public Workers Workers
    {
        get
        {
            CheckUse();
            return workers;
        }
        internal set => workers = value;
    }

    /// <summary>A tensor's numbers, row by row; valid until the tensor is resized.</summary>
    /// <exception cref="ArgumentException">The tensor is another kind of device's.</exception>
    // No row that is read this way is behind. Gather and Update alone know which rows they read.
    public Span<float> this[Tensor tensor]
    {
        get
        {
            if (tensor is RowSlice slice)
                return this[slice.Whole].Slice(checked((int)slice.Offset), (int)slice.Length);
            CheckUse();
            CpuTensor own = Own(tensor);
            own.Rowwise?.CatchUp(workers);
            return own.Span;
        }
    }

    /// <summary>A batch's users and clicks.</summary>
    /// <exception cref="ArgumentException">The batch is a GPU's.</exception>
    public HostBatch this[ClickBatch batch] => HostBatch.Of(batch);

    /// <summary>The spans of a tensor that Adam updates, and of its moments.</summary>
    public AdamTensor<float> this[AdamUpdate update] => new(this[update.Value], this[update.M], this[update.V]);

    internal OutputLayer.Cpu.Workspace Workspace { get; } = new();

    private static CpuTensor Own(Tensor tensor) =>
        tensor as CpuTensor
        ?? throw new ArgumentException("the tensor was not allocated on a CPU device", nameof(tensor));

    /// <inheritdoc/>
    public override Tensor Allocate(int rows, int columns)
    {
        CheckUse();
        Device.ExpectRoom($"a tensor of {rows:N0} x {columns:N0} numbers", (long)rows * columns);
        return new CpuTensor(rows, columns);
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
    public override void Read(Tensor source, Span<float> target) => Copy<float, float>(this[source], target);

    /// <inheritdoc/>
    public override void Read(Tensor source, Span<double> target) => Copy<float, double>(this[source], target);

    /// <inheritdoc/>
    public override void Fill(double value, Tensor target) => this[target].Fill((float)value);

    /// <summary>A weight of which the rows of the batch's items are up to date.</summary>
    internal Span<float> ClickedRows(ClickBatch batch, Tensor w)
    {
        if (w is not CpuTensor { Rowwise: { } rowwise } own)
            return this[w];
        CheckUse();
        rowwise.CatchUp(workers, this[batch].ByItem.Items);
        return own.Span;
    }

    /// <summary>A weight and its moments whose rows may fall behind from now on.</summary>
    internal RowwiseWeight Rowwise(AdamUpdate w)
    {
        (CpuTensor value, CpuTensor m, CpuTensor v) = (Own(w.Value), Own(w.M), Own(w.V));
        if (value.Rowwise is null || !value.Rowwise.Has(m))
        {
            _ = this[value];                                      // up to date by the moments it had
            value.Rowwise = m.Rowwise = v.Rowwise = new RowwiseWeight(value, m, v);
        }
        return value.Rowwise;
    }

    private protected override void Free() => Workspace.Dispose();
}
