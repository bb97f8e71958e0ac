using VaeCf.Kernels;

namespace VaeCf.Native.Devices;

/// <summary>
/// A dense matrix, row-major, in a device's memory. Its rows may change (a last, smaller batch); its columns do not.
/// </summary>
public abstract class Tensor : IDisposable
{
    private protected Tensor(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        (Rows, Columns) = (rows, columns);
    }

    /// <summary>Rows in use.</summary>
    public int Rows { get; private set; }

    /// <summary>Columns.</summary>
    public int Columns { get; }

    /// <summary>Numbers in use: rows x columns.</summary>
    public long Length => (long)Rows * Columns;

    /// <summary>Sets the rows in use. The contents are undefined afterwards if memory had to grow.</summary>
    /// <param name="rows">0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="rows"/> is negative.</exception>
    /// <exception cref="InvalidOperationException">It is a slice, and <paramref name="rows"/> are not its
    /// rows.</exception>
    public void Resize(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        Reserve((long)rows * Columns);
        Rows = rows;
    }

    /// <summary>Some of the rows, in the same memory; valid until the tensor is resized.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="rows">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException">The tensor has no such rows.</exception>
    public Tensor Slice(int first, int rows) => new RowSlice(this, first, rows);

    // Makes room for a number of elements.
    private protected abstract void Reserve(long length);

    /// <summary>Frees its memory.</summary>
    public abstract void Dispose();
}

/// <summary>
/// Some rows of a tensor, in its memory: the parts of a weight that reads two inputs, or of rows that share a weight.
/// </summary>
internal sealed class RowSlice : Tensor
{
    public RowSlice(Tensor whole, int first, int rows) : base(rows, whole.Columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, whole.Rows - first);
        (Whole, Offset) = (whole, (long)first * whole.Columns);
    }

    /// <summary>The tensor whose memory it is.</summary>
    public Tensor Whole { get; }

    /// <summary>Where the rows begin in it, in elements.</summary>
    public long Offset { get; }

    private protected override void Reserve(long length)
    {
        if (length != Length)
            throw new InvalidOperationException($"a slice of {Length} numbers cannot have {length}");
    }

    public override void Dispose() { }
}

/// <summary>
/// Clicks of the users of one batch in a device's memory: compressed rows, and the same clicks by item for the
/// backward pass. Numbers that belong to clicks (the normalised input, a dropout mask) are tensors [N, 1] in its order.
/// </summary>
public abstract class ClickBatch : IDisposable
{
    private protected ClickBatch() { }

    /// <summary>Users in the batch, B.</summary>
    public int UserCount { get; private protected set; }

    /// <summary>Clicks in the batch, N.</summary>
    public int ClickCount { get; private protected set; }

    /// <summary>Items that may be clicked, I.</summary>
    public int ItemCount { get; private protected set; }

    /// <summary>Frees its memory.</summary>
    public abstract void Dispose();
}

/// <summary>A step of Adam on a tensor.</summary>
/// <param name="Step">Settings.</param>
/// <param name="Value">The tensor.</param>
/// <param name="M">Its first moment, of the same shape.</param>
/// <param name="V">Its second moment, of the same shape.</param>
public readonly record struct AdamUpdate(AdamStep Step, Tensor Value, Tensor M, Tensor V);
