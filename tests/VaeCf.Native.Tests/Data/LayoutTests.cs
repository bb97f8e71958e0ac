using System.IO.Compression;
using System.Text;
using VaeCf.Native.Data;

namespace VaeCf.Native.Tests.Data;

/// <summary>What a file of clicks is taken for, and what it says when that is not clear.</summary>
public sealed class LayoutTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    private ClickData Read(string text, ReadOptions? options = null) =>
        ClickReader.Read(folder.File("clicks", text), options ?? new() { KeepOrder = true, LeastLiked = 4 });

    // "user:item@time item@time; …", oldest first.
    private static string Show(ClickData data) => string.Join("; ", Enumerable.Range(0, data.Matrix.UserCount)
        .Select(user => $"{data.Users[user]}:" + string.Join(' ', data.Matrix.InOrder(user).ToArray().Select(item =>
            data.Items[item] + (data.Matrix.HasTimestamps
                ? $"@{data.Matrix.TimestampsOf(user)[data.Matrix.ItemsOf(user).IndexOf(item)]}" : "")))));

    [Theory]
    [InlineData("1 7 4\n1 8 0.5\n2 7 5\n", "1:7; 2:7")]                           // a decimal point
    [InlineData("1  7  4\n1  8  1\n2  7  5\n", "1:7; 2:7")]                       // users come again
    [InlineData("1 7 8\n2 8 9\n", "1:7 8; 2:8 9")]                                // a user a line
    [InlineData("1 7 8\n1 9\n2 8 9\n", "1:7 8 9; 2:8 9")]                         // lines of different lengths
    [InlineData("ann 7 4 10\nann 8 5 9\nbob 7 3 8\n", "ann:8@9 7@10")]            // with times
    [InlineData("ann,7,4\nbob,8,1\nbob,7,5\n", "ann:7; bob:7")]
    [InlineData("ann;7;4,5\nbob;8;1,5\nbob;7;5,0\n", "ann:7; bob:7")]             // a decimal comma
    [InlineData("ann|7|978304835\nann|8|978304834\n", "ann:8@978304834 7@978304835")]
    [InlineData("ann,7,2001-01-01\nann,8,2000-12-31\n", "ann:8@978220800 7@978307200")]
    [InlineData("ann\tsong1\t1\nann\tsong2\t31\nbob\tsong1\t2\n", "ann:song1 song2; bob:song1")]
    [InlineData("ann,7\nbob,8\n4,8\n", "4:8; ann:7; bob:8")]
    [InlineData("user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t7\t4\t20.0\n1\t8\t5.0\t1e1\n",
        "1:8@10 7@20")]
    [InlineData("\"User-ID\";\"ISBN\";\"Book-Rating\"\n\"1\";\"0x\";\"0\"\n\"1\";\"1x\";\"9\"\n", "1:1x")]
    [InlineData("{\"user\":\"a\\u0062\",\"item\":7,\"stars\":5}\n{\"stars\":1,\"item\":8,\"user\":\"ab\"}\n", "ab:7")]
    [InlineData("7:\n1,5,2005-09-06\n2,3,2005-09-07\n8:\n1,4,2005-09-05\n", "1:8@1125878400 7@1125964800")]
    [InlineData("ann\t7,20:8,10\nbob\t8,5\n", "ann:8@10 7@20; bob:8@5")]
    [InlineData("user,item,note\n1,7,\"say \\\"hi\\\", he said\"\n1,8,x\n", "1:7 8")]
    [InlineData("user,item\r1,7\r2,8\r", "1:7; 2:8")]
    [InlineData("user,item,plays\n1,7,1\n1,8,0\n1,9,3\n", "1:7 9")]
    public void The_first_lines_say_the_layout(string text, string expected) =>
        Assert.Equal(expected, Show(Read(text)));

    [Theory]
    [InlineData("1,7,play,1.0,0\n", "a layout that is known")]
    [InlineData("visitor,venue,stars\n1,7,4\n", "a user and an item column with common names, or their names")]
    [InlineData("1 700 40\n1 800 41\n", "specify the format, adjacency or headerless")]
    [InlineData("1 7 8\n1 9\n2 8 4.5\n", "as '2 8 4.5' further down seems to be")]
    [InlineData("<html><body>404</body></html>", "found a web page")]
    [InlineData("BZh91AY&SY", "found a bzip2 file")]
    [InlineData("PAR1....", "found a Parquet file")]
    [InlineData("[\n{\"user\":1}]", "found a JSON array")]
    [InlineData("{\"user\":1,\"item\":2}\n{\"user\":1\n", "line 2: found '{\"user\":1'; expected a JSON object")]
    [InlineData("{\"user\":1,\"item\":2}\n{\"user\":{\"id\":1},\"item\":2}\n", "expected text or a number as 'user'")]
    [InlineData("user,item,date\n1,2,2020-01-01\n1,3,31.12.2020\n", "expected a timestamp")]
    public void What_is_not_clear_is_said(string text, string expected)
    {
        string path = folder.File("clicks", text);
        var options = new ReadOptions { KeepOrder = true, TimestampColumn = text.Contains("date") ? "date" : null };
        Assert.Contains(expected, Assert.Throws<InputException>(() => ClickReader.Read(path, options)).Message);
    }

    [Fact]
    public void A_line_that_contradicts_the_first_ones_is_named_with_the_layout()
    {
        string Error(string line)
        {
            string lines = string.Concat(Enumerable.Range(0, 1200).Select(user => $"{user} 7 8\n"));
            InputException e = Assert.Throws<InputException>(() => Read(lines + line));
            Assert.Equal(nameof(ReadOptions.Format), e.Remedy);
            return e.Message;
        }
        Assert.EndsWith("line 1201: found '4.5'; expected whole numbers, an item each "
            + "(the layout adjacency that the first lines have)", Error("5000 4 4.5\n"));
    }

    [Fact]
    public void Columns_may_be_given_by_number_and_a_header_is_passed()
    {
        var options = new ReadOptions { UserColumn = "1", ItemColumn = "2", RatingColumn = "", TimestampColumn = "" };
        Assert.Equal("9:a,b c", Show(Read("9,\"a,b\",play,1.0,0\n9,c,play,2.0,0\n", options)));
        Assert.Equal("9:c", Show(Read("who,what,how\n9,c,2\n", options)));
        Assert.Equal("c:9", Show(Read("9,c,2\n", options with { UserColumn = "2", ItemColumn = "1" })));
        InputException e = Assert.Throws<InputException>(() => Read("9,c\n", options with { ItemColumn = "3" }));
        Assert.EndsWith("line 1: found 2 fields; expected a column 3", e.Message);
        Assert.Contains("the column 1 given twice",
            Assert.Throws<InputException>(() => Read("9,c\n", options with { ItemColumn = "1" })).Message);
    }

    [Fact]
    public void The_report_says_what_was_decided()
    {
        string Report(string text) => $"{Read(text).Report with { File = "f" }}".ReplaceLineEndings("\n");
        Assert.Equal("f, layout delimited: user user, item item, rating stars; not used: note\n"
            + "  ratings from 1 to 5: those of at least 4 are clicks, 50 % of the rows\n  rows: 2\n"
            + "  below min rating: 1\n  items without clicks: 1", Report("user,item,note,stars\n1,7,x,5\n1,8,y,1\n"));
        Assert.Equal("f, layout headerless: user 1, item 2, count 3\n"
            + "  counts from 1 to 40: those above 0 are clicks, 100 % of the rows\n  rows: 3",
            Report("1,7,1\n2,7,40\n3,7,2\n"));
    }

    [Fact]
    public void A_record_over_many_lines_is_said()
    {
        string rows = string.Concat(Enumerable.Range(0, 30).Select(i => $"{i},7,x\n"));
        string text = "user,item,note\n1,7,\"open\n" + rows + "2,8,end\"\n3,9,\"two\nlines\"\n";
        ClickData data = Read(text);
        Assert.Equal((2L, 32L), data.Report.LongestRecord);
        Assert.Contains("from line 2 on, 32 lines are one record, between quotes", $"{data.Report}");
        Assert.Null(Read("user,item,note\n1,7,\"a\nb\"\n").Report.LongestRecord);
    }

    [Theory]
    [InlineData(Repeats.Merge, "1:7@1 8@3", 2)]
    [InlineData(Repeats.First, "1:7@1 8@2", 2)]
    [InlineData(Repeats.Latest, "1:8@3", 2)]
    [InlineData(Repeats.Sum, "1:8@3 7@4", 2)]
    [InlineData(Repeats.Drop, "", 4)]
    public void Repeats_are_a_choice(Repeats repeats, string expected, long repeated)
    {
        // 7 was liked and then no more; 8 was liked twice; 9 never.
        const string text = "user,item,rating,time\n1,7,1,4\n1,7,5,1\n1,8,4,2\n1,8,5,3\n1,9,2,1\n2,9,5,1\n";
        ClickData data = Read(text, new() { KeepOrder = true, MinRating = 4, Repeats = repeats });
        Assert.Equal(expected + (expected == "" ? "2:9@1" : "; 2:9@1"), Show(data));
        Assert.Equal(repeats == Repeats.Merge ? 1 : repeated, data.Report.Repeated);
        Assert.False(Read(text, new() { MinRating = 4, Repeats = repeats }).Matrix.HasOrder);
        ClickMatrix kept = Read(text, new() { MinRating = 4, KeepCounts = true, Repeats = repeats }).Matrix;
        float[] values = repeats switch
        {
            Repeats.Merge => [5, 9],
            Repeats.First => [5, 4],
            Repeats.Latest => [5],
            Repeats.Sum => [6, 9],
            _ => [5],
        };
        Assert.Equal(values, kept.ValuesOf(0).ToArray());
    }

    [Theory]
    [InlineData("{\"user\":\"\\ud800\",\"item\":\"a\"}\n", "line 1: found '\\ud800'; expected text that is Unicode")]
    [InlineData("{\"user\":\"u\",\"item\":\"a\"}\n{\"user\":\"u\",\"\\ud800\":1}\n", "line 2: found")]
    [InlineData("user,item\n1,7\nuser,item\n2,8\n", "line 3: found the header again; expected a click")]
    [InlineData("# a comment\nuser,item\n1,7\n", "take comments and the like out of the file")]
    [InlineData("sep=;\nuser;item\n1;7\n", "take comments and the like out of the file")]
    [InlineData("\nuser,item\n1,7\n", "line 1: found a blank line")]
    [InlineData("1 7 8\r2 7 9\n3 7 8\n4 7 8\n", "line 1: found a carriage return within a line")]
    [InlineData("2020-01-01,7,4\n2020-01-02,8,5\n", "a layout that is known")]
    [InlineData("u1,i1,\"1,234\"\nu2,i1,\"2,345\"\n", "line 1: found '1,234'; expected a rating or count")]
    public void What_only_looks_like_clicks_is_refused(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<InputException>(
            () => Read(text, new() { KeepCounts = true, KeepOrder = true })).Message);

    [Fact]
    public void Lines_that_were_taken_for_adjacency_are_refused_when_a_user_comes_again()
    {
        string lines = string.Concat(Enumerable.Range(0, 1500).Select(i => $"{i % 1200} {i % 7} {i % 5 + 1}\n"));
        Assert.Contains("line 1201: found user 0 again; expected a line for each user; if the lines are user, item and "
            + "rating, specify the format headerless", Assert.Throws<InputException>(() => Read(lines)).Message);
        Assert.Equal(["headerless: user 1, item 2, time 3"], ((string[])[string.Concat(
            Enumerable.Range(0, 9).Select(i => $"{i} {i % 3} {978300000 + i}\n"))])
            .Select(text => Read(text).Report).Select(report => $"{report.Format.ToString().ToLowerInvariant()}: "
                + report.Columns));
    }

    [Fact]
    public void Pairs_between_spaces_are_in_the_order_of_the_file()
    {
        ClickData data = Read("1 9\n2 4\n1 4\n1 7 2\n2 9\n", new() { KeepTimestamps = true });
        Assert.Equal("1:9@0 4@2 7@3 2@4; 2:4@1 9@5", Show(data));
    }

    [Fact]
    public void Keys_of_any_of_the_first_objects_are_columns()
    {
        const string later = "{\"user\":1,\"item\":7}\n{\"user\":1,\"item\":8,\"rating\":5}\n";
        Assert.Equal("user user, item item, rating rating", Read(later, new()).Report.Columns);
        Assert.Contains("line 1: found ''; expected a rating",
            Assert.Throws<InputException>(() => Read(later)).Message);
        string many = string.Join(',', Enumerable.Range(0, 3000).Select(i => $"\"k{i}\":{i}"));
        Assert.Equal("1:7", Show(Read(string.Concat(Enumerable.Repeat($"{{{many},\"user\":1,\"item\":7}}\n", 50)))));
    }

    [Fact]
    public void Sums_that_no_number_holds_are_refused()
    {
        const string text = "user,item,plays\n1,2,3e38\n1,2,3e38\n";
        Assert.Contains("found rows of one user and item that add up to more than 1E+15",
            Assert.Throws<InputException>(() => Read(text, new() { Repeats = Repeats.Sum })).Message);
        Assert.Equal("1:2", Show(Read(text)));
    }

    [Fact]
    public void A_folder_is_read_as_the_parts_of_one_file()
    {
        using var parts = new TempFolder();
        parts.File("part-1.csv", "user,item\n1,7\n");
        parts.File("part-0.csv", TempFolder.Gzip("user,item\n1,8\n"));
        parts.File("_SUCCESS", "");
        Assert.Equal("1:8 7", Show(ClickReader.Read(parts.Path, new() { KeepOrder = true })));
        parts.File("part-2.csv", "");
        parts.File("part-3.csv", "item,user\n9,1\n");
        Assert.Equal("1:8 7 9", Show(ClickReader.Read(parts.Path, new() { KeepOrder = true })));
        using var counted = new TempFolder();
        counted.File("a", "1 7\n");
        counted.File("b", "1 8\n");
        Assert.Contains("found the columns a user and its items", Assert.Throws<InputException>(() => ClickReader.Read(
            counted.Path, new() { Format = ClickFormat.CountedAdjacency })).Message);
        string other = parts.File("part-2.csv", "user,movie\n1,8\n");
        Assert.Contains($"{other}: found the columns user user, item movie; expected user user, item item, as in",
            Assert.Throws<InputException>(() => ClickReader.Read(parts.Path)).Message);
        parts.File("readme.txt", "x");
        Assert.Contains("found a folder with part-0.csv and readme.txt",
            Assert.Throws<InputException>(() => ClickReader.Read(parts.Path)).Message);
    }

    private static byte[] Zip(params (string Name, string Text)[] files)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create))
            foreach ((string name, string text) in files)
            {
                using var writer = new StreamWriter(zip.CreateEntry(name).Open());
                writer.Write(text);
            }
        return bytes.ToArray();
    }

    private static byte[] Stored(string text)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create))
        using (Stream entry = zip.CreateEntry("clicks", CompressionLevel.NoCompression).Open())
            entry.Write(Encoding.UTF8.GetBytes(text));
        return bytes.ToArray();
    }

    // A stream that cannot seek and gives a byte at a time.
    private sealed class Pipe(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(1, buffer.Length)]);
    }

    [Fact]
    public void A_zip_archive_of_one_file_is_read_also_through_a_pipe()
    {
        byte[] one = Zip(("ml/", ""), ("ml/ratings.csv", "user,item\n1,7\n"), ("__MACOSX/ml/._ratings.csv", "x"));
        Assert.Equal("1:7", Show(ClickReader.Read(folder.File("z", one))));
        Assert.Equal("1:7", Show(ClickReader.Read(new Pipe(one))));
        Assert.Equal("1:7", Show(ClickReader.Read(new Pipe(TempFolder.Gzip("user,item\n1,7\n")))));
        string Error(byte[] bytes) =>
            Assert.Throws<InputException>(() => ClickReader.Read(folder.File("z", bytes))).Message;
        Assert.Contains("found a zip archive of 2 files (a, b)", Error(Zip(("a", ""), ("b", ""))));
        Assert.Contains("found a spreadsheet", Error(Zip(("[Content_Types].xml", ""), ("b", ""))));
        Assert.Contains("the zip data is damaged", Error(one[..^30]));
        Assert.Contains("found an empty zip archive", Error(Zip()));
        Assert.Contains("found packed data in packed data", Error(TempFolder.Gzip(Encoding.Latin1.GetString(one))));
        byte[] stored = Stored("user,item\n1,7\n");
        Assert.Equal("1:7", Show(ClickReader.Read(folder.File("z", stored))));
        stored[stored.AsSpan().IndexOf("1,7"u8)] = (byte)'2';
        Assert.Contains("the zip data is damaged", Error(stored));
    }

    [Fact]
    public void Encodings_are_told_by_their_marks_or_given()
    {
        const string text = "user,item\nJürgen,Über\n";
        foreach (Encoding marked in (Encoding[])[Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32])
            Assert.Equal("Jürgen:Über",
                Show(ClickReader.Read(folder.File("e", [.. marked.GetPreamble(), .. marked.GetBytes(text)]))));
        string latin = folder.File("l", Encoding.Latin1.GetBytes(text));
        Assert.Equal("Jürgen:Über", Show(ClickReader.Read(latin, new() { Encoding = Encoding.Latin1 })));
        InputException e = Assert.Throws<InputException>(() => ClickReader.Read(latin));
        Assert.Equal(nameof(ReadOptions.Encoding), e.Remedy);
        Assert.Equal("2:3", Show(ClickReader.Read(folder.File("m", [0xEF, 0xBB, 0xBF, .. "2,3\n4,3\n"u8]),
            new() { Encoding = Encoding.Latin1 })).Split(';')[0]);
        string plain = folder.File("u", Encoding.Unicode.GetBytes(text));
        Assert.Equal(nameof(ReadOptions.Encoding),
            Assert.Throws<InputException>(() => ClickReader.Read(plain)).Remedy);
        Assert.Equal("Jürgen:Über", Show(ClickReader.Read(plain, new() { Encoding = Encoding.Unicode })));
        var strict = Encoding.GetEncoding("us-ascii", new EncoderExceptionFallback(), new DecoderExceptionFallback());
        Assert.Contains("found bytes that are not us-ascii",
            Assert.Throws<InputException>(() => ClickReader.Read(latin, new() { Encoding = strict })).Message);
    }
}
