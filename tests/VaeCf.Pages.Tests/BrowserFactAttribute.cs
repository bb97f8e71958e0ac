namespace VaeCf.Pages.Tests;

/// <summary>A test that needs Chromium; skipped, with the reason, where there is none.</summary>
public sealed class BrowserFactAttribute : FactAttribute
{
    private const string Variable = "VAECF_CHROMIUM";

    private static readonly string[] names = ["chromium", "chromium-browser", "google-chrome"];

    public BrowserFactAttribute()
    {
        if (Chromium is null)
            Skip = $"found no Chromium: neither in {Variable} nor, as {string.Join(" or ", names)}, in PATH";
    }

    /// <summary>The program: what VAECF_CHROMIUM names, else the first in PATH; null if there is none.</summary>
    public static string? Chromium { get; } = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given
        ? given
        : names.SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
}
