namespace VaeCf.Native.Tests;

/// <summary>Lines of C# are at most 120 columns wide.</summary>
public class LineLengthTests
{
    private const int Columns = 120;

    [Fact]
    public void No_line_is_wider_than_120_columns() => Assert.Empty(
        from file in SourceFiles()
        from line in Repository.Lines(file).Index()
        where line.Item.Length > Columns
        select $"{file}:{line.Index + 1}: {line.Item.Length} columns");

    private static IEnumerable<string> SourceFiles() =>
        from folder in new[] { "bench", "kernels", "samples", "src", "tests" }
        from path in Directory.EnumerateFiles(Repository.PathOf(folder), "*.cs", SearchOption.AllDirectories)
        let file = Path.GetRelativePath(Repository.PathOf("."), path).Replace('\\', '/')
        where !file.Split('/').Any(part => part is "bin" or "obj")
        select file;
}
