using System.Diagnostics;
using System.Text.Json;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli.Tests;

/// <summary>A trained model is saved whatever else goes wrong, and the exit code tells.</summary>
public class FailureTests
{
    private static string[] Line(TemporaryFolder folder, params string[] more) => ["train", TinySplit.Write(folder),
        "--out", folder["m"], "--hidden", "8", "--latent", "4", .. more];

    private sealed class FullWriter(int hResult) : StringWriter
    {
        public override void Write(char value) => throw new IOException("why", hResult);

        public override void Write(string? value) => throw new IOException("why", hResult);

        public override void WriteLine(string? value) => throw new IOException("why", hResult);

        public override void Write(char[] buffer, int index, int count) => throw new IOException("why", hResult);
    }

    // ENOSPC and EPIPE.
    private const int Full = 28, Closed = 32;

    private static (int Code, string Output, string Error) Run(string[] line, int? output = null, int? error = null)
    {
        using StringWriter toOutput = output is int o ? new FullWriter(o) : new StringWriter(),
            toError = error is int e ? new FullWriter(e) : new StringWriter();
        int code = CommandLine.Run(line, new CommandContext(
            CommandContext.CreateConsole(toOutput, false), CommandContext.CreateConsole(toError, false), default));
        return (code, toOutput.ToString(), toError.ToString());
    }

    [Theory]
    [InlineData(Full, null)]
    [InlineData(Closed, null)]
    [InlineData(null, Full)]
    [InlineData(null, Closed)]
    [InlineData(Full, Full)]
    public void Training_goes_on_when_output_cannot_be_written(int? output, int? error)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(ExitCodes.Incomplete, Run(Line(folder, "--epochs", "2"), output, error).Code);
        using Recommender model = Recommender.Load(folder["m"]);
        Assert.InRange(model.Info.Epoch, 1, 2);
    }

    [Fact]
    public void A_result_that_cannot_be_written_is_told_and_fails_and_a_closed_pipe_ends_quietly()
    {
        if (OperatingSystem.IsWindows())
            return;
        using var folder = new TemporaryFolder();
        string split = TinySplit.Write(folder);
        (int code, _, string error) = Run(["stats", split], output: Full);
        Assert.Equal(
            (ExitCodes.WrongUse, "error: standard output: cannot be written: the disk is full\n"), (code, error));
        (code, _, error) = Run(["stats", split], output: Closed);
        Assert.Equal((ExitCodes.PipeClosed, ""), (code, error));
        Assert.Equal(ExitCodes.WrongUse, Run(["--help"], output: Full).Code);
        Assert.Equal(ExitCodes.WrongUse, Run(["stats", "none"], error: Full).Code);
    }

    [Theory]
    [InlineData("stats SPLIT >/dev/full", ExitCodes.WrongUse)]
    [InlineData("stats SPLIT", ExitCodes.PipeClosed)]
    [InlineData("train SPLIT --out MODEL --hidden 4 --latent 2 --epochs 2", ExitCodes.Incomplete)]
    [InlineData("train SPLIT --out MODEL --hidden 4 --latent 2 --epochs 2 >/dev/full", ExitCodes.Incomplete)]
    [InlineData("train SPLIT --out MODEL --hidden 4 --latent 2 --epochs 2 2>/dev/full", ExitCodes.Incomplete)]
    [InlineData("train SPLIT --out MODEL --hidden 4 --latent 2 --epochs 2 >/dev/full 2>/dev/full",
        ExitCodes.Incomplete)]
    public void The_process_tells_a_full_disk_and_a_closed_pipe(string line, int code)
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var folder = new TemporaryFolder();
        string program = $"dotnet {Path.Combine(AppContext.BaseDirectory, "vaecf.dll")} ";
        line = line.Replace("SPLIT", TinySplit.Write(folder)).Replace("MODEL", folder["m"]);
        // Standard output is a pipe that nobody reads.
        using Process shell = Process.Start("sh", ["-c", $"({program}{line}; echo $? >{folder["code"]}) | true"]);
        shell.WaitForExit();
        Assert.Equal($"{code}", File.ReadAllText(folder["code"]).Trim());
        Assert.Equal(line.StartsWith("train", StringComparison.Ordinal), File.Exists(folder["m"]));
    }

    [Fact]
    public void Nothing_more_is_answered_when_the_reader_has_gone()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, Vaecf.Run(Line(folder, "--epochs", "1")).ExitCode);
        string users = string.Concat(Enumerable.Range(1, 50).Select(user => $"{user},100\n{user},no{user}\n"));
        File.WriteAllText(folder["h.csv"], "user,item\n" + users);
        string error = Run(["recommend", folder["m"], "--histories", folder["h.csv"]], output: Closed).Error;
        Assert.Contains("user 1: the model does not know no1", error);
        Assert.DoesNotContain("user 2:", error);
    }

    [Fact]
    public void A_log_on_a_full_disk_is_warned_of_once_and_the_model_is_saved()
    {
        using var folder = new TemporaryFolder();
        SpecialFiles.OnSmallDisk(folder, 8, disk =>
        {
            string log = Path.Combine(disk, "log");
            CommandRun run = Vaecf.Run(Line(folder, "--epochs", "60", "--patience", "0", "--log", log));
            Assert.Equal(ExitCodes.Incomplete, run.ExitCode);
            Assert.Matches($"warning: {log}: cannot be written: the disk is full; the log ends before epoch "
                + @"\d+, the run goes on", Assert.Single(run.Error.Split('\n'), line => line.Contains("warning")));
            Assert.Contains("saved to", run.Output);
            using Recommender model = Recommender.Load(folder["m"]);
            Assert.All(File.ReadLines(log), line => JsonDocument.Parse(line));
            Assert.True(RunLog.IsLog(log));
        });
    }

    [Fact]
    public void Divergence_keeps_the_best_validated_epoch_and_has_an_exit_code_of_its_own()
    {
        using var folder = new TemporaryFolder();
        string[] line = Line(folder, "--lr", "5", "--epochs", "300", "--batch", "10", "--patience", "0");
        CommandRun run = Vaecf.Run(line);
        Assert.Equal(ExitCodes.Diverged, run.ExitCode);
        Assert.Matches(@"warning: the loss is \S+ \(the largest weight is \S+, in tensor '\S+'\) at update \d+ "
            + @"\(epoch \d+\): training diverged; expected a finite number\. A lower learning rate or "
            + @"more regularisation may help \(--lr is 5\)", run.Error);
        Assert.Matches(@"diverged after \d+ of 300 epochs: the best model so far is kept", run.Output);
        using (Recommender model = Recommender.Load(folder["m"]))
            Assert.Contains($"best epoch {model.Info.Epoch}, validation NDCG@100 0.", run.Output);
        run = Vaecf.Run([.. line, "--json"]);
        Assert.Equal(ExitCodes.Diverged, run.ExitCode);
        Assert.Contains("\"diverged\": true", run.Output);
    }

    [Theory]
    [InlineData]
    [InlineData("--find-beta")]
    public void Divergence_before_a_validated_epoch_writes_nothing(params string[] more)
    {
        using var folder = new TemporaryFolder();
        CommandRun run = Vaecf.Run(Line(folder, ["--lr", "1e300", "--epochs", "1", .. more]));
        Assert.Equal(ExitCodes.WrongUse, run.ExitCode);
        Assert.Contains("error: tensor 'encoder.0.weight' holds a number that is not finite at update 1 (epoch 1): "
            + "training diverged; expected a finite number. A lower learning rate or more regularisation may help",
            run.Error);
        Assert.Empty(folder.Files);
    }

    [Theory]
    [InlineData("1e-320")]
    [InlineData("5e-324")]
    public void A_setting_that_leads_to_one_out_of_range_is_refused_before_training(string cap)
    {
        using var folder = new TemporaryFolder();
        Vaecf.Run(Line(folder, "--beta-cap", cap))
            .AssertWrongUse("--model multvae: beta_cap is");
        Assert.Empty(folder.Files);
    }

    [Theory]
    [InlineData("HUP", 129)]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task A_signal_stops_the_run_keeps_the_best_model_and_gives_its_own_code(string signal, int code)
    {
        if (OperatingSystem.IsWindows())
            return;
        using var folder = new TemporaryFolder();
        using Process process = Process.Start(Vaecf.Interruptible(
            Line(folder, "--epochs", "1000000", "--patience", "0", "--log", folder["log"])))!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        var time = Stopwatch.StartNew();
        while (new FileInfo(folder["log"]) is not { Exists: true, Length: > 0 } && time.Elapsed.TotalSeconds < 60)
            await Task.Delay(20);
        using (Process kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]))
            await kill.WaitForExitAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(code, process.ExitCode);
        Assert.Matches(@"stopped after \d+ of 1000000 epochs: the best model so far is kept", output);
        Assert.DoesNotContain("fault", await error);
        Assert.True(Recommender.IsModel(folder["m"]));
    }
}
