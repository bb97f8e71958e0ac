using System.Numerics;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The transposed index of a sparse batch: its distinct items, and for each the rows that hold it. Its buffers are kept
/// from batch to batch. Building takes O(N + B) steps and one pass over a bit per item of the catalogue.
/// </summary>
public sealed class ItemIndex
{
    private const int Bits = 64;

    private ulong[] seen = [];
    private int[] slots = [], distinct = [], starts = [], rows = [], positions = [];
    private int distinctCount, clickCount;

    /// <summary>B, rows of the batch.</summary>
    public int RowCount { get; private set; }

    /// <summary>I, items of the catalogue.</summary>
    public int ItemCount { get; private set; }

    /// <summary>The distinct items of the batch, ascending.</summary>
    public ReadOnlySpan<int> Items => distinct.AsSpan(0, distinctCount);

    /// <summary>
    /// Where the clicks of each distinct item begin in <see cref="Rows"/> and <see cref="Positions"/>, and the end of
    /// the last.
    /// </summary>
    public ReadOnlySpan<int> Starts => starts.AsSpan(0, distinctCount + 1);

    /// <summary>Row of each click, item by item, ascending within an item; N.</summary>
    public ReadOnlySpan<int> Rows => rows.AsSpan(0, clickCount);

    /// <summary>Where each click stands in the batch's own arrays; N.</summary>
    public ReadOnlySpan<int> Positions => positions.AsSpan(0, clickCount);

    /// <summary>Indexes a batch; the spans of the batch before it are no longer valid.</summary>
    /// <param name="rowStarts">Where each row's clicks begin, and the end of the last; B + 1.</param>
    /// <param name="items">Item of each click; N.</param>
    /// <param name="itemCount">I.</param>
    /// <exception cref="ArgumentException">The row starts do not rise from 0 to N, or an item is not in 0 … I -
    /// 1.</exception>
    public void Build(ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items, int itemCount)
    {
        Shape.Csr(rowStarts.Length - 1, itemCount, rowStarts, items, items.Length);
        RowCount = rowStarts.Length - 1;
        ItemCount = itemCount;
        clickCount = items.Length;
        if (slots.Length < itemCount)
            (slots, seen) = (new int[itemCount], new ulong[(itemCount + Bits - 1) / Bits]);
        if (rows.Length < clickCount)
            (rows, positions) = (new int[clickCount], new int[clickCount]);

        Array.Clear(seen);
        foreach (int item in items)
            seen[item / Bits] |= 1UL << (item % Bits);
        distinctCount = 0;
        foreach (ulong word in seen)
            distinctCount += BitOperations.PopCount(word);
        if (starts.Length < distinctCount + 2)
            (distinct, starts) = (new int[distinctCount], new int[distinctCount + 2]);

        // slots[item] is set for the items of this batch alone; what other batches left in it is never read.
        int slot = 0;
        for (int w = 0; w < seen.Length; w++)
            for (ulong word = seen[w]; word != 0; word &= word - 1)
            {
                distinct[slot] = w * Bits + BitOperations.TrailingZeroCount(word);
                slots[distinct[slot]] = slot++;
            }

        // Counted two places ahead and summed, starts[slot + 1] is where the slot begins; filling moves it to where it
        // ends, which is where the next begins.
        starts.AsSpan(0, distinctCount + 2).Clear();
        foreach (int item in items)
            starts[slots[item] + 2]++;
        for (int d = 0; d < distinctCount; d++)
            starts[d + 2] += starts[d + 1];
        for (int row = 0; row < RowCount; row++)
            for (int n = rowStarts[row]; n < rowStarts[row + 1]; n++)
            {
                int place = starts[slots[items[n]] + 1]++;
                rows[place] = row;
                positions[place] = n;
            }
    }
}
