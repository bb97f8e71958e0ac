using System.Text.Json;

namespace VaeCf.Native.Tests;

/// <summary>What is shipped depends on the packages listed here and on no others, and NOTICE names each.</summary>
public class PackagesTests
{
    private static readonly string[] parquet = ["Parquet.Net", "CommunityToolkit.HighPerformance",
        "K4os.Compression.LZ4", "Microsoft.IO.RecyclableMemoryStream", "Snappier", "ZstdSharp.Port"];

    public static TheoryData<string, string[]> Shipped() => new()
    {
        { "kernels/VaeCf.Kernels", [] },
        { "src/VaeCf.Native", [] },
        { "src/VaeCf.Baselines", [] },
        { "src/VaeCf.Parquet", parquet },
        { "src/VaeCf.Cli", [.. parquet, "Spectre.Console", "Spectre.Console.Ansi", "System.CommandLine"] },
    };

    [Theory, MemberData(nameof(Shipped))]
    public void A_project_depends_on_tensors_and_the_packages_listed(string project, string[] more)
    {
        string[] packages = ["System.Numerics.Tensors", .. more];
        Assert.Equal(packages.Order(), Locked(project).Order());
        string notice = File.ReadAllText(Repository.PathOf("NOTICE"));
        Assert.All(packages, package => Assert.Contains(package, notice));
    }

    // The analyzer of trimming is for the build: nobody who uses a library gets it.
    private static IEnumerable<string> Locked(string project)
    {
        using JsonDocument file =
            JsonDocument.Parse(File.ReadAllText(Repository.PathOf($"{project}/packages.lock.json")));
        return [.. file.RootElement.GetProperty("dependencies").GetProperty("net10.0").EnumerateObject()
            .Where(package => package.Value.GetProperty("type").GetString() != "Project")
            .Select(package => package.Name).Where(name => name != "Microsoft.NET.ILLink.Tasks")];
    }
}
