using VaeCf.Kernels;
using VaeCf.Native.Data;

namespace VaeCf.Native.Devices;

/// <summary>A batch in the CPU's memory, for the CPU's devices; it reuses its arrays from step to step.</summary>
public sealed class HostBatch : ClickBatch
{
    internal HostBatch() { }

    internal static HostBatch Of(ClickBatch batch) =>
        batch as HostBatch
        ?? throw new ArgumentException("the batch was not allocated on a CPU or reference device", nameof(batch));

    private int[] users = [], rowStarts = [0], items = [];
    private float[] counts = [];

    /// <summary>Rows of the click matrix, [B].</summary>
    public ReadOnlySpan<int> Users => users.AsSpan(0, UserCount);

    /// <summary>Where each user's clicks begin, [B + 1].</summary>
    public ReadOnlySpan<int> RowStarts => rowStarts.AsSpan(0, UserCount + 1);

    /// <summary>Item of each click, [N].</summary>
    public ReadOnlySpan<int> Items => items.AsSpan(0, ClickCount);

    /// <summary>Count of each click, [N].</summary>
    public ReadOnlySpan<float> Counts => counts.AsSpan(0, ClickCount);

    /// <summary><see cref="Counts"/> as the reference kernels take them: a copy.</summary>
    public double[] CountsAsDoubles()
    {
        var copy = new double[ClickCount];
        for (int i = 0; i < copy.Length; i++)
            copy[i] = counts[i];
        return copy;
    }

    /// <summary>The clicks by item; built when the backward pass first asks for it.</summary>
    public ItemIndex ByItem
    {
        get
        {
            if (!indexed)
                index.Build(RowStarts, Items, ItemCount);
            indexed = true;
            return index;
        }
    }

    private readonly ItemIndex index = new();
    private bool indexed;

    internal void Load(ClickMatrix clicks, ReadOnlySpan<int> rows)
    {
        int total = 0;
        foreach (int row in rows)
            total = checked(total + clicks.CountOf(row));
        Grow(ref users, rows.Length);
        Grow(ref rowStarts, rows.Length + 1);
        Grow(ref items, total);
        Grow(ref counts, total);
        (UserCount, ClickCount, ItemCount, indexed) = (rows.Length, total, clicks.ItemCount, false);
        rows.CopyTo(users);
        int start = 0;
        for (int row = 0; row < rows.Length; row++)
        {
            ReadOnlySpan<int> rowItems = clicks.ItemsOf(rows[row]);
            rowStarts[row] = start;
            rowItems.CopyTo(items.AsSpan(start));
            if (clicks.HasValues)
                clicks.ValuesOf(rows[row]).CopyTo(counts.AsSpan(start));
            else
                counts.AsSpan(start, rowItems.Length).Fill(1);
            start += rowItems.Length;
        }
        rowStarts[rows.Length] = total;
    }

    // By half as much again, so that a run of slightly longer batches does not reallocate each time.
    private static void Grow<T>(ref T[] array, int length)
    {
        if (array.Length < length)
            array = new T[length + length / 2];
    }

    /// <inheritdoc/>
    public override void Dispose() { }
}
