using System.Diagnostics;

namespace VaeCf.Native.Tests;

public class SamplesTests
{
    [Fact]
    public void The_first_sample_trains_saves_loads_and_recommends_ten_films()
    {
        string[] lines = Run("01_Embed");
        int heading = Array.FindIndex(
            lines, line => line.StartsWith("Those who liked Toy Story (1995); Star Wars: ", StringComparison.Ordinal));
        Assert.True(heading > 0, string.Join('\n', lines));
        Assert.Equal(20, lines.Count(line => line.StartsWith("epoch ", StringComparison.Ordinal)));
        string[] films = [.. lines[(heading + 1)..].Select(line => line.Trim())];
        Assert.Equal(10, films.Distinct().Count());
        Assert.All(films, film => Assert.Matches(@"\(\d{4}\)$", film));
        Assert.DoesNotContain("Toy Story (1995)", films);
    }

    [Fact]
    public void The_second_samples_own_model_is_trained_saved_loaded_and_recommends_ten_films()
    {
        string[] lines = Run("02_YourOwnModel");
        Assert.Equal(20, lines.Count(line => line.StartsWith("epoch ", StringComparison.Ordinal)));
        Assert.Equal(10, lines.Count(line => line.StartsWith("  ", StringComparison.Ordinal)));
        Assert.Single(lines, line => line.StartsWith("Most like ", StringComparison.Ordinal));
    }

    [Fact]
    public void The_third_samples_kernel_passes_its_own_checks()
    {
        string[] lines = Run("03_YourOwnKernel");
        Assert.Equal(16, lines.Length);
        Assert.All(lines, line => Assert.StartsWith("ok: ", line));
    }

    private static string[] Run(string sample)
    {
        string program = Path.Combine(AppContext.BaseDirectory, sample + ".dll");
        using Process process = Process.Start(
            new ProcessStartInfo("dotnet", [program]) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
