using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines.Tests;

/// <summary>Small click matrices, and models fitted to them.</summary>
internal static class Clicks
{
    public static ClickMatrix Of(int items, params int[][] users)
    {
        long[] rowStarts = new long[users.Length + 1];
        for (int user = 0; user < users.Length; user++)
            rowStarts[user + 1] = rowStarts[user] + users[user].Length;
        return new ClickMatrix(items, rowStarts, [.. users.SelectMany(list => list.Order())]);
    }

    /// <summary>Users with up to a third of the items; some have none.</summary>
    public static ClickMatrix Random(Random random, int users, int items) =>
        Of(items, [.. Enumerable.Range(0, users).Select(_ =>
            Enumerable.Range(0, items).OrderBy(_ => random.Next()).Take(random.Next(items / 3 + 1)).ToArray())]);

    /// <summary>A model fitted to clicks; items have the ids "0", "1" and so on.</summary>
    public static Recommender Fitted(ModelType type, ClickMatrix train, Device? device = null)
    {
        var items = new Vocabulary([.. Enumerable.Range(0, train.ItemCount).Select(id => (long)id)]);
        using var run = new FitRun(new DataSplit(items, train, Validation: null, Test: null), type.Defaults, device);
        return run.Run();
    }

    public static int[] Rank(Recommender model, ClickMatrix clicks, int[] rows, int k, RankFilter? filter = null)
    {
        int[] ranked = new int[rows.Length * k];
        model.Rank(new Histories(clicks), rows, k, filter ?? RankFilter.None, ranked, []);
        return ranked;
    }
}
