using System.Reflection;
using System.Text.RegularExpressions;

namespace VaeCf.Native.Tests.Docs;

/// <summary>The tests that docs/reproducibility.md names are there.</summary>
public class ReproducibilityPageTests
{
    [Fact]
    public void Every_test_named_is_there()
    {
        string page = string.Join('\n', Repository.Lines("docs/reproducibility.md"));
        string[] named = [.. Regex.Matches(page, @"`(\w+Tests\.\w+)`").Select(match => match.Groups[1].Value)];
        HashSet<string> tests = [.. typeof(ReproducibilityPageTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods())
            .Where(method => method.GetCustomAttribute<FactAttribute>() is not null)
            .Select(method => $"{method.DeclaringType!.Name}.{method.Name}")];
        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains(name, tests));
        foreach (Match match in Regex.Matches(page, @"`(\w+Tests)` of (VaeCf\.\w+\.Tests)"))
            Assert.True(File.Exists(Repository.PathOf(
                $"tests/{match.Groups[2].Value}/{match.Groups[1].Value}.cs")), match.Value);
    }
}
