using System.Text.Json;
using VaeCf.Native.Data;

namespace VaeCf.Native.Tests;

/// <summary>What files hold reaches a terminal as text that it shows, and in messages of a bounded length.</summary>
public class TerminalTextTests
{
    [Theory]
    [InlineData("\e[31mred\e[0m", @"\u001B[31mred\u001B[0m")]
    [InlineData("bell\a, back\b, delete\u007f", @"bell\u0007, back\u0008, delete\u007F")]
    [InlineData("C1 \u009b31m \u0085", @"C1 \u009B31m \u0085")]
    [InlineData("a\r\nb\tc", @"a\r\nb\tc")]
    [InlineData("\u202Agpj.\u202Eexe\u202C", @"\u202Agpj.\u202Eexe\u202C")]
    [InlineData("\u2066x\u2067\u2068\u2069", @"\u2066x\u2067\u2068\u2069")]
    [InlineData("\uFEFFid\u200B \u2028\u2029\u2060", @"\uFEFFid\u200B \u2028\u2029\u2060")]
    [InlineData("tag \U000E0041", @"tag \uDB40\uDC41")]
    public void What_a_terminal_obeys_or_hides_is_escaped(string text, string shown)
    {
        Assert.Equal(shown, TerminalText.Escape(text));
        Assert.Equal(shown, TerminalText.Escape(shown));
        Assert.Equal(text, JsonSerializer.Deserialize<string>($"\"{shown}\""));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Amélie (2001) ~ \\ '\"")]
    [InlineData("日本語 🎬 👨\u200D👩\u200D👧 می\u200Cخواهم")]
    [InlineData("half a letter \uD83D")]
    public void Other_text_stays(string text) => Assert.Equal(text, TerminalText.Escape(text));

    [Fact]
    public void Of_many_names_the_first_are_listed()
    {
        static string List(int count) => TerminalText.List(Enumerable.Range(1, count).Select(id => $"{id}"));
        Assert.Equal("", List(0));
        Assert.Equal("1, 2", List(2));
        Assert.Equal("1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11", List(11));
        Assert.Equal("1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more", List(12));
        Assert.EndsWith("10 and 1,234 more", List(1244));
        Assert.InRange(TerminalText.List([new string('x', 5000), "y"]).Length, 60, 110);
    }

    [Fact]
    public void Of_a_long_text_the_middle_is_left_out()
    {
        Assert.Equal("short", TerminalText.Cut("short", 60));
        string cut = TerminalText.Cut(new string('a', 500_000) + new string('b', 500_000), 2000);
        Assert.InRange(cut.Length, 1950, 2000);
        Assert.Matches("^a+ … 998,040 more characters … b+$", cut);
        // No letter of two halves is cut.
        for (int length = 60; length < 90; length++)
            Assert.DoesNotContain('\uFFFD', JsonSerializer.Deserialize<string>(
                JsonSerializer.Serialize(TerminalText.Cut(string.Concat(Enumerable.Repeat("🎬", 100)), length)))!);
    }

    [Fact]
    public void A_message_is_one_line_that_can_be_shown()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["c.csv"], $"uid,sid,\e]0;title\a\n{new string('9', 1_000_000)}\n");
        string message = Assert.Throws<InputException>(() => ClickReader.Read(folder["c.csv"])).Message;
        Assert.InRange(message.Length, 20, 2000);
        Assert.DoesNotContain('\e', message);
        var long1 = new InputException("f", 1, $"'\n{new string('x', 1_000_000)}'", "a number");
        Assert.StartsWith(@"f, line 1: found '\nxxx", long1.Message);
        Assert.EndsWith("xx'; expected a number", long1.Message);
        Assert.InRange(long1.Message.Length, 1900, 2000);
    }

    [Fact]
    public void The_words_of_another_exception_are_about_the_file()
    {
        using var folder = new TemporaryFolder();
        static string About(string subject, Action fails) =>
            InputException.About(subject, Record.Exception(fails)!).Message;
        string path = folder["x"];
        Assert.Equal($"{path}: there is no such file", About(path, () => File.OpenRead(path)));
        string inside = Path.Combine(path, "y");
        Assert.Equal($"{inside}: the folder {path} does not exist", About(inside, () => File.OpenRead(inside)));
        Assert.Equal($"{folder["."]}: found a folder; expected a file",
            About(folder["."], () => File.OpenRead(folder["."])));
        Assert.Equal("--hidden: it is 3; expected 4",
            About("--hidden", () => throw new ArgumentException("it is 3; expected 4", "hidden")));
        Assert.Equal("f: found no JSON from line 2, byte 1 on; expected JSON",
            About("f", () => JsonDocument.Parse("[\nx]")));
        Assert.Equal("f: the disk is full", About("f", () => throw new IOException("No space left on device", 28)));
    }
}
