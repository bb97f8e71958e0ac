using VaeCf.Kernels;
using VaeCf.Kernels.Common;

namespace VaeCf.Native.Devices;

/// <summary>A matrix of floats for the CPU.</summary>
internal sealed class CpuTensor : Tensor
{
    private AlignedBuffer memory;

    public CpuTensor(int rows, int columns) : base(rows, columns) => memory = new AlignedBuffer(Length);

    public unsafe Span<float> Span => new(memory.Pointer, checked((int)Length));

    /// <summary>Of a weight and its moments whose rows may be behind.</summary>
    public RowwiseWeight? Rowwise { get; set; }

    private protected override void Reserve(long length)
    {
        if (length <= memory.Length)
            return;
        memory.Dispose();
        memory = new AlignedBuffer(length);
    }

    public override void Dispose() => memory.Dispose();
}

/// <summary>
/// A weight that Adam updates row by row, and its moments. Readers on several threads may find it behind: one at a time
/// lets it catch up.
/// </summary>
internal sealed class RowwiseWeight(CpuTensor value, CpuTensor m, CpuTensor v)
{
    private readonly Lock behind = new();

    public Adam.Cpu.Backlog Backlog { get; } = new(value.Rows, value.Columns);

    public AdamTensor<float> Spans => new(value.Span, m.Span, v.Span);

    public bool Has(CpuTensor firstMoment) => m == firstMoment;

    public void CatchUp(Workers workers)
    {
        lock (behind)
            Backlog.CatchUp(workers, Spans);
    }

    public void CatchUp(Workers workers, ReadOnlySpan<int> rows)
    {
        lock (behind)
            Backlog.CatchUp(workers, rows, Spans);
    }
}
