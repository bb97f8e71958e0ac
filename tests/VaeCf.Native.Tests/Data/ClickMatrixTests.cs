using VaeCf.Native.Data;

namespace VaeCf.Native.Tests.Data;

public class ClickMatrixTests
{
    [Fact]
    public void Rows_hold_items_values_and_times()
    {
        var matrix = new ClickMatrix(4, [0, 2, 2, 3], [1, 3, 0], [2, 5, 1], [7, 8, 9]);
        Assert.Equal((3, 4, 3L), (matrix.UserCount, matrix.ItemCount, matrix.ClickCount));
        Assert.Equal([1, 3], matrix.ItemsOf(0).ToArray());
        Assert.Equal([2f, 5f], matrix.ValuesOf(0).ToArray());
        Assert.Equal([9L], matrix.TimestampsOf(2).ToArray());
        Assert.Equal(0, matrix.CountOf(1));
        Assert.True(new ClickMatrix(4, [0, 1], [1]).ValuesOf(0).IsEmpty);
    }

    [Fact]
    public void Arrays_out_of_order_are_refused_with_the_user()
    {
        static string Error(Action action) => Assert.ThrowsAny<ArgumentException>(action).Message;
        Assert.Contains("row starts", Error(() => _ = new ClickMatrix(4, [0, 1], [1, 2])));
        Assert.Contains("user 1: row starts fall", Error(() => _ = new ClickMatrix(4, [0, 2, 1, 2], [1, 2])));
        Assert.Contains("user 1: item 4 is not in 0 … 3", Error(() => _ = new ClickMatrix(4, [0, 1, 2], [1, 4])));
        Assert.Contains("user 0: item 1 follows 1", Error(() => _ = new ClickMatrix(4, [0, 2], [1, 1])));
        Assert.Contains("value NaN of item 1", Error(() => _ = new ClickMatrix(4, [0, 1], [1], [float.NaN])));
        Assert.Contains("1 timestamps for 2 clicks", Error(() => _ = new ClickMatrix(4, [0, 2], [1, 2], null, [5])));
        Assert.Contains("itemCount", Error(() => _ = new ClickMatrix(-1, [0], [])));
    }

    [Fact]
    public void The_order_is_given_or_by_time_or_unknown()
    {
        var given = new ClickMatrix(4, [0, 3, 3, 4], [0, 1, 3, 2], null, null, [3, 0, 1, 2]);
        var timed = new ClickMatrix(4, [0, 3, 3, 4], [0, 1, 3, 2], null, [9, 5, 5, 0]);
        var both = new ClickMatrix(4, [0, 3], [0, 1, 3], null, [9, 5, 5], [3, 1, 0]);
        var unknown = new ClickMatrix(4, [0, 3], [0, 1, 3]);
        Assert.Equal([3, 0, 1], given.InOrder(0).ToArray());
        Assert.Equal((0, 2), (given.InOrder(1).Length, given.InOrder(2)[0]));
        Assert.Equal([1, 3, 0], timed.InOrder(0).ToArray());
        Assert.Equal([3, 1, 0], both.InOrder(0).ToArray());
        Assert.Equal([0, 1, 3], unknown.InOrder(0).ToArray());
        Assert.Equal((true, true, true, false), (given.HasOrder, timed.HasOrder, both.HasOrder, unknown.HasOrder));
    }

    [Fact]
    public void An_order_that_does_not_fit_the_clicks_is_refused()
    {
        static string Error(int[] inOrder, long[]? times = null) =>
            Assert.Throws<ArgumentException>(() =>
                _ = new ClickMatrix(4, [0, 2, 4], [0, 1, 0, 3], null, times, inOrder)).Message;
        Assert.Contains("3 items in order for 4 clicks", Error([0, 1, 0]));
        Assert.Contains("user 1: item 1 stands in the order; expected each of the user's items once",
            Error([1, 0, 1, 3]));
        Assert.Contains("user 0: item 1 stands in the order", Error([1, 1, 0, 3]));
        Assert.Contains("user 1: item 4 stands in the order", Error([0, 1, 0, 4]));
        Assert.Contains("user 1: item 0 of time 2 follows time 7 in the order", Error([0, 1, 3, 0], [1, 1, 2, 7]));
    }

    [Fact]
    public void The_order_of_one_user_takes_no_memory_for_every_item()
    {
        static ClickMatrix One(params int[] inOrder) => new(100_000, [0, 2], [1, 7], inOrder: inOrder);
        Assert.Equal([7, 1], One(7, 1).InOrder(0));
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = One(1, 7);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
        // What a wrong order left behind does not count for the next.
        Assert.Throws<ArgumentException>(() => One(1, 8));
        Assert.Throws<ArgumentException>(() => One(1, 1));
        Assert.Equal([7, 1], One(7, 1).InOrder(0));
    }

    [Fact]
    public void Taking_clicks_away_keeps_values_times_and_order()
    {
        var clicks = new ClickMatrix(5, [0, 4, 5], [0, 1, 2, 4, 3], [1, 2, 3, 4, 5], [7, 6, 6, 5, 0], [4, 2, 1, 0, 3]);
        ClickMatrix left = clicks.Without(new ClickMatrix(5, [0, 2, 3], [2, 3, 3]));
        Assert.Equal([0, 1, 4], left.ItemsOf(0).ToArray());
        Assert.Equal([1f, 2f, 4f], left.ValuesOf(0).ToArray());
        Assert.Equal([7L, 6L, 5L], left.TimestampsOf(0).ToArray());
        Assert.Equal([4, 1, 0], left.InOrder(0).ToArray());
        Assert.Equal(0, left.CountOf(1));
        var ordered = new ClickMatrix(5, [0, 3], [0, 1, 2], null, null, [2, 0, 1]);
        Assert.Equal([2, 1], ordered.Without(new ClickMatrix(5, [0, 1], [0])).InOrder(0).ToArray());
        Assert.False(new ClickMatrix(5, [0, 1], [0]).Without(new ClickMatrix(5, [0, 0], [])).HasOrder);
    }

    [Fact]
    public void Histories_say_what_users_did_in_order_and_who_they_are()
    {
        var clicks = new ClickMatrix(4, [0, 2, 2], [1, 3], null, [8, 7]);
        var histories = new Histories(clicks, new Vocabulary(["ann", "bob"]));
        Assert.Same(clicks, histories.Clicks);
        Assert.Equal([3, 1], histories.InOrder(0).ToArray());
        Assert.True(histories.InOrder(1).IsEmpty);
        Assert.Equal((true, "bob"), (histories.HasOrder, histories.Users![1]));
        Assert.Null(new Histories(clicks).Users);
        string message = Assert.Throws<ArgumentException>(() => new Histories(clicks, new Vocabulary(["ann"]))).Message;
        Assert.Contains("there are 1 users; expected 2", message);
    }

    [Fact]
    public void Vocabularies_find_numbers_and_text_and_refuse_repeats()
    {
        var numbers = new Vocabulary([5L, -7L]);
        var texts = new Vocabulary(["007", "x"]);
        Assert.Equal((0, 1, -1, -1),
            (numbers.IndexOf("5"), numbers.IndexOf(-7), numbers.IndexOf("x"), numbers.IndexOf(6)));
        Assert.Equal((0, 1, -1, -1), (texts.IndexOf("007"), texts.IndexOf("x"), texts.IndexOf("7"), texts.IndexOf(7)));
        Assert.Equal(("-7", "007"), (numbers[1], texts[0]));
        Assert.Contains("id 5 stands at 0 and at 1",
            Assert.Throws<ArgumentException>(() => new Vocabulary([5L, 5L])).Message);
        Assert.Contains("id 'a' stands at 0 and at 2",
            Assert.Throws<ArgumentException>(() => new Vocabulary(["a", "b", "a"])).Message);
    }
}
