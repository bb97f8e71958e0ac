namespace VaeCf.Tests.Support;

/// <summary>The files of the repository that the tests were built from.</summary>
internal static class Repository
{
    private static readonly string root = FindRoot();

    public static string PathOf(string file) => Path.Combine(root, file);

    public static string[] Lines(string file) => File.ReadAllLines(PathOf(file));

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Directory.Build.props")))
                return folder.FullName;
        throw new InvalidOperationException($"no folder above {AppContext.BaseDirectory} holds the repository");
    }
}
