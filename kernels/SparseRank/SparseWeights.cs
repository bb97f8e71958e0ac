using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// Sparse weights of items by items, in compressed rows: row i is what a click on item i adds to the scores of others.
/// Checked once and never changed, so that many rankings may read them.
/// </summary>
public sealed class SparseWeights
{
    private readonly int[] rowStarts, items;
    private readonly float[] values;

    /// <summary>Wraps arrays, which are not copied.</summary>
    /// <param name="rowStarts">Where each row begins, and the end of the last; I + 1.</param>
    /// <param name="items">Item of each weight, ascending within a row and without repeats; N.</param>
    /// <param name="values">The weights; N.</param>
    /// <exception cref="ArgumentException">
    /// The arrays do not fit each other, an item is not in 0 … I - 1, or a row's items do not ascend.
    /// </exception>
    public SparseWeights(int[] rowStarts, int[] items, float[] values)
    {
        ArgumentNullException.ThrowIfNull(rowStarts);
        Shape.Csr(rowStarts.Length - 1, rowStarts.Length - 1, rowStarts, items, values.Length);
        for (int row = 0; row < rowStarts.Length - 1; row++)
            for (int n = rowStarts[row] + 1; n < rowStarts[row + 1]; n++)
                if (items[n - 1] >= items[n])
                    throw new ArgumentException(
                        $"row {row} has item {items[n]} after {items[n - 1]}, expected ascending items", nameof(items));
        (this.rowStarts, this.items, this.values) = (rowStarts, items, values);
    }

    /// <summary>I, rows and columns.</summary>
    public int ItemCount => rowStarts.Length - 1;

    /// <summary>Where each row begins, and the end of the last; I + 1.</summary>
    public ReadOnlySpan<int> RowStarts => rowStarts;

    /// <summary>Item of each weight, row by row; N.</summary>
    public ReadOnlySpan<int> Items => items;

    /// <summary>The weights; N.</summary>
    public ReadOnlySpan<float> Values => values;
}
