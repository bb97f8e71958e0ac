using System.Diagnostics;

namespace VaeCf.Cli.Tests;

/// <summary>A training that is interrupted goes on to the bytes of one that was not.</summary>
public class CheckpointTests
{
    private static byte[] Bytes(string path) => File.ReadAllBytes(path);

    private static string[] Training(TemporaryFolder folder, string split, string to, params string[] more) =>
        ["train", split, "--out", folder[to], "--hidden", "12", "--latent", "4", "--batch", "16", "--patience", "0",
            .. more];

    private static Process Start(string[] arguments) => Process.Start(Vaecf.Interruptible(arguments))!;

    [Theory]
    [InlineData("SIGTERM", 143)]
    [InlineData("SIGKILL", 137)]
    public void Interrupted_at_any_moment_it_resumes_to_the_same_model_with_other_threads(string signal, int code)
    {
        using var folder = new TemporaryFolder();
        string split = TinySplit.Write(folder);
        string[] common = ["--epochs", "3000", "--threads", "1"];
        Assert.Equal(0, Vaecf.Run(Training(folder, split, "whole", common)).ExitCode);
        string[] resuming = [.. Training(folder, split, "part", common), "--checkpoint", folder["c"], "--resume",
            "--log", folder["log"], "--force", "--checkpoint-every", "10"];
        int interrupted = 0;
        for (int attempt = 0; attempt < 3; attempt++)
        {
            using Process process = Start(resuming);
            for (int waited = 0; !File.Exists(folder["c"]) && waited < 200 && !process.HasExited; waited++)
                Thread.Sleep(50);
            Thread.Sleep(100 * attempt);
            if (process.HasExited)
                break;
            using (Process kill = Process.Start("kill", [$"-{signal[3..]}", $"{process.Id}"]))
                kill.WaitForExit();
            process.WaitForExit();
            interrupted += process.ExitCode == code ? 1 : 0;
        }
        Assert.InRange(interrupted, 1, 3);
        resuming[Array.LastIndexOf(resuming, "1")] = "2";
        CommandRun last = Vaecf.Run(resuming);
        Assert.Contains($"the run goes on from {folder["c"]}, after ", last.Error);
        Assert.Equal(0, last.ExitCode);
        Assert.Equal(Bytes(folder["whole"]), Bytes(folder["part"]));
        Assert.Equal(Enumerable.Range(1, 3000).Select(epoch => $"\"epoch\":{epoch},"),
            File.ReadLines(folder["log"]).SkipLast(1).Select(line => line.Split(',')[1] + ","));
    }

    [Fact]
    public async Task A_search_for_beta_is_resumed_in_both_its_runs()
    {
        using var folder = new TemporaryFolder();
        string split = TinySplit.Write(folder);
        string[] common = ["--epochs", "40", "--find-beta", "--log"];
        Assert.Equal(0, Vaecf.Run(Training(folder, split, "whole", [.. common, folder["l1"]])).ExitCode);
        string[] resuming = Training(folder, split, "part", [.. common, folder["l2"], "--force",
            "--checkpoint", folder["c"], "--resume"]);
        // Stopped after each of a few numbers of lines in the log, in the search and in the training.
        foreach (int lines in (int[])[7, 31, 44, 70])
        {
            using var stop = new CancellationTokenSource();
            // Disposed of before what it calls, once its last call has ended.
            await using var watch = new Timer(_ =>
            {
                if (File.Exists(folder["l2"]) && Count(folder["l2"]) >= lines)
                    stop.Cancel();
            }, null, 0, 1);
            Vaecf.Run(CommandLine.Run, resuming, stop.Token);
        }
        CommandRun last = Vaecf.Run(resuming);
        Assert.Equal(0, last.ExitCode);
        Assert.Equal(Bytes(folder["whole"]), Bytes(folder["part"]));
        Assert.Equal(Phases(folder["l1"]), Phases(folder["l2"]));

        static int Count(string path)
        {
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read,
                FileShare.ReadWrite));
            return reader.ReadToEnd().Count(c => c == '\n');
        }
        static IEnumerable<string> Phases(string path) =>
            File.ReadLines(path).SkipLast(1).Select(line => string.Join(',', line.Split(',').Take(2)));
    }

    [Fact]
    public void The_log_of_a_run_that_goes_on_has_all_its_epochs_and_no_others()
    {
        using var folder = new TemporaryFolder();
        string[] five = [.. Training(folder, TinySplit.Write(folder), "m", "--epochs", "5"), "--checkpoint",
            folder["c"], "--resume", "--log", folder["log"]];
        Assert.Equal(0, Vaecf.Run(five).ExitCode);
        string[] lines = File.ReadAllLines(folder["log"]);
        // One as it was, half of one, another epoch's, one as it was, one with what no log has.
        File.WriteAllLines(folder["log"],
            [lines[0], lines[1][..20], lines[0], lines[3], lines[4].Replace("{", """{"mine":"x",""")]);
        Assert.Equal(0, Vaecf.Run([.. five, "--tensorboard", folder["board"]]).ExitCode);
        string[] after = File.ReadAllLines(folder["log"]);
        Assert.Equal([lines[0], lines[3]], [after[0], after[3]]);
        Assert.Equal(Enumerable.Range(1, 5).Select(epoch => $$"""{"phase":"train","epoch":{{epoch}},"loss":"""),
            after[..^1].Select(line => line[..(line.IndexOf("loss", StringComparison.Ordinal) + 6)]));
        Assert.DoesNotContain("mine", after[4]);
        Assert.StartsWith("""{"phase":"result",""", after[^1]);
        Assert.Single(Directory.GetFiles(folder["board/train"]));
    }

    [Theory, InlineData("--out", "c.lock"), InlineData("--log", "c.lock"), InlineData("--report", "c.damaged")]
    public void What_may_come_to_stand_beside_a_checkpoint_is_no_output(string option, string file)
    {
        using var folder = new TemporaryFolder();
        Vaecf.Run([.. Training(folder, TinySplit.Write(folder), option == "--out" ? file : "m"), "--checkpoint",
            folder["c"], .. option == "--out" ? Array.Empty<string>() : [option, folder[file]]])
            .AssertWrongUse($"{folder[file]}: found a file that this command also uses; expected another name");
    }

    [Theory, InlineData("c.previous"), InlineData("c.damaged")]
    public void What_is_not_ours_beside_a_checkpoint_stays(string file)
    {
        using var folder = new TemporaryFolder();
        string[] two = [.. Training(folder, TinySplit.Write(folder), "m", "--epochs", "2"), "--checkpoint", folder["c"],
            "--resume"];
        Assert.Equal(0, Vaecf.Run(two).ExitCode);
        File.WriteAllText(folder[file], "mine");
        Vaecf.Run(two).AssertWrongUse($"{folder[file]}: found a file that is not a");
        Assert.Equal("mine", File.ReadAllText(folder[file]));
    }

    [Fact]
    public async Task A_log_that_may_not_grow_costs_nothing_but_itself()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var folder = new TemporaryFolder();
        // The runtime's own code would be a file that is too long.
        string[] training =
            [.. Training(folder, TinySplit.Write(folder), "m", "--epochs", "400"), "--log", folder["log"]];
        using Process process = Process.Start(new ProcessStartInfo("bash", ["-c",
            "trap '' XFSZ; ulimit -f 40; exec dotnet \"$@\"", "-", Vaecf.Program, .. training])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_EnableWriteXorExecute"] = "0" },
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        Assert.Contains("saved to", await process.StandardOutput.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.Contains($"{folder["log"]}: cannot be written: it would be longer than ", await error);
        Assert.Equal(ExitCodes.Incomplete, process.ExitCode);
        Assert.True(File.Exists(folder["m"]));
    }

    [Fact]
    public void What_does_not_fit_is_refused_before_training()
    {
        using var folder = new TemporaryFolder();
        string split = TinySplit.Write(folder);
        string[] checkpoint = ["--checkpoint", folder["c"]],
            three = Training(folder, split, "m", "--epochs", "3");
        CommandRun fresh = Vaecf.Run([.. three, .. checkpoint, "--resume"]);
        Assert.StartsWith($"{folder["c"]}: there is no checkpoint; the run starts from the beginning", fresh.Error);
        byte[] whole = Bytes(folder["m"]);
        Vaecf.Run([.. three, .. checkpoint]).AssertWrongUse(
            $"{folder["c"]}: found a checkpoint; expected --resume to go on from it, or --force");
        Vaecf.Run([.. three, .. checkpoint, "--resume", "--seed", "9"])
            .AssertWrongUseAfterText($"{folder["c"]}: the checkpoint is of another run: --seed is 9");
        Vaecf.Run([.. three, .. checkpoint, "--resume", "--anneal-steps", "7"]).AssertWrongUseAfterText(
            $"{folder["c"]}: the checkpoint is of another run: --anneal-steps is 7, not ");
        string other = TinySplit.Write(folder, "other", validation: false);
        Vaecf.Run([.. Training(folder, other, "m", "--epochs", "3"), .. checkpoint, "--resume"])
            .AssertWrongUseAfterText($"{folder["c"]}: the checkpoint is of a run on other data");
        Vaecf.Run([.. three, "--checkpoint", folder["m"], "--force"])
            .AssertWrongUse("found a file that this command also uses");
        Vaecf.Run([.. three, "--resume"]).AssertWrongUse("--resume: found with no --checkpoint");
        File.WriteAllText(folder["text"], "mine");
        Vaecf.Run([.. three, "--checkpoint", folder["text"]])
            .AssertWrongUse("found a file that is not a checkpoint");
        // A finished run is finished.
        Assert.Equal(0, Vaecf.Run([.. three, .. checkpoint, "--resume"]).ExitCode);
        Assert.Equal(whole, Bytes(folder["m"]));
        // The newest is torn: the one before goes on.
        File.WriteAllBytes(folder["c"], Bytes(folder["c"])[..^9]);
        CommandRun torn = Vaecf.Run([.. three, .. checkpoint, "--resume"]);
        Assert.Contains("the checkpoint before it is used", torn.Error);
        Assert.Equal(whole, Bytes(folder["m"]));
    }
}
