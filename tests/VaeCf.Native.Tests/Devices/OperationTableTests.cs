using System.Reflection;
using System.Text.RegularExpressions;
using VaeCf.Native.Devices;
using Xunit.Abstractions;

namespace VaeCf.Native.Tests.Devices;

/// <summary>
/// Which operation runs on which device, from the lines that dispatch it; what is missing is listed in
/// kernels/README.md, with its reason.
/// </summary>
public partial class OperationTableTests(ITestOutputHelper output)
{
    private static readonly (string Device, string Type)[] devices = [("reference", "ReferenceCompute r"),
        ("cpu", "CpuCompute cpu"), ("cuda", "CudaCompute cuda")];

    [Fact]
    public void An_operation_that_a_device_lacks_is_listed()
    {
        Dictionary<string,
            string> bodies = Directory.GetFiles(Repository.PathOf("kernels"), "*.Dispatch.cs",
                SearchOption.AllDirectories)
            .SelectMany(file => Operation().Matches(File.ReadAllText(file))).ToDictionary(
                match => match.Groups["name"].Value, match => match.Value);
        IEnumerable<string> operations = typeof(Operations).GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Where(method => method.GetParameters()[0].ParameterType == typeof(Compute)).Select(
                method => method.Name).Order(StringComparer.Ordinal);
        Assert.Equal(operations, bodies.Keys.Order(StringComparer.Ordinal));

        var missing = new List<string>();
        output.WriteLine($"| operation | {string.Join(" | ", devices.Select(one => one.Device))} |");
        foreach ((string name, string body) in bodies.OrderBy(one => one.Key, StringComparer.Ordinal))
        {
            Assert.Contains("c.Begin()", body);
            Assert.Contains($"throw c.Lacks(nameof({name}))", body);
            output.WriteLine(
                $"| {name} | {string.Join(" | ", devices.Select(one => body.Contains(one.Type) ? "yes" : "no"))} |");
            missing.AddRange(devices.Where(one => !body.Contains(one.Type)).Select(one => $"{name} on {one.Device}"));
        }
        IEnumerable<string> listed = Repository.Lines("kernels/README.md").Select(line => Listed().Match(line)).Where(
            match => match.Success)
            .Select(match => $"{match.Groups["name"].Value} on {match.Groups["device"].Value}");
        Assert.Equal(listed.Order(StringComparer.Ordinal), missing.Order(StringComparer.Ordinal));
    }

    // From a public operation's head to the brace that ends it.
    [GeneratedRegex(@"^    public static \w+ (?<name>\w+)\(\s*this Compute c\b.*?^    \}",
        RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Operation();

    [GeneratedRegex(@"^- `(?<name>\w+)` on (?<device>\w+): \S")]
    private static partial Regex Listed();
}
