using VaeCf.Native.Data;

namespace VaeCf.Native.Evaluation;

/// <summary>The baseline: for everybody the items with the most training users, the lower index first among equals, less what the user has already.</summary>
public sealed class PopularityRanker : IRanker
{
    private readonly int[] byPopularity;

    /// <summary>Counts the training users of each item.</summary>
    /// <param name="train">Training clicks; their values are not looked at.</param>
    public PopularityRanker(ClickMatrix train)
    {
        ArgumentNullException.ThrowIfNull(train);
        int[] users = ListMeasures.UsersPerItem(train);
        byPopularity = [.. Enumerable.Range(0, train.ItemCount).OrderByDescending(item => users[item])];
    }

    /// <inheritdoc/>
    public int ItemCount => byPopularity.Length;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The fold-in has another number of items, or <paramref name="ranked"/> is not users x k long.</exception>
    public void Rank(ClickMatrix foldIn, ReadOnlySpan<int> users, int k, Span<int> ranked)
    {
        RankArguments.Check(this, foldIn, users, k, ranked);
        ranked.Fill(-1);
        for (int u = 0; u < users.Length; u++)
        {
            ReadOnlySpan<int> seen = foldIn.ItemsOf(users[u]);
            Span<int> list = ranked.Slice(u * k, k);
            int count = 0;
            for (int i = 0; i < byPopularity.Length && count < k; i++)
                if (seen.BinarySearch(byPopularity[i]) < 0)
                    list[count++] = byPopularity[i];
        }
    }
}
