using VaeCf.Native.Data;

namespace VaeCf.Native.Evaluation;

/// <summary>Ranks by a given table of scores: row u of the table belongs to row u of the fold-in. Sorts everything: for verification, not for speed.</summary>
/// <param name="scores">[users, items], row-major.</param>
/// <param name="itemCount">Columns.</param>
internal sealed class ScoreTableRanker(double[] scores, int itemCount) : IRanker
{
    public int ItemCount => itemCount;

    public void Rank(ClickMatrix foldIn, ReadOnlySpan<int> users, int k, Span<int> ranked)
    {
        RankArguments.Check(this, foldIn, users, k, ranked);
        ranked.Fill(-1);
        for (int u = 0; u < users.Length; u++)
        {
            int user = users[u];
            int[] best = [.. Enumerable.Range(0, itemCount).Except(foldIn.ItemsOf(user).ToArray())
                .OrderByDescending(item => scores[(long)user * itemCount + item]).ThenBy(item => item).Take(k)];
            best.CopyTo(ranked.Slice(u * k, k));
        }
    }
}
