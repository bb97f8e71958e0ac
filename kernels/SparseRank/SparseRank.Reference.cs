using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The best items of each user by scores x W, x the user's clicks and W weights of items by items, dense or sparse: how
/// EASE, SLIM and item kNN rank. The scores of all users never exist at once.
/// </summary>
public static partial class SparseRank
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>Ranks by dense weights: <see cref="TopK"/> of <see cref="SparseGemm"/>.</summary>
        /// <param name="users">B.</param>
        /// <param name="items">I.</param>
        /// <param name="rowStarts">Where each user's clicks begin, and the end of the last; B + 1.</param>
        /// <param name="clicked">Item of each click; N.</param>
        /// <param name="values">Value of each click; N.</param>
        /// <param name="weights">W, I x I.</param>
        /// <param name="excludedStarts">
        /// B + 1: user u never gets excludedItems[excludedStarts[u]] … excludedItems[excludedStarts[u + 1] - 1]; or
        /// empty: no user has items of its own to exclude.
        /// </param>
        /// <param name="excludedItems">Items, ascending for each user.</param>
        /// <param name="forbidden">I bytes, not 0 where no user may get the item; or empty: none is forbidden.</param>
        /// <param name="k">Items wanted per user.</param>
        /// <param name="best">B x k, overwritten; -1 where fewer are left.</param>
        /// <param name="ranked">B x k, overwritten: the items' scores, NaN beside -1; or empty.</param>
        public static void Dense(int users, int items, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> clicked,
            ReadOnlySpan<double> values, ReadOnlySpan<double> weights, ReadOnlySpan<int> excludedStarts,
            ReadOnlySpan<int> excludedItems, ReadOnlySpan<byte> forbidden, int k, Span<int> best, Span<double> ranked)
        {
            var scores = new double[users * items];
            SparseGemm.Reference.Gather(users, items, rowStarts, clicked, values, weights, scores);
            TopK.Reference.Rank(users, items, scores, excludedStarts, excludedItems, forbidden, k, best, ranked);
        }

        /// <inheritdoc cref="Dense"/>
        /// <summary>Ranks by sparse weights.</summary>
        public static void Sparse(int users, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> clicked,
            ReadOnlySpan<double> values, SparseWeights weights, ReadOnlySpan<int> excludedStarts,
            ReadOnlySpan<int> excludedItems, ReadOnlySpan<byte> forbidden, int k, Span<int> best, Span<double> ranked)
        {
            int items = weights.ItemCount;
            Shape.Csr(users, items, rowStarts, clicked, values.Length);
            var scores = new double[users * items];
            for (int user = 0; user < users; user++)
                for (int click = rowStarts[user]; click < rowStarts[user + 1]; click++)
                    for (int n = weights.RowStarts[clicked[click]]; n < weights.RowStarts[clicked[click] + 1]; n++)
                        scores[user * items + weights.Items[n]] += values[click] * weights.Values[n];
            TopK.Reference.Rank(users, items, scores, excludedStarts, excludedItems, forbidden, k, best, ranked);
        }
    }
}
