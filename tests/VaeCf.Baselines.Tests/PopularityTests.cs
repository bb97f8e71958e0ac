using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines.Tests;

public class PopularityTests
{
    // Item 2 has three users, items 0 and 1 two, item 3 one, item 4 none.
    private static readonly ClickMatrix train = Clicks.Of(5, [0, 2], [0, 1, 2], [1, 2, 3]);

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(50)]
    public void It_ranks_as_sorting_each_users_unseen_items_would(int k)
    {
        Random random = new(k);
        ClickMatrix clicks = Clicks.Random(random, 25, 40), foldIn = Clicks.Random(random, 13, 40);
        using Recommender model = Clicks.Fitted(Popularity.Type, clicks);
        int[] users = [.. Enumerable.Range(0, 13)], ranked = Clicks.Rank(model, foldIn, users, k);
        foreach (int user in users)
        {
            IEnumerable<int> expected = Enumerable.Range(0, 40).Where(item => !foldIn.ItemsOf(user).Contains(item))
                .OrderBy(item => (-Enumerable.Range(0, 25).Count(u => clicks.ItemsOf(u).Contains(item)), item))
                .Concat(Enumerable.Repeat(-1, k)).Take(k);
            Assert.Equal(expected, ranked[(user * k)..(user * k + k)]);
        }
    }

    [Fact]
    public void It_counts_users_not_the_values_of_clicks()
    {
        ClickMatrix counted = new(2, [0, 2, 3], [0, 1, 1], values: [100, 1, 1]);
        using Recommender model = Clicks.Fitted(Popularity.Type, counted);
        Assert.Equal([1, 0], Clicks.Rank(model, Clicks.Of(2, [[]]), [0], 2));
    }

    [Fact]
    public void Wrong_arguments_are_named()
    {
        using Recommender model = Clicks.Fitted(Popularity.Type, Clicks.Of(3, [0]));
        var users = new Histories(Clicks.Of(3, [0], [1]));
        void Rank(Histories histories, int[] rows, int k, int room, int scores = 0) =>
            model.Rank(histories, rows, k, RankFilter.None, new int[room], new float[scores]);
        Assert.Throws<ArgumentException>("users", () => Rank(new Histories(Clicks.Of(4, [0])), [0], 1, 1));
        Assert.Throws<ArgumentException>("rows", () => Rank(users, [2], 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>("k", () => Rank(users, [0], 0, 0));
        Assert.Throws<ArgumentException>("items", () => Rank(users, [0, 1], 2, 3));
        Assert.Throws<ArgumentException>("scores", () => Rank(users, [0, 1], 2, 4, scores: 3));
    }

    [Fact]
    public void Scores_are_users_and_filters_leave_items_out()
    {
        using Recommender model = Clicks.Fitted(Popularity.Type, train);
        Assert.Equal([new("2", 3), new("0", 2), new("1", 2), new("3", 1), new("4", 0)],
            model.Recommend(Array.Empty<string>()).Items);
        string[] Items(RecommendOptions options, int k = 3) =>
            [.. model.Recommend(["0"], k, options).Items.Select(item => item.Item)];
        Assert.Equal(["2", "1", "3"], Items(new RecommendOptions()));
        Assert.Equal(["1", "3", "4"], Items(new RecommendOptions { Exclude = ["2", "unknown"] }));
        Assert.Equal(["1", "4"], Items(new RecommendOptions { Only = ["4", "0", "1", "unknown"] }));
        Assert.Equal(["2", "0", "1"], Items(new RecommendOptions { SeenToo = true }));
        Assert.Equal(["0", "4"],
            Items(new RecommendOptions { SeenToo = true, Only = ["4", "0", "1"], Exclude = ["1"] }));
        Assert.Empty(Items(new RecommendOptions { Only = ["unknown"] }));
    }

    [Fact]
    public void It_survives_a_stream_through_the_catalog()
    {
        Catalog.Add(BaselineModels.All);
        using Recommender model = Clicks.Fitted(Popularity.Type, train);
        using var stream = new MemoryStream();
        model.Save(stream);
        stream.Position = 0;
        using Recommender loaded = Recommender.Load(stream);
        Assert.Same(Popularity.Type, loaded.Settings.Type);
        Assert.Equal("popularity", loaded.Settings.ToString());
        Assert.Equal(new ModelInfo(1, null, 3, TrainedOnCounts: false), loaded.Info);
        Assert.Equal(model.Recommend(["2"]).Items, loaded.Recommend(["2"]).Items);
    }

    [Fact]
    public void It_explains_a_recommendation_by_nothing_and_has_no_codes_and_no_similar_items()
    {
        using Recommender model = Clicks.Fitted(Popularity.Type, train);
        Explanation why = Assert.Single(model.Explain([new HistoryItem("0"), new HistoryItem("3")], ["2"]));
        Assert.Equal(("2", 3), (why.Item, why.Score));
        Assert.Equal([new("0", 0), new("3", 0)], why.Reasons);
        Assert.Empty(model.Explain([new HistoryItem("0")], []));
        Assert.Equal(0, model.CodeLength);
        Assert.Equal("Popularity has no code of a user",
            Assert.Throws<NotSupportedException>(() => model.Encode([new HistoryItem("0")])).Message);
        Assert.Equal("Popularity has no measure of how similar two items are",
            Assert.Throws<NotSupportedException>(() => model.Similar("0")).Message);
    }
}
