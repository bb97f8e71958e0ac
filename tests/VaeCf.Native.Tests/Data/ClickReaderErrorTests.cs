using System.Text;
using VaeCf.Native.Data;

namespace VaeCf.Native.Tests.Data;

public sealed class ClickReaderErrorTests : IDisposable
{
    private const string Header = "userId,movieId,rating,timestamp\n";
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Error(byte[] bytes, ReadOptions? options = null)
    {
        string path = folder.File("clicks", bytes);
        string message = Assert.Throws<InputException>(() => ClickReader.Read(path, options)).Message;
        Assert.StartsWith(path, message);
        return message[path.Length..];
    }

    private string Error(string text, ReadOptions? options = null) => Error(Encoding.UTF8.GetBytes(text), options);

    [Theory]
    [InlineData(Header + "1,2,4,5\n1,2,x,5\n", ", line 3: found 'x'; expected a rating")]
    [InlineData(Header + "1,2,NaN,5\n", ", line 2: found 'NaN'; expected a rating")]
    [InlineData(Header + "1,2,1e99,5\n", ", line 2: found '1e99'; expected a rating")]
    [InlineData(Header + "1,2,4,soon\n", ", line 2: found 'soon'; expected a timestamp")]
    [InlineData(Header + "1,2,4,\n", ", line 2: found ''; expected a timestamp")]
    [InlineData(Header + "1,2,4,5\n1,2,4\n",
        ", line 3: found 3 fields; expected 4: userId, movieId, rating, timestamp")]
    [InlineData(Header + "1,2,4,5,6\n", ", line 2: found 5 fields; expected 4")]
    [InlineData(Header + ",2,4,5\n", ", line 2: found an empty field; expected an id")]
    [InlineData(Header + "1,2,4,5\n\n1,3,4,5\n", ", line 3: found a blank line; expected a record")]
    [InlineData(Header + "1,\"2,4,5\n", ", line 2: found a quote that is never closed")]
    [InlineData(Header + "1,\"2\"x,4,5\n", ", line 2: found 'x' after a closing quote")]
    [InlineData("1::2::4::5\n1::2::4\n", ", line 2: found 3 fields; expected 4: user 1, item 2, rating 3, time 4")]
    public void A_malformed_line_is_named_with_what_stood_there(string text, string expected) =>
        Assert.StartsWith(expected, Error(text, new() { MinRating = 1, KeepTimestamps = true }));

    [Theory]
    [InlineData("", ": the file is empty")]
    [InlineData("\uFEFF", ": the file is empty")]
    [InlineData("\n\n", ": the file holds nothing but blank lines")]
    [InlineData(Header, ": no clicks in the file")]
    [InlineData("1\n2\n", ": no clicks in the file")]
    [InlineData("movieId,title\n1,2\n",
        ", line 1: found the columns movieId, title; expected a user and an item column")]
    [InlineData("1,2,3,x\n", ", line 1: found '1,2,3,x'; expected a layout that is known")]
    [InlineData("some words here\n", ", line 1: found 'some words here'; expected a layout that is known")]
    [InlineData("uid,user,sid\n1,2,3\n", ", line 1: found the columns uid, user, sid; expected one user column")]
    public void A_file_without_clicks_or_of_unknown_layout_is_refused(string text, string expected) =>
        Assert.StartsWith(expected, Error(text));

    [Fact]
    public void A_missing_column_is_named()
    {
        Assert.Contains("no rating column (user uid, item sid)", Error("uid,sid\n1,2\n", new() { MinRating = 4 }));
        Assert.Contains("no timestamp column (user uid, item sid)",
            Error("uid,sid\n1,2\n", new() { KeepTimestamps = true }));
        Assert.Contains("expected a column 'movie' for the item",
            Error("uid,sid\n1,2\n", new() { ItemColumn = "movie" }));
        Assert.Contains("expected a column 'rating' for the rating",
            Error("userId,movieId\n1,2\n", new() { Format = ClickFormat.MovieLensCsv }));
        Assert.Contains("expected user, item, and perhaps a rating or count and a time, with '::' between them",
            Error("1,2,3,4,5\n", new() { Format = ClickFormat.RatingsDat }));
    }

    [Fact]
    public void A_count_of_zero_is_no_click_and_a_value_of_zero_is_refused_unless_a_least_one_drops_it()
    {
        ReadReport counts = ClickReader.Read(folder.File("counts", "user,item,count\n1,2,1\n1,3,0\n")).Report;
        Assert.Equal((2, 1, ClickValues.Counts), (counts.Rows, counts.BelowMinRating, counts.Values));
        const string ratings = "user,item,rating\n1,2,1\n1,3,0\n";
        Assert.Contains("line 3: found '0'; expected a count above 0", Error(ratings, new() { KeepCounts = true }));
        Assert.Contains("line 2: found '1e16'; expected a count above 0 and at most 1E+15",
            Error("user,item,plays\n1,2,1e16\n", new() { KeepCounts = true }));
        Assert.Contains(", user 0, item 0: found a click that counts 1.8E+15; expected at most 1E+15",
            Error("user,item,plays\n1,2,9e14\n1,2,9e14\n", new() { KeepCounts = true }));
        string path = folder.File("ratings", ratings);
        Assert.Equal(1, ClickReader.Read(path, new() { KeepCounts = true, MinRating = 1 }).Matrix.ClickCount);
    }

    [Fact]
    public void A_gzip_file_cut_short_anywhere_is_refused()
    {
        var random = new Random(1);
        byte[] whole = TempFolder.Gzip("uid,sid\n"
            + string.Concat(Enumerable.Range(0, 20_000).Select(_ => $"{random.Next(1000)},{random.Next(1000)}\n")));
        foreach (int cut in (int[])[1, 4, 8, 9, 1000, whole.Length / 2, whole.Length - 19, whole.Length - 3])
            Assert.Contains("cut short", Error(whole[..^cut]));
        whole[^6] ^= 0x55; // in the checksum
        Assert.Contains("damaged", Error(whole));
    }

    [Fact]
    public void A_binary_file_is_refused_at_its_first_zero_byte()
    {
        Assert.StartsWith(", line 1: found a zero byte; expected text in UTF-8",
            Error([0x89, (byte)'P', (byte)'N', (byte)'G', 0, 1, 2]));
        Assert.StartsWith(", line 3: found a zero byte", Error("uid,sid\n1,2\n1,\0\n"));
        Assert.StartsWith(", line 3: found a zero byte", Error(TempFolder.Gzip("uid,sid\n1,2\n1,\0\n")));
        Assert.StartsWith(", line 2: found '1\uFFFD'; expected UTF-8 text",
            Error([.. "uid,sid\n"u8, (byte)'1', 0xFF, .. ",2\n"u8]));
    }

    [Fact]
    public void A_missing_file_or_a_folder_is_refused()
    {
        Assert.Contains("no such file",
            Assert.Throws<InputException>(() => ClickReader.Read(Path.Combine(folder.Path, "none"))).Message);
        Assert.Contains("found a folder without files",
            Assert.Throws<InputException>(() => ClickReader.Read(folder.Path)).Message);
    }
}
