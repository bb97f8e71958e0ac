using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using VaeCf.Kernels.Common;
using VaeCf.Native.Data;

namespace VaeCf.Bench.Tests;

/// <summary>Every verb runs, at sizes that take no time, and says in JSON and Markdown what it must.</summary>
public class VerbTests
{
    private const int Hidden = 600;

    // The JSON; the Markdown of the same run is headed by the same facts.
    private static JsonElement Run(params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        JsonElement json = BenchRun.Of([.. arguments, "--json", "--out", folder["results/report.md"]]).Json();
        string markdown = File.ReadAllText(folder["results/report.md"]);
        Assert.StartsWith("# ", markdown);
        foreach ((string line, string key) in (ReadOnlySpan<(string, string)>)[("`", "command"),
            ("- Date: ", "date"), ("- .NET SDK: ", "sdk"), ("- Processor: ", "processor"), ("- Threads: ", "threads"),
            ("- Vectors: ", "vectors")])
            Assert.Contains($"\n{line}{Text(json, key)}", markdown);
        Assert.StartsWith($"{string.Join(' ', arguments)} ", Text(json, "command").Split(" -- ", 2)[1]);
        Assert.True(DateTime.TryParse(Text(json, "date"), CultureInfo.InvariantCulture, out _));
        Assert.Matches(@"^\d+\.\d+\.\d+.*, runtime \d+\.", Text(json, "sdk"));
        Assert.Contains($"{Environment.ProcessorCount} logical cores", Text(json, "processor"));
        Assert.Equal(VectorWidth.Name, Text(json, "vectors"));
        return json;
    }

    private static string Text(JsonElement json, string key) => json.GetProperty(key).GetString()!;

    private static double Number(JsonElement json, string key) => json.GetProperty(key).GetDouble();

    private static JsonElement[] Rows(JsonElement json, string table) => [.. json.GetProperty(table).EnumerateArray()];

    private static void AssertPositive(JsonElement json, params string[] keys) =>
        Assert.All(keys, key => Assert.True(Number(json, key) > 0, $"{key} is {json.GetProperty(key)}"));

    private static void AssertSame(double expected, double actual) => Assert.Equal(1, actual / expected, 1e-9);

    [Fact]
    public void Sweep_reports_both_steps_their_floors_and_writes_the_clicks()
    {
        using var folder = new TemporaryFolder();
        JsonElement json = Run("sweep", "--users", "30", "--items", "60", "--factors", "5", "--sweeps", "2",
            "--threads", "2", "--write", folder["clicks.csv"]);
        JsonElement[] steps = Rows(json, "steps");
        Assert.Equal(["users", "items"], steps.Select(step => Text(step, "step")));
        Assert.All(steps, step => AssertPositive(step, "medianMs", "bestMs", "directMs", "floorMs"));
        AssertSame(Number(json, "medianMs"), steps.Sum(step => Number(step, "medianMs")));
        AssertSame(Number(json, "medianMs") / steps.Sum(step => Number(step, "floorMs")), Number(json, "floorRatio"));
        AssertSame(steps.Sum(step => Number(step, "directMs")) / Number(json, "medianMs"),
            Number(json, "directRatio"));
        string[] lines = File.ReadAllLines(folder["clicks.csv"]);
        Assert.Equal("user,item", lines[0]);
        Assert.Contains($" {lines.Length - 1} clicks", Text(json, "shape"));
    }

    [Fact]
    public void Step_reports_its_parts_their_sum_and_the_floor_of_6_B_I_H()
    {
        using var folder = new TemporaryFolder();
        JsonElement json = Run(
            "step", "--items", "60", "--batch", "4", "--steps", "3", "--threads", "2", "--svg", folder["step.svg"]);
        AssertPositive(json, "medianMs", "bestMs", "floorMs", "ceilingGflops", "usersPerSecond");
        AssertSame(6.0 * 4 * 60 * Hidden, Number(json, "floorMs") * Number(json, "ceilingGflops") * 1e6);
        AssertSame(Number(json, "medianMs") / Number(json, "floorMs"), Number(json, "floorRatio"));
        AssertSame(4 / Number(json, "medianMs") * 1e3, Number(json, "usersPerSecond"));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("peerMs").ValueKind);
        JsonElement[] phases = Rows(json, "phases");
        Assert.Equal(["load", "noise", "encoder forward", "decoder, with loss and updates",
            "encoder backward, with updates", "terms", "step"], phases.Select(phase => Text(phase, "phase")));
        Assert.Equal(Number(json, "medianMs"), Number(phases[^1], "medianMs"));
        Assert.True(phases[..^1].Sum(phase => Number(phase, "bestMs")) <= Number(json, "bestMs"));
        Assert.Contains(XDocument.Load(folder["step.svg"]).Descendants(), text => text.Value == "VaeCf.Native");
    }

    [Fact]
    public void Baselines_times_fits_and_rankings()
    {
        JsonElement json = Run("baselines", "--users", "50", "--items", "60", "--ranked", "20", "--threads", "2",
            "--budget", "1");
        JsonElement[] fits = Rows(json, "fits");
        Assert.Equal(["EASE", "item kNN"], fits.Select(fit => Text(fit, "model")));
        Assert.All(fits, fit => AssertPositive(fit, "clicks", "seconds", "peakMb"));
        Assert.InRange(Number(fits[0], "kkt"), 0, 1e-3);
        JsonElement[] rankings = Rows(json, "rankings");
        Assert.Equal(2, rankings.Length);
        Assert.All(rankings, row => AssertPositive(row, "clicks", "medianMs", "bytesMs", "floorRatio"));
        AssertSame(Number(rankings[1], "medianMs")
            / Math.Max(Number(rankings[1], "productsMs"), Number(rankings[1], "bytesMs")),
            Number(rankings[1], "floorRatio"));
    }

    [Fact]
    public void Networks_times_steps_of_each_and_their_floors()
    {
        JsonElement json = Run("networks", "--items", "60", "--batch", "4", "--steps", "2", "--threads", "2");
        JsonElement[] steps = Rows(json, "steps");
        Assert.Equal(["ae", "cdae", "cdae-samples", "neumf"], steps.Select(step => Text(step, "model")));
        Assert.All(steps, step => AssertPositive(step, "medianMs", "bestMs", "floorMs"));
        Assert.All(steps, step =>
            AssertSame(Number(step, "medianMs") / Number(step, "floorMs"), Number(step, "floorRatio")));
        Assert.All(steps, step => Assert.Equal(JsonValueKind.Null, step.GetProperty("peerMs").ValueKind));
    }

    [Fact]
    public void Mistakes_measures_each_beside_the_model_without_it()
    {
        using var folder = new TemporaryFolder();
        var clicks = new ClickBuilder();
        foreach (int user in Enumerable.Range(0, 60))
            foreach (int place in Enumerable.Range(0, 8))
                clicks.Add($"{user}", $"{(user + 5 * place) % 23}");
        SplitFolder.Write(folder["clicks"], Splits.StrongGeneralization(clicks.Build()).Split);
        JsonElement json = Run("mistakes", folder["clicks"], "--seeds", "1", "--epochs", "2", "--threads", "2");
        JsonElement[] rows = Rows(json, "mistakes");
        Assert.Equal(12, rows.Length);
        Assert.Equal(["Mult-VAE", "Mult-DAE"], rows.Where(row => Text(row, "mistake") == "none")
            .Select(row => Text(row, "model")));
        Assert.All(rows, row => Assert.Matches(@"^0\.\d{4} ± 0\.\d{4}$", Text(row, "ndcg")));
        Assert.All(rows.Where(row => Text(row, "mistake") != "none"),
            row => Assert.Matches(@"^-?0\.\d{4} ± 0\.\d{4}$", Text(row, "difference")));
        AssertPositive(json, "dense");
    }

    [Fact]
    public void Sequences_times_a_pass_of_a_user_a_step_and_of_many()
    {
        using var folder = new TemporaryFolder();
        var clicks = new ClickBuilder(new ReadOptions { KeepOrder = true });
        foreach (int user in Enumerable.Range(0, 20))
            foreach (int place in Enumerable.Range(0, 7))
                clicks.Add($"{user}", $"{(user + 5 * place) % 13}");
        SplitFolder.Write(folder["clicks"], Splits.StrongGeneralization(clicks.Build()).Split);
        JsonElement[] rows = Rows(Run("sequences", folder["clicks"], "--users", "6", "--batch", "4", "--threads", "2"),
            "passes");
        Assert.Equal([1, 4], rows.Select(row => Number(row, "batch")));
        Assert.All(rows, row => AssertPositive(row, "seconds", "usPerStep"));
        Assert.All(rows, row => Assert.Equal(JsonValueKind.Null, row.GetProperty("peerSeconds").ValueKind));
    }

    [Fact]
    public void Ratings_times_epochs_of_every_model()
    {
        using var folder = new TemporaryFolder();
        var ratings = new ClickBuilder(new ReadOptions { KeepCounts = true });
        foreach (int user in Enumerable.Range(0, 20))
            foreach (int item in Enumerable.Range(0, 9))
                ratings.Add($"{user}", $"{(user * item + item) % 31}", 1 + (user + item) % 5);
        SplitFolder.Write(folder["rated"], Splits.Ratings(ratings.Build()).Split);
        JsonElement json = Run("ratings", folder["rated"], "--units", "3", "--epochs", "2", "--batch", "7",
            "--threads", "2");
        JsonElement[] rows = Rows(json, "epochs"), others = Rows(json, "others");
        Assert.Equal(["I-AutoRec", "U-AutoRec"], rows.Select(row => Text(row, "model")));
        Assert.All(rows, row => AssertPositive(row, "rows", "columns", "ratings", "medianMs", "bestMs"));
        Assert.Equal(["DeepRec", "RBM", "RBM of clicks"], others.Select(row => Text(row, "model")));
        Assert.All(others, row => AssertPositive(row, "medianMs", "bestMs"));
    }

    [Fact]
    public void Roofline_measures_ceilings_products_kernels_and_peers()
    {
        JsonElement json = Run("roofline", "--items", "60", "--batch", "8", "--hidden", "12", "--latent", "4",
            "--threads", "2", "--budget", "1");
        Assert.Equal([1, 2], Rows(json, "ceilings").Select(row => row.GetProperty("threads").GetInt32()));
        Assert.All(Rows(json, "ceilings"), row => AssertPositive(row, "gflops", "readGbs", "copyGbs", "updateGbs"));

        JsonElement[] products = Rows(json, "gemm"), kernels = Rows(json, "kernels"), peers = Rows(json, "peers");
        string[] shapes = [.. RooflineGemm.Of(new Shapes(8, 60, 12, 4))
            .Select(shape => $"{shape.M} x {shape.N} x {shape.K} {shape.Transpose}")];
        Assert.Equal([.. shapes, .. shapes], products.Select(row => $"{Text(row, "shape")} {Text(row, "transposed")}"));
        bool openBlas = json.GetProperty("openBlas").ValueKind != JsonValueKind.Null;
        Assert.All(products, row =>
        {
            AssertSame(2 * Text(row, "shape").Split(" x ").Aggregate(1.0, (product, size) => product * int.Parse(size)),
                Number(row, "gflops") * Number(row, "medianMs") * 1e6);
            AssertSame(Number(row, "gflops") / Number(row, "ceilingGflops") * 100, Number(row, "ceilingPercent"));
            Assert.Equal(openBlas, row.GetProperty("openBlasGflops").ValueKind == JsonValueKind.Number);
            Assert.Equal(row.GetProperty("threads").GetInt32() == 2,
                row.GetProperty("lineNs").ValueKind == JsonValueKind.Number);
        });
        Assert.True(kernels.Length > 30
            && kernels.Count(row => row.GetProperty("threads").GetInt32() == 2) == kernels.Length / 2);
        Assert.All(kernels, row => AssertSame(Number(row, "megabytes"), Number(row, "gbs") * Number(row, "medianMs")));
        Assert.All(kernels, row =>
            AssertSame(Number(row, "gbs") / Number(row, "ceilingGbs") * 100, Number(row, "ceilingPercent")));
        Assert.NotEmpty(peers);
        Assert.All(peers, row => AssertSame(Number(row, "peerMs") / Number(row, "oursMs"), Number(row, "ratio")));
    }

    [Fact]
    public void The_ladder_has_a_rung_for_each_idea_and_draws_them()
    {
        using var folder = new TemporaryFolder();
        JsonElement json = Run("ladder", "gemm", "--m", "7", "--n", "13", "--k", "5", "--items", "17", "--budget", "1",
            "--threads", "2", "--svg", folder["ladder.svg"]);
        JsonElement[] rungs = Rows(json, "rungs"), fused = Rows(json, "fused");
        Assert.Equal(["naive", "reordered", "vectorised", "blocked", "packed", "tiled: Gemm.Cpu", "tiled, 2 threads"],
            rungs.Select(rung => Text(rung, "rung")));
        Assert.All(rungs, rung =>
            AssertSame(2.0 * 7 * 13 * 5, Number(rung, "gflops") * Number(rung, "medianMs") * 1e6));
        Assert.All(rungs, rung =>
            AssertSame(Number(rung, "gflops") / Number(rungs[0], "gflops"), Number(rung, "timesFirst")));
        Assert.All([.. rungs, .. fused], rung =>
            AssertSame(Number(rung, "gflops") / Number(rung, "ceilingGflops") * 100, Number(rung, "ceilingPercent")));
        Assert.Equal(2, fused.Length);
        Assert.All(fused, rung =>
            AssertSame(6.0 * 7 * 17 * 5, Number(rung, "gflops") * Number(rung, "medianMs") * 1e6));
        XElement chart = XDocument.Load(folder["ladder.svg"]).Root!;
        Assert.All(rungs, rung => Assert.Contains(chart.Descendants(), text => text.Value == Text(rung, "rung")));
    }

    [Fact]
    public void Evaluate_reports_time_memory_and_the_floor_of_2_B_I_H()
    {
        JsonElement json = Run(
            "evaluate", "--users", "30", "--items", "60", "--k", "10", "--runs", "2", "--threads", "1");
        AssertPositive(json, "seconds", "bestSeconds", "ceilingGflops", "loadedMb", "peakMb");
        AssertSame(2.0 * 30 * 60 * Hidden, Number(json, "floorSeconds") * Number(json, "ceilingGflops") * 1e9);
        AssertSame(Number(json, "seconds") / Number(json, "floorSeconds"), Number(json, "floorRatio"));
        AssertSame(30 / Number(json, "seconds"), Number(json, "usersPerSecond"));
    }

    [Fact]
    public void Latency_reports_percentiles_and_bytes_of_both_calls_and_answers_to_concurrent_callers()
    {
        JsonElement json = Run("latency", "--items", "60", "--k", "5", "--calls", "20", "--threads", "2",
            "--callers", "1,2", "--round-ms", "2", "--together", "1,3");
        JsonElement[] calls = Rows(json, "calls"), callers = Rows(json, "callers"), together = Rows(json, "together");
        Assert.Equal(
            ["Recommender.Rank 1", "Recommender.Recommend 1", "Recommender.Rank 2", "Recommender.Recommend 2"],
            calls.Select(row => $"{Text(row, "call")} {row.GetProperty("threads")}"));
        Assert.All(calls, row =>
        {
            AssertPositive(row, "bestMs", "floorMs");
            Assert.True(Number(row, "bestMs") <= Number(row, "medianMs")
                && Number(row, "medianMs") <= Number(row, "p99Ms"));
            Assert.True(Number(row, "bytes") <= Number(row, "bytesAllThreads"));
        });
        Assert.Equal([(1, 1), (3, 1), (1, 2), (3, 2)],
            together.Select(row => (row.GetProperty("users").GetInt32(), row.GetProperty("threads").GetInt32())));
        Assert.All(together, row =>
        {
            AssertPositive(row, "bestMs");
            AssertSame(Number(row, "medianMs") / Number(row, "floorMs"), Number(row, "floorRatio"));
        });
        Assert.Equal([(1, 1), (1, 2), (2, 2)],
            callers.Select(row => (row.GetProperty("callers").GetInt32(), row.GetProperty("threads").GetInt32())));
        Assert.Equal(1, Number(callers[0], "ratio"));
        Assert.All(callers, row =>
        {
            AssertPositive(row, "answersPerSecond", "ratio", "p50Ms");
            Assert.True(Number(row, "p50Ms") <= Number(row, "p95Ms"));
        });
    }

    [Fact]
    public void Scale_trains_each_case_in_a_process_of_its_own()
    {
        JsonElement json = Run("scale", "--users", "90,30", "--items", "60", "--batch", "40", "--threads", "1",
            "--hidden", "8", "--steps", "1", "--series", "epoch", "users");
        JsonElement[] cases = Rows(json, "cases");
        Assert.Equal([("epoch", 90, 3), ("users", 90, 1), ("users", 30, 1)], cases.Select(row =>
            (Text(row, "series"), row.GetProperty("users").GetInt32(), row.GetProperty("steps").GetInt32())));
        Assert.All(cases, row =>
        {
            Assert.Equal(Synthetic.PowerLaw(60).Clicks(row.GetProperty("users").GetInt32()).ClickCount,
                row.GetProperty("clicks").GetInt64());
            AssertPositive(row, "medianMs", "floorMs", "epochSeconds", "epochFloorSeconds", "peakMb");
            AssertSame(Number(row, "medianMs") / Number(row, "floorMs"), Number(row, "floorRatio"));
            if (Number(row, "steps") == 1)
                AssertSame(Number(row, "users") / 40, Number(row, "epochFloorSeconds") * 1e3 / Number(row, "floorMs"));
            AssertSame(Number(row, "epochSeconds") / Number(row, "epochFloorSeconds"), Number(row, "epochRatio"));
            Assert.True(Number(row, "peakMb") <= Number(row, "peakWithModelMb"));
        });
    }

    [Fact]
    public void Load_prepares_a_file_and_loads_the_split()
    {
        JsonElement json = Run("load", "--rows", "4000", "--runs", "1");
        Assert.Equal(4_000, json.GetProperty("rows").GetInt32());
        // Ratings of 4 and more are half of all; some users have too few.
        Assert.InRange(json.GetProperty("clicks").GetInt64(), 1_600, 2_200);
        AssertPositive(json, "megabytes", "generatedSeconds", "splitMegabytes");
        JsonElement[] parts = Rows(json, "parts");
        Assert.Equal(["prepare", "prepare: read", "prepare: split", "prepare: write", "load the split"],
            parts.Select(row => Text(row, "part")));
        Assert.All(parts, row => AssertPositive(row, "medianSeconds", "bestSeconds"));
        AssertSame(parts[1..4].Sum(row => Number(row, "medianSeconds")), Number(parts[0], "medianSeconds"));
        AssertSame(Number(json, "megabytes") / Number(parts[0], "medianSeconds"),
            Number(parts[0], "megabytesPerSecond"));
    }

    [Fact]
    public void Prices_compares_every_model_with_the_first()
    {
        JsonElement[] models = Rows(Run("prices", "--items", "20", "--batch", "2", "--hidden", "4", "--steps", "1",
            "--threads", "1"), "models");
        Assert.Equal("Mult-VAE", Text(models[0], "model"));
        Assert.Equal(20, models.DistinctBy(row => Text(row, "model")).Count());
        Assert.All(models, row =>
            AssertSame(Number(row, "medianMs") / Number(models[0], "medianMs"), Number(row, "ratio")));
        Assert.All(models, row =>
            AssertSame(Number(row, "peakMb") / Number(models[0], "peakMb"), Number(row, "memoryRatio")));
    }

    [Fact]
    public void Family_trains_the_models_that_it_is_told_of_once()
    {
        using var folder = new TemporaryFolder();
        ClickMatrix clicks = Synthetic.PowerLaw(60).Clicks(80);
        File.WriteAllLines(folder["clicks.csv"], ["user,item", .. Enumerable.Range(0, 80)
            .SelectMany(user => clicks.ItemsOf(user).ToArray().Select(item => $"{user},{item}"))]);
        SplitFolder.Write(folder["split"],
            Splits.StrongGeneralization(ClickReader.Read(folder["clicks.csv"]), new() { HeldOutUsers = 10 }).Split);
        string[] command = ["family", folder["split"], "--runs", folder["runs.jsonl"], "--epochs", "2", "--warm-up",
            "1", "--choices", "1", "--seeds", "2", "--models", "RecVAE", "Mult-DAE"];
        JsonElement json = Run(command);
        string[] runs = File.ReadAllLines(folder["runs.jsonl"]);
        Assert.Equal([("Mult-DAE", 1), ("RecVAE", 1), ("Mult-DAE", 2), ("RecVAE", 2)],
            runs.Select(run => JsonDocument.Parse(run).RootElement)
            .Select(run => (Text(run, "Model"), run.GetProperty("Seed").GetInt32())));
        Assert.Equal(["popularity ", "Mult-DAE 2", "RecVAE 2"],
            Rows(json, "models").Select(row => $"{Text(row, "model")} {Text(row, "seeds")}"));
        double mean = runs.Where(run => run.Contains("RecVAE", StringComparison.Ordinal))
            .Average(run => JsonDocument.Parse(run).RootElement.GetProperty("Values")[0].GetDouble());
        Assert.StartsWith(mean.ToString("F5", CultureInfo.InvariantCulture), Text(Rows(json, "models")[2], "NDCG@100"));
        Assert.Equal(Rows(json, "models").Select(row => $"{row}"),
            Rows(Run(command), "models").Select(row => $"{row}"));
        Assert.Equal(runs, File.ReadAllLines(folder["runs.jsonl"]));
    }

    [Fact]
    public void Kernels_hands_its_arguments_to_BenchmarkDotNet()
    {
        BenchRun run = BenchRun.Of("kernels", "--json", "--", "--list", "flat");
        Assert.Empty(Rows(run.Json(), "benchmarks"));
        string[] listed = [.. run.Error.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)];
        Assert.Equal(7, listed.Length);
        Assert.All(["GemmBenchmarks.OneThread", "GemmBenchmarks.AllThreads", "StepBenchmarks.AdamStep"],
            name => Assert.Contains($"VaeCf.Bench.{name}", listed));
    }

    [Fact]
    public void A_run_that_does_not_end_is_stopped_and_named() =>
        Assert.Contains("bench ladder gemm --budget 1000000 did not end within 1 s", Assert.ThrowsAny<Exception>(() =>
            BenchRun.Of(TimeSpan.FromSeconds(1), ["ladder", "gemm", "--budget", "1000000"])).Message);

    [Fact]
    public void The_readme_names_every_verb_and_its_commands_parse()
    {
        string readme = string.Join('\n', Repository.Lines("bench/README.md"));
        RootCommand root = Verbs.Root();
        Assert.All(root.Subcommands.Where(command => !command.Hidden),
            command => Assert.Contains($"`{command.Name}", readme));
        MatchCollection commands = Regex.Matches(readme, @"^ +bench ([^#\n]+)", RegexOptions.Multiline);
        Assert.True(commands.Count >= 8, $"{commands.Count} commands");
        Assert.All(commands.Select(match => match.Groups[1].Value.Replace("PROFILE", Path.GetTempPath())
                .Replace("DIR", Path.GetTempPath()).Replace("LOSS", "630").Trim()),
            line => Assert.Empty(root.Parse(line).Errors));
    }
}
