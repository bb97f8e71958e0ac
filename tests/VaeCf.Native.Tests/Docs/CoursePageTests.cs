using System.Text.RegularExpressions;

namespace VaeCf.Native.Tests.Docs;

/// <summary>The course has no dead end: every page is in its index, and every exercise has a solution.</summary>
public partial class CoursePageTests
{
    private static readonly string folder = Repository.PathOf("docs/course");

    public static TheoryData<string> Pages => [.. Directory.GetFiles(folder, "*.md")
        .Select(file => Path.GetFileName(file)).Where(name => name != "README.md").Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Pages))]
    public void Every_page_is_in_the_index_and_every_exercise_names_a_test_that_is_there(string page)
    {
        Assert.Contains($"]({page})", File.ReadAllText(Path.Combine(folder, "README.md")));
        string exercises = File.ReadAllText(Path.Combine(folder, page)).Split("\n## Exercises\n")[1];
        string[] each = [.. Start().Split(exercises).Skip(1)];
        Assert.InRange(each.Length, 2, 6);
        Assert.All(each, exercise =>
        {
            Match name = Solution().Match(exercise);
            Assert.True(name.Success, $"no solution: {exercise}");
            Assert.Matches($@"\bvoid {name.Groups[2].Value}\(", string.Concat(Directory.GetFiles(
                Repository.PathOf("tests"), $"{name.Groups[1].Value}.cs", SearchOption.AllDirectories)
                .Select(File.ReadAllText)));
        });
    }

    [GeneratedRegex(@"^\d+\. ", RegexOptions.Multiline)]
    private static partial Regex Start();

    [GeneratedRegex(@"`(\w+Tests)\.(\w+)`\s*$")]
    private static partial Regex Solution();
}
