using System.Text.RegularExpressions;
using VaeCf.Native.Tests.Training;

namespace VaeCf.Native.Tests.Docs;

/// <summary>The page of each kernel says which models run its operations, and in which step.</summary>
public partial class KernelPageTests
{
    private const string Heading = "## Who runs it";

    private static readonly Lazy<Dictionary<string, List<string>[]>> uses = new(Record);

    public static TheoryData<string> Kernels => [.. Directory.GetDirectories(Repository.PathOf("kernels"))
        .Where(folder => Directory.GetFiles(folder, "*.Dispatch.cs").Length > 0)
        .Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Kernels))]
    public void The_page_says_which_models_run_it_and_when(string kernel)
    {
        string[] expected = [Heading, "", .. Table(kernel)], page = Repository.Lines($"kernels/{kernel}/{kernel}.md");
        string[] found = [.. page.SkipWhile(line => line != Heading)];
        if (found.SequenceEqual(expected))
            return;
        string received = Path.Combine(AppContext.BaseDirectory, $"{kernel}.md.received");
        string[] before = [.. page.TakeWhile(line => line != Heading)];
        File.WriteAllLines(received, [.. before, .. before[^1] == "" ? Array.Empty<string>() : [""], .. expected]);
        Assert.Fail($"kernels/{kernel}/{kernel}.md does not end with\n{string.Join('\n', expected)}\n"
            + $"From the repository's root: cp '{received}' kernels/{kernel}/{kernel}.md");
    }

    private static IEnumerable<string> Table(string kernel)
    {
        yield return "| operation | plain step | training | ranking |";
        yield return "| --- | --- | --- | --- |";
        foreach (string file in Directory.GetFiles(Repository.PathOf($"kernels/{kernel}"), "*.Dispatch.cs")
            .Order(StringComparer.Ordinal))
            foreach (Match match in Operation().Matches(File.ReadAllText(file)))
            {
                string name = match.Groups[1].Value;
                yield return $"| `{name}` | {string.Join(" | ", (uses.Value.GetValueOrDefault(name) ?? [[], [], []])
                    .Select(models => models.Count == 0 ? "–" : string.Join(", ", models)))} |";
            }
        yield return "";
        yield return "Which of its versions: [the table](../../docs/course/3-gradients.md#which-version-runs-when).";
    }

    // By operation, the models that run it in the plain step, in training and in ranking.
    private static Dictionary<string, List<string>[]> Record()
    {
        var found = new Dictionary<string, List<string>[]>();
        void Add(string model, int column, IEnumerable<string> operations)
        {
            foreach (string operation in operations.Distinct())
            {
                if (!found.TryGetValue(operation, out List<string>[]? columns))
                    found[operation] = columns = [[], [], []];
                columns[column].Add(model);
            }
        }
        foreach (string model in Small.Models)
            Add(model, 0, RanOn.PlainStep(model));
        foreach (string model in Small.Catalogue())
        {
            (List<string> training, List<string> ranking) = RanOn.Model(model);
            Add(model, 1, training);
            Add(model, 2, ranking);
        }
        return found;
    }

    [GeneratedRegex(@"^    public static \w+ (\w+)\(\s*this Compute c\b", RegexOptions.Multiline)]
    private static partial Regex Operation();
}
