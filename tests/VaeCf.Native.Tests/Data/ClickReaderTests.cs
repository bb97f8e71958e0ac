using System.Globalization;
using System.Text;
using VaeCf.Native.Data;

namespace VaeCf.Native.Tests.Data;

public sealed class ClickReaderTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    private ClickData Read(string text, ReadOptions? options = null) =>
        ClickReader.Read(folder.File("clicks", text), options);

    // "user:item item; user:item" with original ids, in the order of the matrix.
    private static string Show(ClickData data) =>
        string.Join("; ", Enumerable.Range(0, data.Matrix.UserCount).Select(user => $"{data.Users[user]}:"
            + string.Join(' ', data.Matrix.ItemsOf(user).ToArray().Select(item => data.Items[item]))));

    [Theory]
    [InlineData(ClickFormat.MovieLensCsv, "userId,movieId,rating,timestamp\n1,30,4.0,100\n1,10,4.5,101\n3,30,5,99\n")]
    [InlineData(ClickFormat.RatingsDat, "1::30::4::100\n1::10::4.5::101\n3::30::5::99\n")]
    [InlineData(ClickFormat.RatingsDat, "1::30::4\n1::10::4.5\n3::30::5\n")]
    [InlineData(ClickFormat.UData, "1\t30\t4\t100\n1\t10\t4\t101\n3\t30\t5\t99\n")]
    [InlineData(ClickFormat.Pairs, "uid,sid\n1,30\n1,10\n3,30\n")]
    [InlineData(ClickFormat.Pairs, "sid,uid\n30,1\n10,1\n30,3\n")]
    [InlineData(ClickFormat.Adjacency, "1 30 10\n3 30\n")]
    [InlineData(ClickFormat.Adjacency, "1  30 10 \r\n3 30")]
    [InlineData(ClickFormat.Delimited, "User_ID\tAnime_ID\tFeedback\n1\t30\t4\n1\t10\t4\n3\t30\t4\n")]
    [InlineData(ClickFormat.Delimited, "userID;artistID;weight\n1;30;4\n1;10;4\n3;30;4\n")]
    [InlineData(ClickFormat.Delimited, "weight|item_id|user_id\n4|30|1\n4|10|1\n4|30|3\n")]
    [InlineData(ClickFormat.Delimited, "user item rating\n1 30 4\n1 10 4\n3 30 4\n")]
    [InlineData(ClickFormat.Delimited, "UserID::MovieID::Rating\n1::30::4\n1::10::4\n3::30::4\n")]
    public void Every_layout_is_detected_and_can_be_told(ClickFormat format, string text)
    {
        ClickData detected = Read(text), told = Read(text, new() { Format = format });
        Assert.Equal(format, detected.Report.Format);
        Assert.Equal(format, told.Report.Format);
        Assert.Equal("1:10 30; 3:30", Show(detected));
        Assert.Equal("1:10 30; 3:30", Show(told));
        Assert.Equal(3, detected.Report.Rows);
        Assert.False(detected.Matrix.HasValues || detected.Matrix.HasTimestamps);
    }

    [Fact]
    public void Told_adjacency_takes_any_space_and_any_ids() =>
        Assert.Equal("10:bob; ann:a b", Show(Read("ann\tb a\n10  bob\n", new() { Format = ClickFormat.Adjacency })));

    [Fact]
    public void Adjacency_with_counts_takes_the_line_for_the_user()
    {
        ClickData data = Read("2 10 30\n0\n1 30\n", new() { Format = ClickFormat.CountedAdjacency });
        Assert.Equal("0:10 30; 2:30", Show(data));
        Assert.Equal(1, data.Report.UsersWithoutClicks);
        Assert.Equal(ClickFormat.CountedAdjacency, Read("2 10 30\n1 7\n2 7 30\n").Report.Format);
        var error = Assert.Throws<InputException>(
            () => Read("2 10 30\n3 30\n", new() { Format = ClickFormat.CountedAdjacency }));
        Assert.Contains("line 2: found '3' before 1 items", error.Message);
    }

    [Theory]
    [InlineData("\uFEFFuid,sid\n1,2\n")]
    [InlineData("uid,sid\r\n1,2\r\n")]
    [InlineData("uid,sid\n1,2")]
    [InlineData("uid,sid\r\n1,2\r\n\r\n\r\n")]
    [InlineData("uid,sid\n1,2\n  \n")]
    [InlineData("\"uid\",\"sid\"\n\"1\",\"2\"\r\n")]
    [InlineData("uid, sid\n1, 2\n")]
    [InlineData("uid,sid\n1,2\n1,2\n1,2\n")]
    public void Marks_line_ends_quotes_and_blank_ends_change_nothing(string text) =>
        Assert.Equal("1:2", Show(Read(text)));

    [Fact]
    public void Quoted_fields_hold_delimiters_line_ends_and_quotes()
    {
        ClickData data = Read("user,item,note\n\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\"\nc,\"\"\"\",\n");
        Assert.Equal("a,b:say \"hi\"; c:\"", Show(data));
        var error = Assert.Throws<InputException>(() => Read("user,item\na,\"x\ny\"\nb\n"));
        Assert.Contains("line 4: found 1 field", error.Message);
    }

    [Fact]
    public void A_tab_separated_file_keeps_its_quotes() =>
        Assert.Equal("\"a\":\"b", Show(Read("user\titem\n\"a\"\t\"b\n")));

    [Theory]
    [InlineData("uid,sid\n10,1\n9,1\n-3,1\n", "-3:1; 9:1; 10:1")]
    [InlineData("uid,sid\n10,1\n007,1\n7,1\n", "007:1; 10:1; 7:1")]
    [InlineData("uid,sid\nbob,1\n10,x\nÄrger,1\n", "10:x; bob:1; Ärger:1")]
    [InlineData("uid,sid\n9223372036854775807,1\n-9223372036854775808,1\n",
        "-9223372036854775808:1; 9223372036854775807:1")]
    [InlineData("uid,sid\n9223372036854775808,1\n5,1\n", "5:1; 9223372036854775808:1")]
    public void Ids_are_numbers_until_one_is_not(string text, string expected) =>
        Assert.Equal(expected, Show(Read(text)));

    [Fact]
    public void Row_order_changes_nothing()
    {
        string[] rows = ["5,1,3,10", "5,2,4,11", "1,2,5,12", "1,9,4,13", "5,1,4,14"];
        var options = new ReadOptions { KeepCounts = true, KeepTimestamps = true };
        string Everything(IEnumerable<string> lines)
        {
            ClickData data = Read("userId,movieId,rating,timestamp\n" + string.Join('\n', lines), options);
            return Show(data) + string.Join(',', data.Matrix.ValuesOf(1).ToArray())
                + string.Join(',', data.Matrix.TimestampsOf(1).ToArray());
        }
        Assert.Equal("1:2 9; 5:1 27,414,11", Everything(rows));
        Assert.Equal(Everything(rows), Everything(rows.Reverse()));
    }

    [Fact]
    public void Repeated_pairs_are_one_click_with_summed_counts_and_the_latest_time()
    {
        const string text = "user,item,count,time\n1,7,2,50\n1,8,1,10\n1,7,3,40\n";
        ClickData binary = Read(text), counts = Read(text, new() { KeepCounts = true, KeepTimestamps = true });
        Assert.Equal((3, 1, 2), (binary.Report.Rows, binary.Report.Repeated, binary.Matrix.ClickCount));
        Assert.False(binary.Matrix.HasValues);
        Assert.Equal([5f, 1f], counts.Matrix.ValuesOf(0).ToArray());
        Assert.Equal([50L, 10L], counts.Matrix.TimestampsOf(0).ToArray());
        Assert.Equal([2f], Read("uid,sid\n1,7\n1,7\n", new() { KeepCounts = true }).Matrix.ValuesOf(0).ToArray());
    }

    [Fact]
    public void Ratings_below_the_least_are_dropped_and_counted()
    {
        ClickData data = Read(
            "userId,movieId,rating,timestamp\n1,1,3.5,0\n1,2,4,0\n2,3,0.5,0\n1,1,2,0\n", new() { MinRating = 3.5f });
        Assert.Equal("1:1 2", Show(data));
        Assert.Equal((4L, 2L, 0L, 1, 1), (data.Report.Rows, data.Report.BelowMinRating, data.Report.Repeated,
            data.Report.UsersWithoutClicks, data.Report.ItemsWithoutClicks));
        var error = Assert.Throws<InputException>(() => Read("uid,sid,count\n1,1,3\n", new() { MinRating = 4 }));
        Assert.EndsWith("no clicks are left: counts from 3 to 3: those of at least 4 are clicks, 0 % of the rows",
            error.Message);
    }

    [Fact]
    public void Places_in_an_adjacency_line_are_its_timestamps() =>
        Assert.Equal([2L, 0L, 3L],
            Read("1 30 10 10 40\n", new() { KeepTimestamps = true }).Matrix.TimestampsOf(0).ToArray());

    [Fact]
    public void Columns_and_delimiter_can_be_told()
    {
        var options = new ReadOptions
        {
            Delimiter = "~",
            UserColumn = "WHO",
            ItemColumn = "what",
            RatingColumn = "stars",
            TimestampColumn = "day",
            MinRating = 2,
            KeepTimestamps = true,
        };
        ClickData data = Read("who~what~stars~day~user\na~b~2~5~x\na~c~1~6~x\n", options);
        Assert.Equal("a:b", Show(data));
        Assert.Equal([5L], data.Matrix.TimestampsOf(0).ToArray());
        Assert.Throws<ArgumentException>(() => Read("uid,sid\n1,1\n", options with { Format = ClickFormat.Pairs }));
        Assert.Throws<ArgumentException>(() => Read("uid,sid\n1,1\n", new() { Delimiter = "\"" }));
        Assert.Throws<ArgumentException>(() => Read("uid,sid\n1,1\n", new() { MinRating = float.NaN }));
    }

    [Fact]
    public void One_user_and_one_item_make_a_matrix_of_one() =>
        Assert.Equal((1, 1), (Read("1 1\n").Matrix.UserCount, Read("1 1\n").Matrix.ItemCount));

    [Fact]
    public void A_user_without_items_is_counted_and_left_out()
    {
        ClickData data = Read("1 5\n2\n3 5\n");
        Assert.Equal("1:5; 3:5", Show(data));
        Assert.Equal(1, data.Report.UsersWithoutClicks);
    }

    [Fact]
    public void Gzip_is_told_by_its_first_bytes() =>
        Assert.Equal("1:2", Show(ClickReader.Read(folder.File("clicks.csv", TempFolder.Gzip("uid,sid\n1,2\n")))));

    // Larger than the buffer several times over, so that records of every kind lie across its end.
    [Theory]
    [InlineData(",", true)]
    [InlineData("::", false)]
    [InlineData("\t", false)]
    public void Long_files_are_read_whole(string delimiter, bool quoted)
    {
        const int rows = 150_000;
        var text = new StringBuilder($"user{delimiter}item{delimiter}rating{delimiter}note\n");
        var expected = new SortedDictionary<int, SortedSet<int>>();
        for (int i = 0; i < rows; i++)
        {
            int user = (int)(i * 2654435761 % 5003), item = (int)(i * 40503L % 30011);
            expected.TryAdd(user, []);
            expected[user].Add(item);
            string id = quoted && i % 3 == 0 ? $"\"{item}\"" : item.ToString(CultureInfo.InvariantCulture);
            text.Append(user).Append(delimiter).Append(id).Append(delimiter).Append("4.5").Append(delimiter)
                .Append(quoted && i % 7 == 0 ? "\"a, \"\"b\"\"\n c\"" : "x:y").Append(i % 5 == 0 ? "\r\n" : "\n");
        }
        Assert.True(text.Length > 2 << 20);
        ClickData data = Read(text.ToString(), new() { MinRating = 4.5f });
        Assert.Equal(rows, data.Report.Rows);
        Assert.Equal(string.Join("; ", expected.Select(user => $"{user.Key}:{string.Join(' ', user.Value)}")),
            Show(data));
    }

    [Fact]
    public void A_line_may_be_longer_than_the_buffer()
    {
        int[] items = [.. Enumerable.Range(1_000_000, 300_000)];
        ClickData data = Read("7 " + string.Join(' ', items) + "\n8 1000000\n");
        Assert.Equal((2, 300_000, 300_001L), (data.Matrix.UserCount, data.Matrix.ItemCount, data.Matrix.ClickCount));
        Assert.Equal(300_000, data.Matrix.CountOf(0));
    }
}
