using System.Reflection;
using System.Text.RegularExpressions;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Tests.Evaluation;
using VaeCf.Native.Tests.Recommenders;

namespace VaeCf.Native.Tests.Docs;

/// <summary>
/// docs/metrics.md names every measure, and the course's page on mistakes the tests that hold them off.
/// </summary>
public class MetricsPageTests
{
    private static readonly string page = string.Join('\n', Repository.Lines("docs/metrics.md"));

    [Fact]
    public void Every_measure_is_explained()
    {
        EvaluationSet set = new(Sets.Clicks(3, [0]), Sets.Clicks(3, [1]));
        CutoffMetrics at = Evaluator.Evaluate(new ScoreTableRanker(new double[3], 3), set, new() { Cutoffs = [1] })
            .At(1);
        Assert.All(at.OverUsers.Select(measure => measure.Name).Concat(at.OverLists.Select(measure => measure.Name)),
            name => Assert.Contains($"| `{name}@k` |", page));
    }

    [Fact]
    public void Every_test_named_is_there_and_every_common_mistake_is_named()
    {
        string mistakes = string.Join('\n', Repository.Lines("docs/course/5-mistakes.md")).Split("\n## Exercises\n")[0];
        string[] named = [.. Regex.Matches(mistakes, "`([A-Za-z0-9_.]{20,})`").Select(match => match.Groups[1].Value)];
        var tests = typeof(MetricsPageTests).Assembly.GetTypes().SelectMany(type => type.GetMethods())
            .Where(method => method.GetCustomAttribute<FactAttribute>() is not null)
            .Select(method => method.DeclaringType == typeof(CommonMistakesTests)
                ? method.Name : $"{method.DeclaringType!.Name}.{method.Name}").ToHashSet();
        Assert.All(named, name => Assert.Contains(name, tests));
        Assert.All(tests.Where(name => !name.Contains('.')), name => Assert.Contains(name, named));
    }
}
