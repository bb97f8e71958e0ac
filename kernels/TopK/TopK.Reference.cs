namespace VaeCf.Kernels;

/// <summary>
/// The k highest scores of a user's items, without those the user already has: the ranking that evaluation and recommendation
/// read. Ties go to the lower index, so that a ranking is one and the same everywhere.
/// </summary>
public static partial class TopK
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>The indices of the k highest scores, best first: by score descending, NaN last, then by index ascending.</summary>
        /// <param name="scores">I scores.</param>
        /// <param name="excluded">Indices never to be chosen, ascending.</param>
        /// <param name="best">k indices, overwritten; -1 where fewer are left.</param>
        public static void Select(ReadOnlySpan<double> scores, ReadOnlySpan<int> excluded, Span<int> best)
        {
            double[] score = scores.ToArray();
            int[] barred = excluded.ToArray();
            // CompareTo puts NaN below every number; the sort is stable.
            int[] ranked = [.. Enumerable.Range(0, score.Length).Where(i => Array.BinarySearch(barred, i) < 0).OrderByDescending(i => score[i])];
            for (int rank = 0; rank < best.Length; rank++)
                best[rank] = rank < ranked.Length ? ranked[rank] : -1;
        }
    }
}
