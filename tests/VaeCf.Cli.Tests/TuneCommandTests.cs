using System.Text.Json;
using System.Text.Json.Nodes;
using VaeCf.Baselines;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Cli.Tests;

/// <summary><c>vaecf tune</c> and <c>vaecf compare</c> on a tiny split.</summary>
public sealed class TuneCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string split;

    public TuneCommandTests() => split = TinySplit.Write(folder);

    public void Dispose() => folder.Dispose();

    private string[] Tune(params string[] more) =>
        ["tune", split, "--out", folder["s"], "--hidden", "8", "--latent", "4", .. more];

    [Fact]
    public void Tune_prints_every_trial_the_choice_and_the_command_that_repeats_it()
    {
        CommandRun run = Vaecf.Run(Tune("--epochs", "9", "--batch", "25"));
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("multvae: 6 combinations of settings, 2 rounds", run.Error);
        Assert.Matches(@"multvae, round 1 of 2: beta cap 0\.2, learning rate 0\.001: NDCG@100 0\.\d{4} in epoch \d "
            + "of 3", run.Error);
        Assert.Equal(8, run.Output.Split('\n').Count(line => line.StartsWith("| beta cap", StringComparison.Ordinal)));
        Assert.Contains("best: beta cap ", run.Output);
        string line = run.Output.Split('\n').Single(text => text.StartsWith("the same by hand: vaecf ",
            StringComparison.Ordinal))["the same by hand: vaecf ".Length..].Trim();
        Assert.Equal(0, Vaecf.Run(line.Replace("MODEL.safetensors", folder["m"]).Split(' ')).ExitCode);
        Assert.Equal(File.ReadAllBytes(folder["m"]), File.ReadAllBytes(folder["s/best.safetensors"]));
    }

    [Fact]
    public void Stopped_it_goes_on_and_with_json_it_prints_one_object()
    {
        using var stop = new CancellationTokenSource();
        // A thread of its own: the pool's may all be at work.
        var watch = new Thread(() =>
        {
            SpinWait.SpinUntil(() => File.Exists(folder["s/best.safetensors"]), TimeSpan.FromMinutes(1));
            stop.Cancel();
        });
        watch.Start();
        CommandRun stopped = Vaecf.Run(CommandLine.Run, Tune("--epochs", "400"), stop.Token);
        watch.Join();
        Assert.Equal(130, stopped.ExitCode);
        CommandRun run = Vaecf.Run(Tune("--epochs", "400", "--json"));
        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"^multvae: 12 combinations of settings, 3 rounds; \d+ trials? made before", run.Error);
        JsonElement root = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal("multvae", root.GetProperty("model").GetString());
        Assert.InRange(root.GetProperty("test").GetProperty("model").GetProperty("ndcg@100").GetDouble(), 0, 1);
        Assert.Equal([12, 4, 2], root.GetProperty("trials").EnumerateArray().GroupBy(trial => trial.GetProperty("round")
            .GetInt32()).Select(round => round.Count()));
    }

    [Fact]
    public void The_lock_of_a_comparison_is_no_page()
    {
        Directory.CreateDirectory(folder["c"]);
        Vaecf.Run("compare", split, "--models", "popularity", "--out", folder["c"], "--report",
            folder["c/compare.lock"]).AssertWrongUse("expected another name");
    }

    [Fact]
    public void A_model_that_is_solved_at_once_needs_no_time_for_later_rounds()
    {
        string[] tune = ["tune", split, "--model", "ease", "--out", folder["s"]];
        Assert.Equal(0, Vaecf.Run(tune).ExitCode);
        // As if two trials had taken more than a third of the time, one of them the best.
        JsonNode search = JsonNode.Parse(File.ReadAllText(folder["s/search.json"]))!;
        JsonArray trials = search["trials"]!.AsArray();
        int combinations = trials.Count;
        JsonNode[] kept = [.. trials.OrderByDescending(trial => (double)trial!["ndcg"]!).Take(2)!];
        trials.Clear();
        foreach (JsonNode trial in kept)
        {
            trial["seconds"] = 15;
            trials.Add(trial);
        }
        File.WriteAllText(folder["s/search.json"], search.ToJsonString());
        CommandRun run = Vaecf.Run([.. tune, "--budget", "1"]);
        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain("not tried", run.Output);
        Assert.Equal(combinations, run.Output.Split('\n').Count(line => line.StartsWith("| lambda ",
            StringComparison.Ordinal)));
    }

    [Fact]
    public void A_folder_with_other_files_is_refused()
    {
        Directory.CreateDirectory(folder["s"]);
        File.WriteAllText(folder["s/mine"], "mine");
        Vaecf.Run(Tune()).AssertWrongUse($"{folder["s"]}: found a folder with other files; expected an empty one");
        Assert.Equal(["mine"], Directory.GetFiles(folder["s"]).Select(Path.GetFileName));
    }

    [Fact]
    public void Compare_ranks_models_tests_the_differences_and_writes_a_page()
    {
        string[] line = ["compare", split, "--models", "popularity,ease,itemknn", "--out", folder["c"], "--report",
            folder["r.html"]];
        CommandRun run = Vaecf.Run(line);
        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"\| EASE +\| +0\.\d{4} ± 0\.\d{4} \|", run.Output);
        Assert.Matches(@"\| Popularity +\| +0\.\d{4} ± 0\.\d{4} \|.*\| +(< )?0\.\d{4} \|", run.Output);
        Assert.Contains("most accurate: ", run.Output);
        Assert.Contains("for the least active fifth of the users", run.Output);
        string page = File.ReadAllText(folder["r.html"]);
        Assert.Contains("<title>Models on split</title>", page);
        Assert.Equal(2, page.Split("<svg class=\"chart\"").Length - 1);
        using (Recommender model = Recommender.Load(folder["c/ease/best.safetensors"]))
            Assert.Equal("ease", model.Settings.Type.Name);
        // Once more, from the searches that are done; the page is ours, and is replaced.
        CommandRun again = Vaecf.Run([.. line, "--json"]);
        Assert.Equal(0, again.ExitCode);
        JsonElement models = JsonDocument.Parse(again.Output).RootElement.GetProperty("models");
        Assert.Equal(3, models.GetArrayLength());
        Assert.All(models.EnumerateArray().Skip(1), model => Assert.InRange(model.GetProperty("p").GetDouble(), 0, 1));
        Assert.Equal(models.EnumerateArray().Select(Ndcg).OrderDescending(), models.EnumerateArray().Select(Ndcg));

        static double Ndcg(JsonElement model) => model.GetProperty("test").GetProperty("ndcg@100").GetDouble();
    }

    [Fact]
    public void Compare_mixes_the_best_of_both_kinds_and_says_what_it_lacks()
    {
        CommandRun run = Vaecf.Run("compare", split, "--models", "hybrid,popularity,multdae,contentknn", "--budget",
            "0.2", "--out", folder["h"]);
        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"\| Hybrid +\| +0\.\d{4} ± 0\.\d{4} \|", run.Output);
        Assert.Matches(@"not compared: contentknn: .*expected --features", run.Output);
        using (Recommender model = Recommender.Load(folder["h/hybrid/best.safetensors"]))
            Assert.Equal((folder["h/popularity/best.safetensors"], folder["h/multdae/best.safetensors"]),
                (model.Settings.Get(Hybrid.First), model.Settings.Get(Hybrid.Second)));
        run = Vaecf.Run("compare", split, "--models", "hybrid,popularity", "--out", folder["p"]);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("not compared: hybrid: it mixes the best network with the best of the other models",
            run.Output);
    }

    [Fact]
    public void Time_that_a_model_leaves_over_is_for_those_that_need_it()
    {
        CommandRun run = Vaecf.Run("compare", split, "--models", "multdae,popularity,random", "--budget", "0.05",
            "--out", folder["b"]);
        Assert.Equal(0, run.ExitCode);
        var search = new GridSearch(SplitFolder.Read(split), MultDae.Type.Defaults, folder["b/multdae"]);
        const double share = 0.05 * 60 / 3;
        double used = search.Trials.Sum(trial => trial.Seconds);
        Assert.True(used > 1.5 * share || !search.Trials.Any(trial => !trial.IsDone && trial.Failure is not null),
            $"{used} s of {share} s and what the others left");
    }

    [Fact]
    public void Compare_refuses_unknown_models_and_data_without_test_users_and_files_that_are_not_its_own()
    {
        Vaecf.Run("compare", split, "--models", "ease,eaze").AssertWrongUse("--models: found 'eaze'; expected all");
        Vaecf.Run("compare", TinySplit.Write(folder, "other", test: false), "--models", "ease")
            .AssertWrongUse("found no test users");
        File.WriteAllText(folder["mine.html"], "<html>mine");
        Vaecf.Run("compare", split, "--models", "ease", "--report", folder["mine.html"])
            .AssertWrongUse("found a file that is not a report that compare wrote");
    }
}
