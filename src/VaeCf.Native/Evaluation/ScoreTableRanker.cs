using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Evaluation;

/// <summary>
/// Ranks by a given table of scores: row u of the table belongs to row u of the histories. Sorts everything: for
/// verification, not for speed.
/// </summary>
/// <param name="scores">[users, items], row-major.</param>
/// <param name="itemCount">Columns.</param>
internal sealed class ScoreTableRanker(double[] scores, int itemCount) : IRanker
{
    public int ItemCount => itemCount;

    public void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items,
        Span<float> ranked)
    {
        RankArguments.Check(this, users, rows, k, filter, items, ranked);
        items.Fill(-1);
        ranked.Fill(float.NaN);
        for (int row = 0; row < rows.Length; row++)
        {
            int user = rows[row];
            int[] seen = filter.SeenToo ? [] : users.Clicks.ItemsOf(user).ToArray();
            int[] best = [.. Enumerable.Range(0, itemCount).Except(seen)
                .Where(item => filter.Forbidden.IsEmpty || filter.Forbidden.Span[item] == 0)
                .OrderByDescending(item => scores[(long)user * itemCount + item]).ThenBy(item => item).Take(k)];
            best.CopyTo(items.Slice(row * k, k));
            for (int i = 0; i < best.Length && !ranked.IsEmpty; i++)
                ranked[row * k + i] = (float)scores[(long)user * itemCount + best[i]];
        }
    }
}
