namespace VaeCf.Native.Devices;

/// <summary>A dense matrix, row-major, where a compute device holds it. Its rows may change (a last, smaller batch); its columns do not.</summary>
internal abstract class Tensor(int rows, int columns) : IDisposable
{
    /// <summary>Rows in use.</summary>
    public int Rows { get; private set; } = rows;

    /// <summary>Columns.</summary>
    public int Columns { get; } = columns;

    /// <summary>Numbers in use: rows x columns.</summary>
    public long Length => (long)Rows * Columns;

    /// <summary>Sets the rows in use. The contents are then undefined.</summary>
    /// <param name="rows">0 or more; memory grows if it must.</param>
    public void Resize(int rows)
    {
        Rows = rows;
        Reserve(Length);
    }

    /// <summary>Some of the rows, in the same memory; good until the tensor is resized.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="rows">How many.</param>
    public Tensor Slice(int first, int rows) => new RowSlice(this, first, rows);

    /// <summary>Makes room for a number of elements.</summary>
    protected abstract void Reserve(long length);

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>Some rows of a tensor, in its memory: the parts of a weight that reads two inputs, or of rows that share a weight.</summary>
internal sealed class RowSlice(Tensor whole, int first, int rows) : Tensor(rows, whole.Columns)
{
    /// <summary>The tensor whose memory it is.</summary>
    public Tensor Whole { get; } = whole;

    /// <summary>Where the rows begin in it, in elements.</summary>
    public long Offset { get; } = (long)first * whole.Columns;

    protected override void Reserve(long length)
    {
        if (length != reserved)
            throw new InvalidOperationException($"a slice of {reserved} numbers cannot have {length}");
    }

    private readonly long reserved = (long)rows * whole.Columns;

    public override void Dispose() { }
}

/// <summary>
/// Clicks of the users of one batch where a device holds them: compressed rows, and the same clicks by item for the
/// backward pass. Numbers that belong to clicks (the normalised input, a dropout mask) are tensors [N, 1] in its order.
/// </summary>
internal abstract class ClickBatch : IDisposable
{
    /// <summary>Users in the batch, B.</summary>
    public int UserCount { get; protected set; }

    /// <summary>Clicks in the batch, N.</summary>
    public int ClickCount { get; protected set; }

    /// <inheritdoc/>
    public abstract void Dispose();
}
