using VaeCf.Native.Data;

namespace VaeCf.Native.Tests.Data;

public class DatasetStatisticsTests
{
    [Fact]
    public void Describes_a_small_matrix()
    {
        // Clicks per user 3, 1, 0, 2, 1; per item 4, 2, 1, 0.
        var matrix = new ClickMatrix(4, [0, 3, 4, 4, 6, 7], [0, 1, 2, 0, 0, 1, 0]);
        DatasetStatistics statistics = DatasetStatistics.Of(matrix);
        Assert.Equal((5, 4, 7L, 7 / 20.0), (statistics.Users, statistics.Items, statistics.Clicks, statistics.Density));
        Assert.Equal(new Distribution(0, 1, 1, 2, 3, 1.4), statistics.ClicksPerUser);
        Assert.Equal(new Distribution(0, 0.75, 1.5, 2.5, 4, 1.75), statistics.ClicksPerItem);
        Assert.Equal((4 / 7.0, 4 / 7.0), (statistics.TopPercentShare, statistics.TopTenPercentShare));
        // Mean absolute difference over twice the mean: pairs differ by 2 3 4 1 2 1, both ways; 26 / 16 / 3.5.
        Assert.Equal(26 / 16.0 / 3.5, statistics.Gini, 12);
    }

    [Fact]
    public void The_top_shares_and_the_inequality_follow_the_items()
    {
        long[] starts = [0, .. Enumerable.Range(1, 50).Select(i => 200L * i)];
        int[] items = [.. Enumerable.Range(0, 50).SelectMany(_ => Enumerable.Range(0, 200))];
        DatasetStatistics even = DatasetStatistics.Of(new ClickMatrix(200, starts, items)),
            half = DatasetStatistics.Of(new ClickMatrix(400, starts, items));
        Assert.Equal((0.01, 0.1), (even.TopPercentShare, even.TopTenPercentShare));
        Assert.Equal(0, even.Gini, 12);
        Assert.Equal(0.5, half.Gini, 12);
        Assert.Equal((0.02, 0.2), (half.TopPercentShare, half.TopTenPercentShare));
    }

    [Fact]
    public void Nothing_has_statistics_of_nothing()
    {
        DatasetStatistics none = DatasetStatistics.Of(new ClickMatrix(0, [0], [])),
            noClicks = DatasetStatistics.Of(new ClickMatrix(3, [0, 0], []));
        Assert.Equal((0, 0, 0L, 0.0, 0.0, 0.0),
            (none.Users, none.Items, none.Clicks, none.Density, none.Gini, none.TopPercentShare));
        Assert.Equal((1, 3, 0.0, 0L), (noClicks.Users, noClicks.Items, noClicks.Density, noClicks.ClicksPerUser.Max));
    }

    [Fact]
    public void A_split_is_counted_whole_and_shared_users_once()
    {
        ClickMatrix train = new(3, [0, 2, 3], [0, 1, 2]), foldIn = new(3, [0, 1], [0]), targets = new(3, [0, 1], [2]);
        DatasetStatistics strong = DatasetStatistics.Of(
            new DataSplit(new([1, 2, 3]), train, null, new(foldIn, targets)));
        Assert.Equal((3, 5L), (strong.Users, strong.Clicks));
        var users = new Vocabulary(["a", "b"]);
        DatasetStatistics shared = DatasetStatistics.Of(
            new DataSplit(new([1, 2, 3]), train, null, new(foldIn, targets, new Vocabulary(["a"])), users));
        Assert.Equal((2, 4L, 3L), (shared.Users, shared.Clicks, shared.ClicksPerUser.Max));
    }
}
