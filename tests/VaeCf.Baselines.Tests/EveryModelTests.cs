using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines.Tests;

/// <summary>What holds for every model of the assembly.</summary>
public sealed class EveryModelTests : IDisposable
{
    private static readonly ClickMatrix train = Clicks.Random(new Random(1), 41, 29),
        foldIn = Clicks.Random(new Random(2), 23, 29);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Names => [.. BaselineModels.All.Select(type => type.Name)];

    private Settings Of(string name, ClickMatrix? clicks = null)
    {
        Catalog.Add(BaselineModels.All);
        return Clicks.SettingsOf(Catalog.Find(name), clicks ?? train, folder);
    }

    [Theory, MemberData(nameof(Names))]
    public void Saved_and_loaded_with_any_number_of_threads_it_answers_alike(string name)
    {
        Settings settings = Of(name);
        using Device one = Device.Cpu(1);
        using Recommender model = Clicks.Fitted(settings, train, one);
        foreach (int threads in (int[])[1, 3, 7])
        {
            using Device others = Device.Cpu(threads);
            using Recommender again = Clicks.Fitted(settings, train, others), loaded = Clicks.Reloaded(again, others);
            Assert.Equal(model.CopyTensors().SelectMany(tensor => tensor.Values),
                loaded.CopyTensors().SelectMany(tensor => tensor.Values));
            Assert.Equal(Clicks.Scores(model, new(foldIn)), Clicks.Scores(loaded, new(foldIn)));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void A_users_scores_do_not_depend_on_the_batch(string name)
    {
        using Recommender model = Clicks.Fitted(Of(name), train);
        float[] together = Clicks.Scores(model, new(foldIn));
        int[] items = new int[model.ItemCount];
        var ranked = new float[items.Length];
        for (int row = foldIn.UserCount - 1; row >= 0; row--)
        {
            model.Rank(new(foldIn), [row], items.Length, RankFilter.Of(items.Length, seenToo: true), items, ranked);
            Assert.All(Enumerable.Range(0, items.Length),
                i => Assert.Equal(together[row * items.Length + items[i]], ranked[i]));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Scores_of_all_items_are_those_it_ranks_by(string name)
    {
        using Device device = Device.Cpu(2);
        using Recommender model = Clicks.Fitted(Of(name), train, device);
        using Compute c = device.Open();
        using Ranker ranker = model.RankerOn(c);
        int[] rows = [.. Enumerable.Range(0, foldIn.UserCount)];
        var all = new float[rows.Length * model.ItemCount];
        ranker.ScoreAll(new(foldIn), rows, all);
        float[] ranked = Clicks.Scores(model, new(foldIn));
        Assert.All(Enumerable.Range(0, all.Length), i => Assert.Equal(ranked[i], all[i], 1e-6));
    }

    [Theory, MemberData(nameof(Names))]
    public void It_ranks_unseen_items_by_falling_score_and_equals_by_index(string name)
    {
        using Recommender model = Clicks.Fitted(Of(name), train);
        const int k = 12;
        int[] rows = [.. Enumerable.Range(0, foldIn.UserCount)], ranked = Clicks.Rank(model, foldIn, rows, k);
        float[] scores = Clicks.Scores(model, new(foldIn));
        foreach (int row in rows)
        {
            float Of(int item) => scores[row * model.ItemCount + item];
            IEnumerable<int> expected = Enumerable.Range(0, model.ItemCount)
                .Where(item => !foldIn.ItemsOf(row).Contains(item)).OrderByDescending(Of).ThenBy(item => item).Take(k);
            Assert.Equal(expected, ranked[(row * k)..(row * k + k)]);
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void One_user_one_item_and_users_without_clicks_are_no_trouble(string name)
    {
        ClickMatrix[] all = [Clicks.Of(1, [0]), Clicks.Of(1, [[]]), Clicks.Of(3, [], [0, 2], [])];
        foreach (ClickMatrix clicks in all)
        {
            using Recommender model = Clicks.Fitted(Of(name, clicks), clicks);
            Assert.All(Clicks.Scores(model, new(Clicks.Of(clicks.ItemCount, [], [0]))),
                score => Assert.True(float.IsFinite(score)));
            Assert.Equal(clicks.ItemCount, model.Recommend(["unknown"]).Items.Count);
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Counts_are_read_by_a_model_that_was_trained_on_them_alone(string name)
    {
        Settings settings = Of(name);
        ClickMatrix rated = Clicks.Rated(foldIn);
        using Recommender plain = Clicks.Fitted(settings, train),
            counted = Clicks.Fitted(settings, Clicks.Rated(train)), loaded = Clicks.Reloaded(counted);
        if (!settings.Type.PredictsRatings)
            Assert.Equal(Clicks.Scores(plain, new(foldIn)), Clicks.Scores(plain, new(rated)));
        Assert.Equal(Clicks.Scores(counted, new(rated)), Clicks.Scores(loaded, new(rated)));
    }

    [Theory, MemberData(nameof(Names))]
    public void Its_grid_is_of_values_that_go_together(string name)
    {
        ModelType type = Catalog.Find(Of(name).Type.Name);
        Assert.InRange(SettingGrid.Combine(type.Defaults).Count, 1, 15);
    }
}
