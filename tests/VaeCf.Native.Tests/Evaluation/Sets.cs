using System.Text;
using System.Text.Json;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Tests.Evaluation;

/// <summary>Small sets and rankers for the tests of evaluation.</summary>
internal static class Sets
{
    public static ClickMatrix Clicks(int items, params int[][] users)
    {
        long[] rowStarts = new long[users.Length + 1];
        for (int user = 0; user < users.Length; user++)
            rowStarts[user + 1] = rowStarts[user] + users[user].Length;
        return new ClickMatrix(items, rowStarts, [.. users.SelectMany(list => list.Order())]);
    }

    /// <summary>
    /// Users with up to a third of the items folded in and up to five targets; some have none of either.
    /// </summary>
    public static EvaluationSet Random(Random random, int users, int items)
    {
        int[][] foldIn = new int[users][], heldOut = new int[users][];
        for (int user = 0; user < users; user++)
        {
            int[] shuffled = [.. Enumerable.Range(0, items)];
            random.Shuffle(shuffled);
            int shown = random.Next(items / 3 + 1);
            foldIn[user] = shuffled[..shown];
            heldOut[user] = shuffled[shown..(shown + random.Next(6))];
        }
        return new EvaluationSet(Clicks(items, foldIn), Clicks(items, heldOut));
    }

    /// <summary>A table of scores with many ties and both signs.</summary>
    public static ScoreTableRanker RandomScores(Random random, int users, int items) =>
        new([.. Enumerable.Range(0, users * items).Select(_ => random.Next(-8, 8) / 4.0)], items);

    public static int[] Rank(IRanker ranker, ClickMatrix foldIn, int user, int k)
    {
        int[] ranked = new int[k];
        ranker.Rank(new Histories(foldIn), [user], k, RankFilter.None, ranked, []);
        return ranked;
    }

    public static string Json(EvaluationReport report)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
            report.WriteJson(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
