using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// For each item the k items most similar to it, by the users who clicked both: the fit of item kNN. Of the Gram matrix
/// there is only ever a row per thread.
/// </summary>
public static partial class Neighbours
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>
        /// The k most similar items of each item, itself left out: by similarity, rounded to float, descending, then by
        /// index ascending. Only items with something in common, G_ij != 0, count as neighbours.
        /// </summary>
        /// <param name="rows">B, users.</param>
        /// <param name="itemCount">I.</param>
        /// <param name="rowStarts">Where each row's clicks begin, and the end of the last; B + 1.</param>
        /// <param name="items">Item of each click; N.</param>
        /// <param name="values">Value of each click; N.</param>
        /// <param name="similarity">How similar two items are.</param>
        /// <param name="shrink">Added to the similarity's denominator; 0 or more.</param>
        /// <param name="k">Neighbours of each item.</param>
        /// <param name="neighbours">I x k, overwritten: the items; -1 where an item has fewer.</param>
        /// <param name="similarities">I x k, overwritten: how similar they are; 0 beside -1.</param>
        public static void Find(int rows, int itemCount, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items,
            ReadOnlySpan<double> values, ItemSimilarity similarity, double shrink, int k, Span<double> neighbours,
            Span<double> similarities)
        {
            Check(rows, itemCount, rowStarts, items, values.Length, shrink, k, neighbours.Length, similarities.Length);
            var gram = new double[itemCount * itemCount];
            Gram.Reference.Multiply(rows, itemCount, rowStarts, items, values, gram);
            neighbours.Fill(-1);
            similarities.Clear();
            for (int j = 0; j < itemCount; j++)
            {
                double Of(int i)
                {
                    double common = gram[j * itemCount + i], own = gram[j * itemCount + j],
                        other = gram[i * itemCount + i];
                    return common / ((similarity == ItemSimilarity.Cosine ? Math.Sqrt(own) * Math.Sqrt(other)
                        : own + other - common) + shrink);
                }
                int[] found = [.. Enumerable.Range(0, itemCount).Where(i => i != j && gram[j * itemCount + i] != 0)
                    .OrderByDescending(i => (float)Of(i)).Take(k)];
                for (int n = 0; n < found.Length; n++)
                    (neighbours[j * k + n], similarities[j * k + n]) = (found[n], Of(found[n]));
            }
        }
    }

    private static void Check(int rows, int itemCount, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items,
        int valueCount, double shrink, int k, int neighbourCount, int similarityCount)
    {
        Shape.Csr(rows, itemCount, rowStarts, items, valueCount);
        if (!(shrink >= 0 && double.IsFinite(shrink)))
            throw new ArgumentOutOfRangeException(nameof(shrink), shrink, "expected a finite number, 0 or more");
        Shape.Dense("neighbours", neighbourCount, itemCount, k);
        Shape.Dense("similarities", similarityCount, itemCount, k);
    }
}
