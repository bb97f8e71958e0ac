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

    /// <summary>
    /// A model fitted to clicks, or to ratings if it predicts them; items have the ids "0", "1" and so on.
    /// </summary>
    public static Recommender Fitted(ModelType type, ClickMatrix train, Device? device = null) =>
        Fitted(type.Defaults, train, device);

    /// <summary>The same with settings of one's own, and perhaps the users' ids.</summary>
    public static Recommender Fitted(Settings settings, ClickMatrix train, Device? device = null,
        Vocabulary? users = null)
    {
        bool rated = settings.Type.PredictsRatings;
        var split = new DataSplit(Ids(train.ItemCount), rated && !train.HasValues ? Rated(train) : train,
            Validation: null, Test: null, users ?? (rated ? Ids(train.UserCount) : null));
        using var run = new FitRun(split, settings, device);
        return run.Run();
    }

    /// <summary>The clicks with ratings of 1 to 4.</summary>
    public static ClickMatrix Rated(ClickMatrix clicks) => new(clicks.ItemCount, [.. clicks.RowStarts],
        [.. clicks.Items], [.. Enumerable.Range(0, (int)clicks.ClickCount).Select(n => 1f + n * 7 % 4)]);

    /// <summary>The ids "0", "1" and so on.</summary>
    public static Vocabulary Ids(int count) => new([.. Enumerable.Range(0, count).Select(id => (long)id)]);

    /// <summary>A model's defaults, but with a few narrow layers and few epochs where it is a network.</summary>
    public static Settings Small(ModelType type)
    {
        (string Setting, string Value)[] small =
        [
            ("epochs", "12"), ("widths", "9,9"), ("latent", "7"), ("embedding", "8"), ("state", "9"), ("hidden", "6"),
        ];
        return !type.Defaults.Has(GradientFit.EpochCount) ? type.Defaults
            : small.Where(one => type.Find(one.Setting) is not null)
                .Aggregate(type.Defaults, (settings, one) => settings.With(one.Setting, one.Value));
    }

    /// <summary>
    /// Settings with which a model of this assembly can be fitted to these clicks: small ones, and the files that it
    /// needs, written to a folder.
    /// </summary>
    public static Settings SettingsOf(ModelType type, ClickMatrix train, TemporaryFolder folder)
    {
        string Saved(ModelType part)
        {
            string path = folder[$"{part.Name}.safetensors"];
            using Recommender model = Fitted(part, train);
            model.Save(path);
            return path;
        }

        Catalog.Add(BaselineModels.All);
        if (type == Hybrid.Type)
            return type.Defaults.With(Hybrid.First, Saved(Popularity.Type)).With(Hybrid.Second, Saved(UserKnn.Type));
        if (type != ContentKnn.Type)
            return Small(type);
        string features = folder["features.csv"];
        File.WriteAllLines(features, ["item,genres",
            .. Enumerable.Range(0, train.ItemCount).Select(item => $"{item},g{item % 3}|g{item % 5}")]);
        return type.Defaults.With(ContentKnn.Features, features);
    }

    /// <summary>The scores of every item for every user, seen ones too, in the order of the items.</summary>
    public static float[] Scores(Recommender model, Histories users)
    {
        int[] rows = [.. Enumerable.Range(0, users.Clicks.UserCount)], items = new int[rows.Length * model.ItemCount];
        float[] ranked = new float[items.Length], scores = new float[items.Length];
        model.Rank(users, rows, model.ItemCount, RankFilter.Of(model.ItemCount, seenToo: true), items, ranked);
        for (int i = 0; i < items.Length; i++)
            scores[i / model.ItemCount * model.ItemCount + items[i]] = ranked[i];
        return scores;
    }

    /// <summary>The model after a round trip through its file.</summary>
    public static Recommender Reloaded(Recommender model, Device? device = null)
    {
        using var stream = new MemoryStream();
        model.Save(stream);
        stream.Position = 0;
        return Recommender.Load(stream, device);
    }

    public static int[] Rank(Recommender model, ClickMatrix clicks, int[] rows, int k, RankFilter? filter = null)
    {
        int[] ranked = new int[rows.Length * k];
        model.Rank(new Histories(clicks), rows, k, filter ?? RankFilter.None, ranked, []);
        return ranked;
    }
}
