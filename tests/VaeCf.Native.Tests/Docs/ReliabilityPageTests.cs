using System.Text.RegularExpressions;

namespace VaeCf.Native.Tests.Docs;

/// <summary>Every test that docs/reliability.md names is there, and every promise names one or a command.</summary>
public class ReliabilityPageTests
{
    private static readonly string[] page = Repository.Lines("docs/reliability.md");

    [Fact]
    public void Every_test_named_is_there()
    {
        List<Match> named = [.. Regex.Matches(string.Join('\n', page), @"`(\w+Tests)\.(\w+)`").Cast<Match>()];
        Assert.True(named.Count >= 20, $"{named.Count} tests");
        Assert.All(named, name => Assert.Matches($@"\b(void|Task) {name.Groups[2].Value}\(",
            string.Concat(Directory.GetFiles(Repository.PathOf("tests"), $"{name.Groups[1].Value}.cs",
                SearchOption.AllDirectories).Select(File.ReadAllText))));
    }

    [Fact]
    public void Every_promise_names_what_holds_it()
    {
        string[] promises = [.. page.SkipWhile(line => !line.StartsWith("| promise |", StringComparison.Ordinal))
            .Where(line => line.Split('|') is { Length: 6 } && !line.StartsWith("| promise |", StringComparison.Ordinal)
                && !line.StartsWith("| --- |", StringComparison.Ordinal))];
        Assert.True(promises.Length >= 15, $"{promises.Length} promises");
        Assert.All(promises, line => Assert.Matches(@"`(\w+Tests\.\w+|kill|soak|fuzz|\.ci/run)`", line.Split('|')[2]));
    }
}
