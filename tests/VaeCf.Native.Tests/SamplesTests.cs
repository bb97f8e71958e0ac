using System.Diagnostics;
using System.Globalization;

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
    public void Your_own_csv_is_read_trained_on_and_its_mistake_is_named()
    {
        string[] lines = Run("02_YourOwnCsv");
        Assert.EndsWith("layout delimited: user customer, item tea; not used: order, pots, day", lines[0]);
        string[] teas = [.. Assert.Single(lines, line => line.StartsWith("To somebody who took sencha: ",
            StringComparison.Ordinal)).Split(": ")[1].Split(", ")];
        Assert.All(teas, tea => Assert.Contains(tea, new[] { "gyokuro", "matcha", "genmaicha", "hojicha", "bancha" }));
        Assert.Contains("Not known: no such item", lines);
        Assert.Contains(lines, line => line.StartsWith("A broken file: ", StringComparison.Ordinal)
            && line.Contains("line 4"));
    }

    [Fact]
    public void A_run_shows_its_progress_is_stopped_and_goes_on_to_the_same_bits()
    {
        string[] lines = Run("03_ProgressAndCancel");
        Assert.Equal(Enumerable.Range(1, 12), lines.Where(line => line.Contains(" of 12  loss "))
            .Select(line => int.Parse(line.Split("epoch ")[1].Split(" of ")[0], CultureInfo.InvariantCulture)));
        Assert.Contains(lines, line => line.StartsWith("stopped after 25 steps; ", StringComparison.Ordinal));
        Assert.EndsWith("; the same bits as a run in one go", lines[^1]);
    }

    [PythonFact]
    public void Python_reads_the_model_and_recommends_the_same()
    {
        using var folder = new TemporaryFolder();
        string[] ours = Run("04_ReadInPython", folder["model.safetensors"]);
        string[] theirs = Output(PythonFactAttribute.Python!,
            Path.Combine(AppContext.BaseDirectory, "read_model.py"), folder["model.safetensors"], "1", "260", "1210");
        Assert.Equal(10, ours.Length);
        Assert.Equal(ours.Select(line => line.Split(' ')[0]), theirs.Select(line => line.Split(' ')[0]));
        Assert.All(ours.Zip(theirs), pair => Assert.Equal(Score(pair.First), Score(pair.Second), 2e-4));

        static double Score(string line) => double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Without_a_file_to_save_to_the_fourth_sample_says_so_in_a_line()
    {
        string sample = Path.Combine(AppContext.BaseDirectory, "04_ReadInPython.dll");
        using Process process = Process.Start(
            new ProcessStartInfo("dotnet", [sample]) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(2, process.ExitCode);
        Assert.StartsWith("expected one argument", Assert.Single(
            error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public void Your_own_model_is_trained_saved_loaded_and_recommends_ten_films()
    {
        string[] lines = Run("05_YourOwnModel");
        Assert.Equal(20, lines.Count(line => line.StartsWith("epoch ", StringComparison.Ordinal)));
        Assert.Equal(10, lines.Count(line => line.StartsWith("  ", StringComparison.Ordinal)));
        Assert.Single(lines, line => line.StartsWith("Most like ", StringComparison.Ordinal));
    }

    [Fact]
    public void Your_own_kernel_passes_its_own_checks()
    {
        string[] lines = Run("06_YourOwnKernel");
        Assert.Equal(16, lines.Length);
        Assert.All(lines, line => Assert.StartsWith("ok: ", line));
    }

    [Fact]
    public void A_kernel_is_timed_beside_its_ceiling()
    {
        string[] lines = Run("07_BenchmarkAKernel", "300", "100");
        Assert.Equal("300 x 100, 0 MB read and written", lines[0]);
        Assert.Equal(3, lines.Length);
        Assert.All(lines[1..], line => Assert.Matches(@"^threads \d+: copy \d+\.\d GB/s \(best \d+\.\d\), "
            + @"kernel \d+\.\d GB/s \(best \d+\.\d\): \d+ ?% of the ceiling$", line));
    }

    private static string[] Run(string sample, params string[] arguments) =>
        Output("dotnet", [Path.Combine(AppContext.BaseDirectory, sample + ".dll"), .. arguments]);

    private static string[] Output(string program, params string[] arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}

/// <summary>A test that runs where a python3 of the path has numpy, and says elsewhere why it does not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> python = new(() => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "python3"))
        .FirstOrDefault(path => File.Exists(path) && HasNumpy(path)));

    public PythonFactAttribute() => Skip = Python is null ? "no python3 in the path imports numpy" : null;

    public static string? Python => python.Value;

    private static bool HasNumpy(string path)
    {
        using Process process = Process.Start(new ProcessStartInfo(path, ["-c", "import numpy"])
        {
            RedirectStandardError = true,
        })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
