using VaeCf.Native.Data;

namespace VaeCf.Native.Tests.Docs;

/// <summary>The layouts that docs/data-formats.md shows are read as the layout it names.</summary>
public class DataFormatsPageTests
{
    private static readonly string[] page = Repository.Lines("docs/data-formats.md");

    public static TheoryData<ClickFormat> Layouts() =>
        [.. Enum.GetValues<ClickFormat>().Where(format => format != ClickFormat.Auto)];

    [Theory, MemberData(nameof(Layouts))]
    public void The_example_of_a_layout_is_read_told_and_detected(ClickFormat format)
    {
        using var folder = new TemporaryFolder();
        string[] example = [.. page.SkipWhile(line => line != $"### `{format}`").SkipWhile(line => line != "```")
            .Skip(1).TakeWhile(line => line != "```")];
        Assert.Equal(3, example.Length);
        File.WriteAllLines(folder["clicks"], example);
        Assert.InRange(ClickReader.Read(folder["clicks"], new() { Format = format }).Matrix.ClickCount, 2, 6);
        if (format != ClickFormat.CountedAdjacency)
            Assert.Equal(format, ClickReader.Read(folder["clicks"]).Report.Format);
    }

    [Fact]
    public void Every_count_of_the_reports_is_explained()
    {
        string text = string.Join('\n', page);
        var read = new ReadReport("", ClickFormat.Pairs, null, 0, 0, 0, 0, 0);
        Assert.All(read.Counts.Concat(new SplitReport("", [], []).Counts),
            count => Assert.Contains($"`{count.Name}`", text));
    }
}
