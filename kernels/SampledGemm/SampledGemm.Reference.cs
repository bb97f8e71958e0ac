using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The product A B^T of two dense matrices at the clicks alone: what a factorisation predicts where something was
/// clicked. Everything else of the product is never computed. Called by the Kullback-Leibler form of NMF, by AutoRec,
/// and for the logits of sampled items.
/// </summary>
public static partial class SampledGemm
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>product_n = sum_h a_bh b_ih for each click n, of item i in row b.</summary>
        /// <param name="columns">H.</param>
        /// <param name="rowStarts">Where the clicks of each row begin, and their number N: B + 1.</param>
        /// <param name="items">Item of each click, N.</param>
        /// <param name="a">A, B x H.</param>
        /// <param name="b">B, I x H.</param>
        /// <param name="product">N, overwritten.</param>
        /// <exception cref="ArgumentException">
        /// A length does not match its shape, the row starts do not rise from 0 to N, or an item is none of B's rows.
        /// </exception>
        public static void Multiply(int columns, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items,
            ReadOnlySpan<double> a, ReadOnlySpan<double> b, Span<double> product)
        {
            int rows = rowStarts.Length - 1;
            Shape.Csr(rows, Shape.Rows(nameof(b), b.Length, columns), rowStarts, items, product.Length);
            Shape.Dense(nameof(a), a.Length, rows, columns);
            for (int row = 0; row < rows; row++)
                for (int n = rowStarts[row]; n < rowStarts[row + 1]; n++)
                {
                    product[n] = 0;
                    for (int h = 0; h < columns; h++)
                        product[n] += a[row * columns + h] * b[items[n] * columns + h];
                }
        }
    }
}
