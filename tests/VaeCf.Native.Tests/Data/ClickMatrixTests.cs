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
    public void Vocabularies_find_numbers_and_text_and_refuse_repeats()
    {
        var numbers = new Vocabulary([5L, -7L]);
        var texts = new Vocabulary(["007", "x"]);
        Assert.Equal((0, 1, -1, -1), (numbers.IndexOf("5"), numbers.IndexOf(-7), numbers.IndexOf("x"), numbers.IndexOf(6)));
        Assert.Equal((0, 1, -1, -1), (texts.IndexOf("007"), texts.IndexOf("x"), texts.IndexOf("7"), texts.IndexOf(7)));
        Assert.Equal(("-7", "007"), (numbers[1], texts[0]));
        Assert.Contains("id 5 stands at 0 and at 1", Assert.Throws<ArgumentException>(() => new Vocabulary([5L, 5L])).Message);
        Assert.Contains("id 'a' stands at 0 and at 2", Assert.Throws<ArgumentException>(() => new Vocabulary(["a", "b", "a"])).Message);
    }
}
