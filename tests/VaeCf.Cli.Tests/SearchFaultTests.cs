using System.Diagnostics;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli.Tests;

/// <summary>
/// What may go wrong while <c>tune</c> and <c>compare</c> run: nothing of others is lost, what has been done is printed
/// and kept, and the same command goes on.
/// </summary>
public sealed class SearchFaultTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string split;

    public SearchFaultTests() => split = TinySplit.Write(folder);

    public void Dispose() => folder.Dispose();

    private string[] Tune(params string[] more) =>
        ["tune", split, "--out", folder["s"], "--hidden", "8", "--latent", "4", .. more];

    private string[] Compare(string models, params string[] more) =>
        ["compare", split, "--models", models, "--out", folder["c"], .. more];

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("KILL", 137)]
    public void Stopped_in_the_first_trial_the_same_command_goes_on(string signal, int code)
    {
        if (OperatingSystem.IsWindows())
            return;
        string[] line = Tune("--epochs", "300", "--batch", "25", "--beta-cap", "0.2");
        using (Process process = Process.Start(Vaecf.Interruptible(line))!)
        {
            SpinWait.SpinUntil(() => File.Exists(folder["s/search.json"]) || process.HasExited,
                TimeSpan.FromMinutes(1));
            using (Process kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]))
                kill.WaitForExit();
            process.WaitForExit();
            Assert.Equal(code, process.ExitCode);
        }
        Assert.Equal(0, Vaecf.Run(line).ExitCode);
        Assert.Equal(["best.safetensors", "search.json"],
            Directory.GetFiles(folder["s"]).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_full_disk_is_an_error_of_its_own_and_no_result()
    {
        SpecialFiles.OnSmallDisk(folder, 32, disk =>
        {
            CommandRun run = Vaecf.Run("tune", split, "--out", Path.Combine(disk, "s"), "--hidden", "200", "--latent",
                "4", "--epochs", "9");
            Assert.Contains("cannot be written: the disk is full; what was tried before is kept: the same command "
                + "goes on", run.Error);
            Assert.Equal((ExitCodes.Incomplete, ""), (run.ExitCode, run.Output));
            Assert.Contains("\"trials\": []", File.ReadAllText(Path.Combine(disk, "s/search.json")));
            Directory.Delete(Path.Combine(disk, "s"), recursive: true);
            run = Vaecf.Run("compare", split, "--models", "multdae,popularity", "--out", Path.Combine(disk, "c"));
            Assert.Equal(ExitCodes.Incomplete, run.ExitCode);
            Assert.Matches(@"\| Popularity ", run.Output);
            Assert.Matches("not compared: multdae: .*: cannot be written: the disk is full", run.Output);
        });
    }

    [Fact]
    public void A_budget_that_ends_training_is_told_and_a_large_one_is_no_limit()
    {
        CommandRun run = Vaecf.Run(Tune("--epochs", "1000000", "--patience", "0", "--budget", "0.03"));
        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"it is trained for \d+ epochs only, since time was up; the same command without --budget goes "
            + "on", run.Output);
        Assert.DoesNotContain("the same by hand", run.Output);
        Assert.NotEmpty(Directory.GetFiles(folder["s"], "trial-0.checkpoint"));
        Assert.Equal(0, Vaecf.Run("tune", split, "--out", folder["p"], "--model", "popularity", "--budget", "1e12")
            .ExitCode);
        Assert.Equal(0, Vaecf.Run(Compare("popularity", "--budget", "1e300")).ExitCode);
        CommandRun tooLittle = Vaecf.Run(Compare("multvae,ae,cdae", "--budget", "0.001"));
        Assert.True(tooLittle.ExitCode is 0 or 2, tooLittle.Error);
    }

    [Fact]
    public void A_missing_file_is_refused_once_and_later_the_search_goes_on()
    {
        string[] line = ["tune", split, "--out", folder["s"], "--model", "contentknn"];
        Vaecf.Run([.. line, "--features", folder["f.csv"]]).AssertWrongUse($"{folder["f.csv"]}: there is no such file");
        Vaecf.Run(line).AssertWrongUseAfterText("expected --features and a file");
        File.WriteAllLines(folder["f.csv"], ["id,genres", .. Enumerable.Range(100, 20).Select(id => $"{id},{id % 3}")]);
        Assert.Equal(0, Vaecf.Run([.. line, "--features", folder["f.csv"]]).ExitCode);
        File.AppendAllText(folder["f.csv"], "120,0\n");
        Vaecf.Run([.. line, "--features", folder["f.csv"]]).AssertWrongUse("on other data");
    }

    [Fact]
    public void A_model_that_the_memory_does_not_hold_is_left_out_of_a_comparison()
    {
        const int items = 20_000;
        File.WriteAllLines(Path.Combine(split, "unique_sid.txt"), Enumerable.Range(0, items).Select(id => $"{id}"));
        CommandRun run = Vaecf.RunProcess(Compare("popularity,ease,random"), ("DOTNET_GCHeapHardLimit", "0x10000000"));
        Assert.Matches(@"not compared: ease: .*GiB of memory; this machine has", run.Output);
        Assert.Matches(@"\| Popularity (?s:.)*\| Random |\| Random (?s:.)*\| Popularity ", run.Output);
        Assert.Equal(0, run.ExitCode);
    }

    [Fact]
    public void A_hybrid_of_other_parts_is_searched_anew()
    {
        (string, string) Parts()
        {
            using Recommender model = Recommender.Load(folder["c/hybrid/best.safetensors"]);
            return (model.Settings.Text(VaeCf.Baselines.Hybrid.First), model.Settings.Text(
                VaeCf.Baselines.Hybrid.Second));
        }
        string[] more = ["--budget", "0.5"];
        Assert.Equal(0, Vaecf.Run(Compare("random,multdae,hybrid", more)).ExitCode);
        Assert.Equal((folder["c/random/best.safetensors"], folder["c/multdae/best.safetensors"]), Parts());
        CommandRun run = Vaecf.Run(Compare("random,multdae,ease,hybrid", more));
        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain("not compared", run.Output);
        Assert.Equal((folder["c/ease/best.safetensors"], folder["c/multdae/best.safetensors"]), Parts());
    }

    [Fact]
    public void A_comparison_refuses_other_searches_and_comparisons_before_any_work()
    {
        Assert.Equal(0, Vaecf.Run("tune", split, "--out", folder["c/ease"], "--model", "ease", "--lambda", "7")
            .ExitCode);
        Vaecf.Run(Compare("popularity,ease")).AssertWrongUse("found a search of ease: lambda 7");
        Assert.Empty(Directory.GetFiles(folder["c/popularity"]));
        using (AtomicFile.Hold(folder["c/compare"]))
            Vaecf.Run(Compare("popularity")).AssertWrongUse("found another run that writes there");
        Assert.Equal(0, Vaecf.Run(Compare("popularity")).ExitCode);
        Assert.Empty(Directory.GetFiles(folder["c"]));
    }

    [Fact]
    public void A_report_takes_no_place_of_the_folder_with_the_models()
    {
        Vaecf.Run(Compare("ease", "--report", folder["c"])).AssertWrongUse($"{folder["c"]}: found the place of what ");
        Assert.False(Directory.Exists(folder["c"]));
        Assert.Equal(0, Vaecf.Run(Compare("ease")).ExitCode);
        byte[] model = File.ReadAllBytes(folder["c/ease/best.safetensors"]);
        foreach (string report in (string[])["c/ease/best.safetensors", "c/ease/new.html", "c/slim"])
            Vaecf.Run(Compare("ease,slim", "--report", folder[report], "--force"))
                .AssertWrongUse($"{folder[report]}: found the place of what --out {folder["c"]} is to hold");
        Assert.Equal(model, File.ReadAllBytes(folder["c/ease/best.safetensors"]));
        // Beside the models there is room.
        Assert.Equal(0, Vaecf.Run(Compare("ease", "--report", folder["c/report.html"])).ExitCode);
        Assert.Equal(0, Vaecf.Run(Compare("ease", "--report", folder["c/report.html"])).ExitCode);
    }

    [Fact]
    public void A_report_that_cannot_be_written_costs_no_table()
    {
        Directory.CreateDirectory(folder["r"]);
        using var watch = new Timer(_ =>
        {
            if (File.Exists(folder["c/ease/search.json"]) && Directory.Exists(folder["r"]))
                Directory.Delete(folder["r"], recursive: true);
        }, null, 0, 1);
        CommandRun run = Vaecf.Run(Compare("ease,wmf,nmf,ae", "--report", folder["r/report.html"]));
        Assert.Matches(@"\| EASE ", run.Output);
        Assert.DoesNotContain("the report is", run.Output);
        Assert.Contains($"error: {folder["r/report.html"]}: the folder {folder["r"]} does not exist", run.Error);
        Assert.Equal(ExitCodes.Incomplete, run.ExitCode);
    }

    [Fact]
    public void A_file_and_a_folder_of_others_are_no_place_for_a_search_or_a_comparison()
    {
        Vaecf.Run("compare", split, "--models", "ease", "--out", split)
            .AssertWrongUse($"{split}: found a folder with other files; expected an empty one, one of a comparison");
        Vaecf.Run("tune", split, "--model", "ease", "--out", split).AssertWrongUse("found a folder with other files");
        Assert.Empty(Directory.GetDirectories(split));
        File.WriteAllText(folder["file"], "mine");
        foreach (string[] command in (string[][])[["compare", split, "--models", "ease"],
            ["tune", split, "--model", "ease"]])
            Vaecf.Run([.. command, "--out", folder["file"]])
                .AssertWrongUse($"{folder["file"]}: found a file; expected a folder, or none");
    }

    [Fact]
    public void With_one_test_user_there_is_a_table_without_a_test()
    {
        foreach (string name in (string[])["test_tr.csv", "test_te.csv"])
        {
            string file = Path.Combine(split, name), user = $"{TinySplit.TrainUsers + TinySplit.HeldOutUsers},";
            File.WriteAllLines(file, File.ReadAllLines(file).Where((line, i) =>
                i == 0 || line.StartsWith(user, StringComparison.Ordinal)));
        }
        CommandRun run = Vaecf.Run(Compare("ease,popularity", "--report", folder["r.html"]));
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("means over 1 test users", run.Output);
        Assert.Contains("by chance it might as well be ", run.Output);
        run = Vaecf.Run(Compare("ease,popularity", "--json"));
        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain("\"p\"", run.Output);
    }
}
