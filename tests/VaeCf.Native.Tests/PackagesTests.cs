using System.Xml.Linq;

namespace VaeCf.Native.Tests;

public class PackagesTests
{
    [Theory, InlineData("kernels/VaeCf.Kernels/VaeCf.Kernels.csproj"),
        InlineData("src/VaeCf.Native/VaeCf.Native.csproj")]
    public void A_library_depends_on_one_package(string project)
    {
        IEnumerable<string?> packages = new[] { project, "Directory.Build.props", "Directory.Packages.props" }
            .SelectMany(file => XDocument.Load(Repository.PathOf(file)).Descendants())
            .Where(element => element.Name.LocalName is "PackageReference" or "GlobalPackageReference")
            .Select(element => element.Attribute("Include")?.Value);
        Assert.Equal(["System.Numerics.Tensors"], packages);
    }
}
