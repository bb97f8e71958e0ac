using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using VaeCf.Kernels.Common;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines.Tests;

/// <summary>The baselines are written as anybody could write a model: on the public interface alone.</summary>
public class PublicInterfaceTests
{
    [Theory]
    [InlineData(typeof(VectorWidth))]
    [InlineData(typeof(Recommender))]
    public void No_library_shows_its_internals_to_the_baselines(Type ofAssembly) =>
        Assert.DoesNotContain(ofAssembly.Assembly.GetCustomAttributes<InternalsVisibleToAttribute>(),
            friend => friend.AssemblyName.StartsWith("VaeCf.Baselines", StringComparison.Ordinal));

    [Fact]
    public void The_project_depends_on_the_library_and_on_no_package()
    {
        XDocument project = XDocument.Load(Repository.PathOf("src/VaeCf.Baselines/VaeCf.Baselines.csproj"));
        Assert.Empty(project.Descendants("PackageReference"));
        Assert.Empty(project.Descendants("InternalsVisibleTo"));
        Assert.Equal(["../VaeCf.Native/VaeCf.Native.csproj"],
            project.Descendants("ProjectReference").Select(reference => reference.Attribute("Include")!.Value));
    }

    [Fact]
    public void Every_baseline_is_listed()
    {
        IEnumerable<ModelType> declared = typeof(Popularity).Assembly.GetExportedTypes()
            .Select(type => type.GetProperty("Type", typeof(ModelType))?.GetValue(null)).OfType<ModelType>();
        Assert.Equal(declared.Select(type => type.Name).Order(), BaselineModels.All.Select(type => type.Name).Order());
    }
}
