using VaeCf.Native.Data;

namespace VaeCf.Native.Evaluation;

/// <summary>What every <see cref="IRanker"/> asks of the arguments of <see cref="IRanker.Rank"/>.</summary>
internal static class RankArguments
{
    public static void Check(IRanker ranker, ClickMatrix foldIn, ReadOnlySpan<int> users, int k, ReadOnlySpan<int> ranked)
    {
        ArgumentNullException.ThrowIfNull(foldIn);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (foldIn.ItemCount != ranker.ItemCount)
            throw new ArgumentException($"the fold-in has {foldIn.ItemCount} items; expected {ranker.ItemCount}, as the ranker has", nameof(foldIn));
        if (ranked.Length != (long)users.Length * k)
            throw new ArgumentException($"room for {ranked.Length} items; expected {users.Length} users x {k}", nameof(ranked));
        foreach (int user in users)
            if ((uint)user >= (uint)foldIn.UserCount)
                throw new ArgumentException($"user {user}; expected 0 … {foldIn.UserCount - 1}, rows of the fold-in", nameof(users));
    }
}
