using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The Gram matrix of sparse rows, G = X^T X: of clicks, how many users have both of two items. EASE and its kin begin
/// with it. X stays sparse (compressed rows); it adds nothing to the diagonal.
/// </summary>
public static partial class Gram
{
    /// <summary>The largest number of items whose matrix one span can hold: at most 2^31 - 1 elements.</summary>
    public const int MostItems = 46_340;

    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>G = X^T X: g[i, j] = sum over the rows b of x[b, i] * x[b, j].</summary>
        /// <param name="rows">B.</param>
        /// <param name="itemCount">I, at most <see cref="MostItems"/>.</param>
        /// <param name="rowStarts">Where each row's clicks begin, and the end of the last; B + 1.</param>
        /// <param name="items">Item of each click, ascending within a row and without repeats; N.</param>
        /// <param name="values">Value of each click; N.</param>
        /// <param name="gram">G, I x I, overwritten, both its halves.</param>
        /// <exception cref="ArgumentException">A span does not have the length its shape says, an item is not in
        /// 0 … I - 1, or a row's items do not ascend.</exception>
        /// <exception cref="ArgumentOutOfRangeException">I is negative or above <see cref="MostItems"/>.</exception>
        public static void Multiply(int rows, int itemCount, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items,
            ReadOnlySpan<double> values, Span<double> gram)
        {
            Check(rows, itemCount, rowStarts, items, values.Length, gram.Length);
            gram.Clear();
            for (int b = 0; b < rows; b++)
                for (int n = rowStarts[b]; n < rowStarts[b + 1]; n++)
                    for (int m = rowStarts[b]; m < rowStarts[b + 1]; m++)
                        gram[items[n] * itemCount + items[m]] += values[n] * values[m];
        }
    }

    private static void Check(int rows, int itemCount, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items,
        int valueCount, int length)
    {
        if ((uint)itemCount > MostItems)
            throw new ArgumentOutOfRangeException(nameof(itemCount), itemCount,
                $"expected 0 … {MostItems}, the largest matrix that one span can hold");
        Shape.Csr(rows, itemCount, rowStarts, items, valueCount);
        for (int row = 0; row < rows; row++)
            for (int n = rowStarts[row] + 1; n < rowStarts[row + 1]; n++)
                if (items[n - 1] >= items[n])
                    throw new ArgumentException(
                        $"row {row} has item {items[n]} after {items[n - 1]}, expected ascending items", nameof(items));
        Shape.Dense("gram", length, itemCount, itemCount);
    }
}
