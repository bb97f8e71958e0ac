using System.Globalization;
using System.Text;
using VaeCf.Native.Data;

namespace VaeCf.Native.Tests.Data;

public class ClickBuilderTests
{
    // Everything but the name and the columns, which clicks in memory lack; values as their bits.
    private static string Show(ClickData data)
    {
        ClickMatrix clicks = data.Matrix;
        IEnumerable<string> rows = Enumerable.Range(0, clicks.UserCount).Select(row => string.Join(" / ",
            Join(clicks.ItemsOf(row).ToArray()), Join(clicks.InOrder(row).ToArray()),
            Join(clicks.ValuesOf(row).ToArray().Select(BitConverter.SingleToInt32Bits)),
            Join(clicks.TimestampsOf(row).ToArray())));
        return string.Join('\n', [Ids(data.Users), Ids(data.Items), $"{Plain(data.Report)}", .. rows]);
    }

    private static ReadReport Plain(ReadReport report) =>
        report with { File = "", Columns = "", Values = ClickValues.None };

    private static string Ids(Vocabulary ids) => Join(Enumerable.Range(0, ids.Count).Select(i => ids[i]));

    private static string Join<T>(IEnumerable<T> parts) => string.Join(' ', parts);

    private static Stream Text(string text) => new MemoryStream(Encoding.UTF8.GetBytes(text));

    public static TheoryData<ReadOptions> Options() =>
    [
        new(), new() { MinRating = 2 }, new() { KeepCounts = true }, new() { KeepOrder = true },
        new() { KeepTimestamps = true }, new() { KeepOrder = true, KeepCounts = true, MinRating = 1.5f },
    ];

    [Theory, MemberData(nameof(Options))]
    public void The_same_rows_make_the_same_as_a_file(ReadOptions options)
    {
        var random = new Random(5);
        var builder = new ClickBuilder(options);
        var file = new StringBuilder("user,item,rating,time\n");
        for (int i = 0; i < 2000; i++)
        {
            long user = random.Next(-3, 100), item = random.Next(60), time = random.Next(300);
            float value = random.Next(1, 50) / 7f;
            if (i % 2 == 0)
                builder.Add(user, item, value, time);
            else
                builder.Add($"{user}", $"{item}", value, time);
            file.Append(CultureInfo.InvariantCulture, $"{user},{item},{value:R},{time}\n");
        }
        ClickData built = builder.Build("name");
        Assert.Equal(Show(ClickReader.Read(Text(file.ToString()), options)), Show(built));
        Assert.Equal(("name", ClickFormat.Delimited), (built.Report.File, built.Report.Format));
        Assert.True(built.Users.IsNumeric);
        Assert.Equal(Show(built), Show(builder.Build()));
    }

    [Fact]
    public void Text_and_numbers_may_be_mixed_as_in_a_file()
    {
        var builder = new ClickBuilder(new() { KeepOrder = true });
        builder.Add(10, 5);
        builder.Add("9", 4);
        builder.Add(9, "007");
        builder.Add("bob", "-0");
        builder.Add(10, "5");
        builder.Add(10, 7);
        ClickData built = builder.Build();
        Stream file = Text("user,item\n10,5\n9,4\n9,007\nbob,-0\n10,5\n10,7\n");
        Assert.Equal(Show(ClickReader.Read(file, new() { KeepOrder = true })), Show(built));
        Assert.Equal(("10 9 bob", "-0 007 4 5 7", 1L), (Ids(built.Users), Ids(built.Items), built.Report.Repeated));
    }

    [Fact]
    public void Pairs_in_memory_keep_their_order_if_asked()
    {
        (string, string)[] pairs = [("ann", "y"), ("ann", "x"), ("bob", "x")];
        Assert.False(ClickData.From(pairs).Matrix.HasOrder);
        Assert.Equal([1, 0], ClickData.From(pairs, new() { KeepOrder = true }).Matrix.InOrder(0).ToArray());
        Assert.Contains("no clicks were added", Assert.Throws<InputException>(() => ClickData.From([])).Message);
    }

    [Fact]
    public void What_cannot_be_a_click_is_refused_with_value_and_expectation_and_not_added()
    {
        var builder = new ClickBuilder(new() { KeepCounts = true, KeepOrder = true });
        string Error(Action add) => Assert.ThrowsAny<ArgumentException>(add).Message;
        Assert.Contains("the user is ''; expected an id", Error(() => builder.Add("", "x")));
        Assert.Contains("the item is ''; expected an id", Error(() => builder.Add(1, "")));
        Assert.Contains("item", Error(() => builder.Add("a", null!)));
        Assert.Contains("the value is NaN; expected a finite number", Error(() => builder.Add(1, 2, float.NaN)));
        Assert.Contains("the value is 0; expected a count above 0", Error(() => builder.Add(1, 2, 0)));
        var timed = new ClickBuilder(new() { KeepTimestamps = true });
        Assert.Contains("has no time; expected one, as KeepTimestamps asks for", Error(() => timed.Add(1, 2)));
        string nothing = Assert.Throws<InputException>(() => builder.Build()).Message;
        Assert.Equal("clicks in memory: no clicks were added", nothing);
        builder.Add(1, 2, 3, 4);
        Assert.Contains("has no time; expected one, as the clicks before it have", Error(() => builder.Add(1, 3)));
        ClickData built = builder.Build();
        Assert.Equal((1, 1, 1L), (built.Users.Count, built.Items.Count, built.Report.Rows));
        var timeless = new ClickBuilder();
        timeless.Add(1, 2);
        Assert.Contains("the time is 5; expected none, as the clicks before it", Error(() => timeless.Add(1, 3, 1, 5)));
        var noNumber = new ReadOptions { MinRating = float.NaN };
        Assert.Contains("MinRating is NaN; expected a finite number", Error(() => _ = new ClickBuilder(noNumber)));
        var low = new ClickBuilder(new() { MinRating = 4 });
        low.Add(1, 2, 3);
        Assert.Contains("no clicks are left: ratings from 3 to 3: those of at least 4 are clicks",
            Assert.Throws<InputException>(() => low.Build()).Message);
    }

    // Gives a byte at a time and cannot seek, as a socket may.
    private sealed class Slow(byte[] bytes) : MemoryStream(bytes)
    {
        public bool IsClosed { get; private set; }

        public override bool CanSeek => false;

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1));

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 1)]);

        protected override void Dispose(bool disposing)
        {
            IsClosed = true;
            base.Dispose(disposing);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stream_is_read_as_a_file_and_stays_open(bool gzip)
    {
        const string text = "uid,sid\n1,2\n1,3\n";
        var stream = new Slow(gzip ? TempFolder.Gzip(text) : Encoding.UTF8.GetBytes(text));
        ClickData data = ClickReader.Read(stream, name: "upload");
        Assert.Equal(("upload", 2L, ClickFormat.Pairs), (data.Report.File, data.Matrix.ClickCount, data.Report.Format));
        Assert.False(stream.IsClosed);
    }

    [Fact]
    public void Errors_in_a_stream_name_it()
    {
        static string Error(byte[] bytes) =>
            Assert.Throws<InputException>(() => ClickReader.Read(new Slow(bytes))).Message;
        Assert.Equal("stream, line 2: found 1 field; expected 2: uid, sid "
            + "(the layout pairs that the first lines have)", Error("uid,sid\n1\n"u8.ToArray()));
        Assert.Equal("stream: the file is empty", Error([]));
        byte[] whole = TempFolder.Gzip("uid,sid\n1,2\n");
        foreach (int cut in (int[])[1, 4, 8, 9])
            Assert.Contains("stream: the gzip data is", Error(whole[..^cut]));
        var closed = new MemoryStream();
        closed.Dispose();
        string message = Assert.Throws<ArgumentException>(() => ClickReader.Read(closed)).Message;
        Assert.Contains("stream cannot be read; expected a stream that can", message);
    }
}
