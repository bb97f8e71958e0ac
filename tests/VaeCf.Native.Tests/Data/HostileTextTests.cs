using System.IO.Compression;
using System.Text;
using VaeCf.Native.Data;

namespace VaeCf.Native.Tests.Data;

/// <summary>Text that was made to break a reader is read as it stands or refused, with bounded memory.</summary>
public class HostileTextTests
{
    private const int MiB = 1 << 20, RowLength = 64;

    private static ClickData Read(byte[] bytes, ReadOptions? options = null) =>
        ClickReader.Read(new MemoryStream(bytes), options, "clicks");

    private static ClickData Read(string text, ReadOptions? options = null) =>
        Read(Encoding.UTF8.GetBytes(text), options);

    private static string Error(byte[] bytes, ReadOptions? options = null) =>
        Assert.Throws<InputException>(() => Read(bytes, options)).Message;

    private static string Error(string text, ReadOptions? options = null) =>
        Error(Encoding.UTF8.GetBytes(text), options);

    private static string[] Ids(Vocabulary vocabulary) =>
        [.. Enumerable.Range(0, vocabulary.Count).Select(i => vocabulary[i])];

    // A header, and one row again and again.
    private static byte[] Packed(bool zip, int length)
    {
        byte[] rows = new byte[MiB];
        for (int i = 0; i < rows.Length; i++)
            rows[i] = (i % RowLength) switch { 1 => (byte)',', RowLength - 1 => (byte)'\n', _ => (byte)'7' };
        using var packed = new MemoryStream();
        using (ZipArchive? archive = zip ? new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true) : null)
        using (Stream text = archive?.CreateEntry("clicks").Open()
            ?? new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            text.Write("uid,sid\n"u8);
            for (int written = 0; written < length; written += rows.Length)
                text.Write(rows);
        }
        return packed.ToArray();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Packed_data_that_unpacks_to_far_more_than_its_size_is_refused_unless_it_is_allowed(bool zip)
    {
        byte[] bomb = Packed(zip, 65 * MiB);
        Assert.Equal(200, new ReadOptions().MaxExpansion);
        var options = new ReadOptions { MaxExpansion = 20 };
        InputException refused = Assert.Throws<InputException>(() => Read(bomb, options));
        Assert.StartsWith("clicks: found packed data that unpacks to more than 64 MiB and more than 20 times its "
            + "size; expected at most that", refused.Message);
        Assert.Equal(nameof(ReadOptions.MaxExpansion), refused.Remedy);
        using var pipe = new PeekedStream(new MemoryStream(bomb), leaveOpen: false);
        Assert.Equal(refused.Message,
            Assert.Throws<InputException>(() => ClickReader.Read(pipe, options, "clicks")).Message);
        Assert.Equal(65 * MiB / RowLength, Read(bomb, new() { MaxExpansion = 1100 }).Report.Rows);
        Assert.Equal(60 * MiB / RowLength, Read(Packed(zip, 60 * MiB), new() { MaxExpansion = 1 }).Report.Rows);
        Assert.Contains("MaxExpansion is 0; expected at least 1",
            Assert.Throws<ArgumentException>(() => Read(bomb, new() { MaxExpansion = 0 })).Message);
    }

    [Theory]
    [InlineData("uid,sid\n", "x")]
    [InlineData("uid,sid\n1,\"", "2\n")]
    [InlineData("uid,sid\n1,\"", "\"\"")]
    [InlineData("", "x")]
    [InlineData("{\"user\":\"", "x")]
    public void A_record_that_does_not_end_is_refused_after_64_MiB(string start, string repeated)
    {
        byte[] text = new byte[65 * MiB];
        byte[] piece = Encoding.UTF8.GetBytes(repeated);
        for (int i = Encoding.UTF8.GetBytes(start, text); i < text.Length; i++)
            text[i] = piece[i % piece.Length];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal($"clicks, line {start.Count(c => c == '\n') + 1}: found a record of more than 64 MiB; "
            + "expected shorter ones", Error(text));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 160 * MiB);
    }

    [Fact]
    public void A_line_of_very_many_fields_is_refused_and_a_user_may_have_a_million_items()
    {
        Assert.Equal("clicks, line 1: found a record of more than 10000000 fields; expected fewer",
            Error("uid,sid" + new string(',', 10_000_000), new() { Format = ClickFormat.Pairs }));
        Assert.Equal("clicks, line 1: found 10001 columns; expected at most 10000",
            Error("uid,sid" + new string(',', 9_999) + "\n"));
        ClickData data = Read("0 " + string.Join(' ', Enumerable.Range(0, 1_000_000)) + "\n1 5\n",
            new() { Format = ClickFormat.Adjacency });
        Assert.Equal((2, 1_000_000), (data.Users.Count, data.Items.Count));
        Assert.Equal("clicks, line 1: found objects with more than 10000 different keys; expected a click on each "
            + "line, with the same few keys", Error($"{{{string.Join(',', Enumerable.Range(0, 10_001)
                .Select(i => $"\"k{i}\":1"))}}}\n"));
    }

    [Fact]
    public void Ids_may_be_larger_than_any_number_and_keep_their_digits()
    {
        const string beyond = "9223372036854775808", longest = "123456789012345678901234567890123456789";
        ClickData data = Read($"uid,sid\n{beyond},9223372036854775807\n-{beyond},-9223372036854775808\n{longest},0\n");
        Assert.Equal([$"-{beyond}", longest, beyond], Ids(data.Users));
        Assert.Equal(["-9223372036854775808", "0", "9223372036854775807"], Ids(data.Items));
        Assert.Equal(["9223372036854775807", beyond],
            Ids(Read($"{{\"uid\":{beyond},\"sid\":1}}\n{{\"uid\":9223372036854775807,\"sid\":1}}\n").Users));
        Assert.Equal(["+7", "-0", "0x7F", "7", "7.0"], Ids(Read("uid,sid\n7,1\n+7,1\n-0,1\n0x7F,1\n7.0,1\n").Users));
    }

    [Theory]
    [InlineData(new byte[] { 0xFF })]
    [InlineData(new byte[] { 0xC0, 0x80 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 })]
    public void An_id_that_is_not_UTF_8_is_refused_at_its_line(byte[] id)
    {
        Assert.StartsWith("clicks, line 3: found ", Error([.. "uid,sid\n1,2\n1,"u8, .. id, .. "\n"u8]));
        Assert.StartsWith("clicks, line 2: found ",
            Error([.. "{\"uid\":1,\"sid\":2}\n{\"uid\":1,\"sid\":\""u8, .. id, .. "\"}\n"u8]));
    }

    [Fact]
    public void A_byte_order_mark_is_one_at_the_start_alone()
    {
        Assert.Equal(["1", "\uFEFF1"], Ids(Read("\uFEFFuid,sid\n1,2\n\uFEFF1,2\n").Users));
        Assert.Contains("found a zero byte", Error("uid,sid\n1,2\n\0,3\n"));
        Assert.Contains("found bytes that are not utf-16",
            Error([0xFF, 0xFE, .. Encoding.Unicode.GetBytes("uid,sid\n1,"), 0x00, 0xD8, 0x0A, 0x00]));
    }

    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\\udc00\\ud800")]
    [InlineData("a\\ud800b")]
    public void Half_a_letter_in_a_JSON_escape_is_refused(string id)
    {
        Assert.Matches("^clicks, line 2: found .* expected text that is Unicode",
            Error($"{{\"uid\":1,\"sid\":2}}\n{{\"uid\":1,\"sid\":\"{id}\"}}\n"));
        Assert.Equal(["😀"], Ids(Read("{\"uid\":1,\"sid\":\"\\ud83d\\ude00\"}\n").Items));
    }

    [Theory]
    [InlineData("1e999")]
    [InlineData("-1e999")]
    [InlineData("0x1F")]
    [InlineData("Infinity")]
    [InlineData("1_000")]
    public void A_rating_that_is_no_finite_number_is_refused(string rating) =>
        Assert.StartsWith($"clicks, line 3: found '{rating}'; expected a rating or count",
            Error($"uid,sid,rating\n1,2,5\n1,3,{rating}\n", new() { MinRating = 0 }));

    [Fact]
    public void A_rating_of_minus_zero_is_zero_and_a_tiny_one_is_what_it_is()
    {
        Assert.Equal(3, Read("uid,sid,rating\n1,2,-0\n1,3,1e-400\n1,4,5\n", new() { MinRating = 0 }).Report.Rows);
        Assert.Contains("line 2: found '-0'; expected a count above 0",
            Error("uid,sid,rating\n1,2,-0\n", new() { KeepCounts = true }));
    }

    [Fact]
    public void A_zip_archive_whose_directory_is_damaged_is_refused()
    {
        byte[] whole = Packed(zip: true, 1000);
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 0xFF;
            try
            {
                Read(damaged);
            }
            catch (InputException e)
            {
                Assert.StartsWith("clicks", e.Message);
            }
        }
    }
}
