using System.Text.Json;

namespace VaeCf.Cli.Tests;

/// <summary>How a file of histories is read: the options are those of <c>vaecf prepare</c>.</summary>
public class HistoryOptionsTests(TrainedModel model) : IClassFixture<TrainedModel>
{
    private static string[] Items(string line) => [.. JsonDocument.Parse(line).RootElement.GetProperty("items")
        .EnumerateArray().Select(item => item.GetProperty("item").GetString()!)];

    private string[] Given(string items) =>
        Items(Vaecf.Run("recommend", model.Path, "--items", items, "-k", "6", "--json").AssertGood().Output);

    private string[][] Read(string text, params string[] more)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["h"], text);
        CommandRun run = Vaecf.Run(["recommend", model.Path, "--histories", folder["h"], "-k", "6", "--json", .. more])
            .AssertGood();
        return [.. run.Output.TrimEnd().Split(Environment.NewLine).Select(Items)];
    }

    [Fact]
    public void Columns_may_have_any_names()
    {
        string[][] answers = Read("what;when;who\n100;1;ann\n102;2;ann\n112;3;bob\n", "--columns", "who,what");
        Assert.Equal([Given("100,102"), Given("112")], answers);
    }

    [Fact]
    public void Clicks_of_a_low_rating_do_not_count()
    {
        const string text = "who,what,stars\nann,100,5\nann,112,1.5\nann,102,4\n";
        Assert.Equal([Given("100,102")], Read(text, "--columns", "who,what,stars", "--min-rating", "4"));
        Assert.Equal([Given("100,112,102")], Read(text, "--columns", "who,what,stars", "--min-rating", "1"));
    }

    [Fact]
    public void A_layout_that_is_not_detected_may_be_specified()
    {
        // Detected, the first line is user 2 with items 101 and 102; as specified, two items of user 0.
        Assert.Equal([Given("101,102"), Given("112")], Read("2 101 102\n1 112\n", "--format", "countedadjacency"));
        Assert.Equal([Given("100,102,103"), Given("112,113")], Read("1 100 102 103\n2 112 113\n"));
    }

    [Fact]
    public void Encode_reads_the_same_options()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["h"], "who,what,stars\nann,100,5\nann,112,1\nbob,102,4\n");
        string[] options = ["--columns", "who,what,stars", "--min-rating", "4"];
        Vaecf.Run(["encode", model.Path, "--histories", folder["h"], "--out", folder["a.csv"], .. options])
            .AssertGood();
        Vaecf.Run("encode", model.Path, "--items", "100", "--out", folder["b.csv"]).AssertGood();
        string[] lines = File.ReadAllLines(folder["a.csv"]);
        Assert.Equal(["user", "ann", "bob"], lines.Select(line => line.Split(',')[0]));
        Assert.Equal(File.ReadAllLines(folder["b.csv"])[1].Split(',')[1..], lines[1].Split(',')[1..]);
    }

    [Theory]
    [InlineData("--columns who", "--columns: found 'who'; expected 2 to 4 names")]
    [InlineData("--format csv", "--format: found 'csv'; expected one of auto")]
    [InlineData("--min-rating high", "--min-rating: found 'high'; expected a finite number")]
    public void Wrong_values_are_refused(string options, string message) =>
        Vaecf.Run(["recommend", model.Path, "--histories", "h", .. options.Split(' ')]).AssertWrongUse(message);

    [Theory]
    [InlineData("--columns who,what")]
    [InlineData("--format pairs")]
    [InlineData("--min-rating 4")]
    public void Options_of_a_file_do_not_go_with_items(string options) =>
        Vaecf.Run(["recommend", model.Path, "--items", "100", .. options.Split(' ')])
            .AssertWrongUse($"{options.Split(' ')[0]}: found with --items");
}
