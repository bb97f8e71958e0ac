using System.CommandLine;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace VaeCf.Bench.Tests;

/// <summary>Every verb runs, at sizes that take no time, and says in Markdown and JSON what it must.</summary>
public class VerbTests
{
    private static string Run(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int code = Verbs.Root().Parse(arguments).Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        Assert.True(code == 0, $"{string.Join(' ', arguments)}: {error}");
        return output.ToString();
    }

    private static JsonElement RunJson(params string[] arguments) => JsonDocument.Parse(Run([.. arguments, "--json"])).RootElement;

    private static void AssertPositive(JsonElement json, params string[] keys) =>
        Assert.All(keys, key => Assert.True(json.GetProperty(key).GetDouble() > 0, $"{key} is {json.GetProperty(key)}"));

    [Fact]
    public void Step_reports_its_phases_and_their_sum()
    {
        JsonElement json = RunJson("step", "--items", "300", "--batch", "20", "--steps", "2");
        AssertPositive(json, "medianMs", "floorMs", "ceilingGflops", "usersPerSecond", "floorRatio");
        Assert.True(json.TryGetProperty("peerMs", out _));
        JsonElement[] phases = [.. json.GetProperty("phases").EnumerateArray()];
        Assert.Equal("step", phases[^1].GetProperty("phase").GetString());
        Assert.Equal(json.GetProperty("medianMs").GetDouble(), phases[^1].GetProperty("medianMs").GetDouble());
        Assert.True(phases[..^1].Sum(phase => phase.GetProperty("bestMs").GetDouble()) <= phases[^1].GetProperty("bestMs").GetDouble());
    }

    [Fact]
    public void The_Markdown_is_headed_by_what_the_figures_depend_on_and_goes_to_a_file_with_the_chart()
    {
        using var folder = new TemporaryFolder();
        string printed = Run("ladder", "gemm", "--m", "7", "--n", "13", "--k", "5", "--budget", "1", "--threads", "2", "--out", folder["results/ladder.md"], "--svg", folder["ladder.svg"]);
        Assert.Equal(printed, File.ReadAllText(folder["results/ladder.md"]));
        Assert.All(["# Ladder", "dotnet run -c", "- Date: ", "- .NET SDK: ", "- Processor: ", "- Threads: 1 and 2", "- Vectors: ", "| tiled, 2 threads |"], part => Assert.Contains(part, printed));
        XElement chart = XDocument.Load(folder["ladder.svg"]).Root!;
        Assert.All(["naive", "packed", "tiled, 2 threads"], label => Assert.Contains(chart.Descendants(), text => text.Value == label));
    }

    [Fact]
    public void Roofline_measures_ceilings_products_kernels_and_peers()
    {
        JsonElement json = RunJson("roofline", "--items", "60", "--batch", "8", "--hidden", "12", "--latent", "4", "--threads", "2", "--budget", "1");
        Assert.Equal(2, json.GetProperty("ceilings").GetArrayLength());
        Assert.Equal(2 * 15, json.GetProperty("gemm").GetArrayLength());
        Assert.Equal(2 * 18, json.GetProperty("kernels").GetArrayLength());
        Assert.All(json.GetProperty("gemm").EnumerateArray(), row => AssertPositive(row, "medianMs", "gflops", "ceilingPercent"));
        Assert.All(json.GetProperty("kernels").EnumerateArray(), row => AssertPositive(row, "medianMs", "gbs", "ceilingPercent"));
        Assert.All(json.GetProperty("peers").EnumerateArray(), row => AssertPositive(row, "oursMs", "peerMs", "ratio"));
        bool openBlas = json.GetProperty("openBlas").ValueKind != JsonValueKind.Null;
        Assert.All(json.GetProperty("gemm").EnumerateArray(), row => Assert.Equal(openBlas, row.GetProperty("openBlasGflops").ValueKind == JsonValueKind.Number));
    }

    [Fact]
    public void Evaluate_and_latency_report_time_and_memory()
    {
        AssertPositive(RunJson("evaluate", "--users", "30", "--items", "200", "--k", "10", "--runs", "2"), "seconds", "usersPerSecond", "floorSeconds", "floorRatio", "loadedMb", "peakMb");
        JsonElement calls = RunJson("latency", "--items", "60", "--calls", "20", "--threads", "1").GetProperty("calls");
        Assert.Equal(["Model.Rank", "Model.Recommend"], calls.EnumerateArray().Select(row => row.GetProperty("call").GetString()));
        Assert.All(calls.EnumerateArray(), row => Assert.True(row.GetProperty("p99Ms").GetDouble() >= row.GetProperty("medianMs").GetDouble()));
    }

    [Fact]
    public void Scale_trains_in_a_process_of_its_own()
    {
        JsonElement epoch = Assert.Single(RunJson("scale", "--users", "90", "--items", "200", "--batch", "40", "--threads", "1", "--hidden", "8", "--series", "epoch").GetProperty("cases").EnumerateArray());
        Assert.Equal(3, epoch.GetProperty("steps").GetInt32());
        AssertPositive(epoch, "clicks", "medianMs", "floorMs", "epochSeconds", "epochRatio", "peakMb", "peakWithModelMb");
    }

    [Fact]
    public void A_case_that_fails_says_why() =>
        Assert.Contains("there is no such folder", Assert.Throws<InvalidOperationException>(() => Child.Bench("load-folder", "nowhere")).Message);

    [Fact]
    public void Load_prepares_and_loads_a_file()
    {
        JsonElement json = RunJson("load", "--rows", "20000", "--runs", "1");
        Assert.Equal(20_000, json.GetProperty("rows").GetInt32());
        Assert.InRange(json.GetProperty("clicks").GetInt64(), 9_000, 11_000);
        Assert.All(json.GetProperty("parts").EnumerateArray(), row => AssertPositive(row, "medianSeconds"));
    }

    [Fact]
    public void Kernels_hands_its_arguments_to_BenchmarkDotNet()
    {
        string output = Run("kernels", "--json", "--", "--filter", "*OneThread*500x400x600*", "--iterationCount", "2", "--warmupCount", "1", "--invocationCount", "1", "--unrollFactor", "1");
        JsonElement row = Assert.Single(JsonDocument.Parse(output).RootElement.GetProperty("benchmarks").EnumerateArray());
        Assert.Equal(("500x400x600 B", 2), (row.GetProperty("parameters").GetString(), row.GetProperty("runs").GetInt32()));
        AssertPositive(row, "medianMs", "bestMs");
    }

    [Fact]
    public void The_readme_names_every_verb_and_its_commands_parse()
    {
        string readme = string.Join('\n', Repository.Lines("bench/README.md"));
        RootCommand root = Verbs.Root();
        Assert.All(root.Subcommands.Where(command => !command.Hidden), command => Assert.Contains($"`{command.Name}", readme));
        MatchCollection commands = Regex.Matches(readme, @"^ +bench ([^#\n]+)", RegexOptions.Multiline);
        Assert.True(commands.Count >= 8, $"{commands.Count} commands");
        Assert.All(commands.Select(match => match.Groups[1].Value.Replace("PROFILE", Path.GetTempPath()).Trim()), line => Assert.Empty(root.Parse(line).Errors));
    }
}
