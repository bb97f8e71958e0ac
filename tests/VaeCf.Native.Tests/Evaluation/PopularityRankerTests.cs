using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;

namespace VaeCf.Native.Tests.Evaluation;

public class PopularityRankerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(50)]
    public void ItRanksAsSortingEachUsersUnseenItemsWould(int k)
    {
        Random random = new(k);
        ClickMatrix train = Sets.Random(random, 25, 40).FoldIn;
        ClickMatrix foldIn = Sets.Random(random, 13, 40).FoldIn;
        int[] users = [.. Enumerable.Range(0, 13)];
        int[] ranked = new int[13 * k];
        new PopularityRanker(train).Rank(foldIn, users, k, ranked);
        foreach (int user in users)
        {
            IEnumerable<int> expected = Enumerable.Range(0, 40).Where(item => !foldIn.ItemsOf(user).Contains(item))
                .OrderBy(item => (-Enumerable.Range(0, 25).Count(u => train.ItemsOf(u).Contains(item)), item))
                .Concat(Enumerable.Repeat(-1, k)).Take(k);
            Assert.Equal(expected, ranked[(user * k)..(user * k + k)]);
        }
    }

    [Fact]
    public void ItCountsUsersNotTheValuesOfClicks()
    {
        ClickMatrix train = new(2, [0, 2, 3], [0, 1, 1], values: [100, 1, 1]);
        Assert.Equal([1, 0], Sets.Rank(new PopularityRanker(train), Sets.Clicks(2, [[]]), 0, 2));
    }

    [Fact]
    public void WrongArgumentsAreNamed()
    {
        PopularityRanker ranker = new(Sets.Clicks(3, [0]));
        ClickMatrix foldIn = Sets.Clicks(3, [0], [1]);
        Assert.Throws<ArgumentException>("foldIn", () => ranker.Rank(Sets.Clicks(4, [0]), [0], 1, new int[1]));
        Assert.Throws<ArgumentException>("users", () => ranker.Rank(foldIn, [2], 1, new int[1]));
        Assert.Throws<ArgumentOutOfRangeException>("k", () => ranker.Rank(foldIn, [0], 0, []));
        Assert.Throws<ArgumentException>("ranked", () => ranker.Rank(foldIn, [0, 1], 2, new int[3]));
    }
}
