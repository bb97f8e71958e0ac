namespace VaeCf.Kernels.Common;

/// <summary>Checks at the public entry of a kernel, which reads and writes its arguments through pointers.</summary>
internal static class Shape
{
    /// <summary>A dense matrix holds exactly rows x columns elements.</summary>
    public static void Dense(string name, int length, int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        if (length != (long)rows * columns)
            throw new ArgumentException($"{length} elements, expected {rows} x {columns}", name);
    }

    /// <summary>Row starts of a CSR matrix: they rise from 0 to the number of clicks.</summary>
    public static void RowStarts(int rows, ReadOnlySpan<int> rowStarts, int clicks)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        if (rowStarts.Length != rows + 1L)
            throw new ArgumentException($"{rowStarts.Length} row starts, expected {rows} + 1", nameof(rowStarts));
        if (rowStarts[0] != 0 || rowStarts[rows] != clicks)
            throw new ArgumentException(
                $"row starts run from {rowStarts[0]} to {rowStarts[rows]}, expected 0 to {clicks}, the clicks",
                nameof(rowStarts));
        for (int row = 0; row < rows; row++)
            if (rowStarts[row] > rowStarts[row + 1])
                throw new ArgumentException($"row {row} starts at {rowStarts[row]} and ends at {rowStarts[row + 1]}",
                    nameof(rowStarts));
    }

    /// <summary>
    /// A CSR matrix: row starts rise from 0 to the number of clicks, items lie in the columns, one value a click.
    /// </summary>
    public static void Csr(int rows, int columns, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items, int valueCount)
    {
        RowStarts(rows, rowStarts, items.Length);
        if (valueCount != items.Length)
            throw new ArgumentException($"{items.Length} items but {valueCount} values, expected one for each click",
                nameof(items));
        foreach (int item in items)
            if ((uint)item >= (uint)columns)
                throw new ArgumentOutOfRangeException(nameof(items), item, $"expected an item in 0 … {columns - 1}");
    }

    /// <summary>
    /// The number of rows of a dense matrix that holds length elements; without columns it has room for any row.
    /// </summary>
    public static int Rows(string name, int length, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        int rows = columns == 0 ? int.MaxValue : length / columns;
        Dense(name, length, rows, columns);
        return rows;
    }

    /// <summary>
    /// What a loss takes: logits [rows, columns], clicks in compressed rows, and a loss for each row.
    /// </summary>
    public static void Loss(int rows, int columns, int logitCount, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items,
        int valueCount, int lossCount)
    {
        Dense("logits", logitCount, rows, columns);
        Csr(rows, columns, rowStarts, items, valueCount);
        Dense("loss", lossCount, rows, 1);
    }
}
