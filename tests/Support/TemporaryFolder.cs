namespace VaeCf.Tests.Support;

/// <summary>An empty folder, deleted at the end of the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("vaecf-test-");

    public string this[string file] => Path.Combine(folder.FullName, file);

    public IEnumerable<string> Files => folder.EnumerateFiles().Select(file => file.Name).Order();

    public void Dispose() => folder.Delete(recursive: true);
}
