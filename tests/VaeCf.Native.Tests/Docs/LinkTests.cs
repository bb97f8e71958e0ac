using System.Text.RegularExpressions;

namespace VaeCf.Native.Tests.Docs;

/// <summary>Every link of a page to another leads to a file, and to a heading of it if it names one.</summary>
public partial class LinkTests
{
    public static TheoryData<string> Pages
    {
        get
        {
            string root = Repository.PathOf("");
            return [.. Directory.GetFiles(root, "*.md", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(root, file).Replace('\\', '/'))
                .Where(file => !file.Split('/').Any(part => part is "bin" or "obj" or "artifacts"))
                .Order(StringComparer.Ordinal)];
        }
    }

    [Theory, MemberData(nameof(Pages))]
    public void Every_link_leads_somewhere(string page)
    {
        string folder = Path.GetDirectoryName(Repository.PathOf(page))!;
        string prose = Code().Replace(File.ReadAllText(Repository.PathOf(page)), "");
        Assert.All(Link().Matches(prose).Select(match => match.Groups[1].Value), link =>
        {
            string[] parts = link.Split('#', 2);
            string target = parts[0] == "" ? Repository.PathOf(page) : Path.GetFullPath(Path.Combine(folder, parts[0]));
            Assert.True(Path.Exists(target), $"{link}: {target} is not there");
            if (parts.Length == 2)
                Assert.Contains(parts[1], Anchors(target));
        });
    }

    // As GitHub makes them of headings: small letters, no punctuation, hyphens for spaces, and of equals the second has
    // -1 at its end.
    private static List<string> Anchors(string page)
    {
        var anchors = new List<string>();
        foreach (Match heading in Heading().Matches(Block().Replace(File.ReadAllText(page), "")))
        {
            string anchor = Punctuation().Replace(heading.Groups[1].Value.Trim().ToLowerInvariant(), "")
                .Replace(' ', '-');
            int before = anchors.Count(other =>
                other == anchor || Regex.IsMatch(other, $@"^{Regex.Escape(anchor)}-\d+$"));
            anchors.Add(before == 0 ? anchor : $"{anchor}-{before}");
        }
        return anchors;
    }

    [GeneratedRegex(@"\]\((?!https?:|mailto:)([^)\s]+)\)")]
    private static partial Regex Link();

    // In code brackets mean something else, as does a number sign in blocks of it.
    [GeneratedRegex(@"^```.*?^```|`[^`\n]*`", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^#+ (.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Punctuation();
}
