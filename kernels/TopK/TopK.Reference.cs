namespace VaeCf.Kernels;

/// <summary>
/// The k highest scores of a user's items, without those that the user already has or that no user may get: the ranking
/// that evaluation and recommendation read. Ties go to the lower index, so that a ranking is the same everywhere.
/// </summary>
public static partial class TopK
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>
        /// The indices of the k highest scores, best first: by score descending, NaN last, then by index ascending.
        /// </summary>
        /// <param name="scores">I scores.</param>
        /// <param name="excluded">Indices that are never chosen, ascending.</param>
        /// <param name="forbidden">I bytes, 0 where the index may be chosen; or empty: every index may be.</param>
        /// <param name="best">k indices, overwritten; -1 where fewer are left.</param>
        public static void Select(
            ReadOnlySpan<double> scores, ReadOnlySpan<int> excluded, ReadOnlySpan<byte> forbidden, Span<int> best)
        {
            double[] score = scores.ToArray();
            int[] own = excluded.ToArray();
            byte[] mask = forbidden.IsEmpty ? new byte[score.Length] : forbidden.ToArray();
            // CompareTo puts NaN below every number; the sort is stable.
            int[] ranked = [.. Enumerable.Range(0, score.Length)
                .Where(i => mask[i] == 0 && Array.BinarySearch(own, i) < 0).OrderByDescending(i => score[i])];
            for (int rank = 0; rank < best.Length; rank++)
                best[rank] = rank < ranked.Length ? ranked[rank] : -1;
        }

        /// <summary>The k best items of each user: by score descending, NaN last, then by index ascending.</summary>
        /// <param name="users">B.</param>
        /// <param name="items">I.</param>
        /// <param name="scores">B x I.</param>
        /// <param name="excludedStarts">
        /// B + 1: user u never gets excludedItems[excludedStarts[u]] … excludedItems[excludedStarts[u + 1] - 1]; or
        /// empty: no user has items of its own to exclude.
        /// </param>
        /// <param name="excludedItems">Items, ascending for each user.</param>
        /// <param name="forbidden">I bytes, not 0 where no user may get the item; or empty: none is forbidden.</param>
        /// <param name="k">Items wanted per user.</param>
        /// <param name="best">B x k, overwritten; -1 where fewer are left.</param>
        /// <param name="ranked">B x k, overwritten: the items' scores, NaN beside -1; or empty.</param>
        public static void Rank(int users, int items, ReadOnlySpan<double> scores, ReadOnlySpan<int> excludedStarts,
            ReadOnlySpan<int> excludedItems, ReadOnlySpan<byte> forbidden, int k, Span<int> best, Span<double> ranked)
        {
            for (int user = 0; user < users; user++)
            {
                ReadOnlySpan<double> row = scores.Slice(user * items, items);
                ReadOnlySpan<int> own =
                    excludedStarts.IsEmpty ? [] : excludedItems[excludedStarts[user]..excludedStarts[user + 1]];
                Select(row, own, forbidden, best.Slice(user * k, k));
                for (int rank = user * k; rank < (user + 1) * k && !ranked.IsEmpty; rank++)
                    ranked[rank] = best[rank] >= 0 ? row[best[rank]] : double.NaN;
            }
        }
    }
}
