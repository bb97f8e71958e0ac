using System.Diagnostics;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Persistence;

namespace VaeCf.Cli.Tests;

/// <summary>A signal at a bad moment: the exit code, what is said, and what is on the disk afterwards.</summary>
public sealed class SignalTests : IDisposable
{
    private const string Epochs = "400";

    private readonly TemporaryFolder folder = new();
    private readonly string split;

    public SignalTests() => split = TinySplit.Write(folder);

    public void Dispose() => folder.Dispose();

    private string[] Training(string model, params string[] more) =>
        ["train", split, "--out", folder[model], "--hidden", "12", "--latent", "4", "--batch", "16", "--patience", "0",
            "--threads", "1", .. more];

    private static Process Start(params string[] arguments) => Process.Start(Vaecf.Interruptible(arguments))!;

    private static void Send(Process process, params string[] signals)
    {
        foreach (string signal in signals)
            using (Process kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]))
                kill.WaitForExit();
    }

    private static CommandRun End(Process process)
    {
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new(process.ExitCode, output, error.Result);
    }

    // Waits for a sign, sends the signals and returns what the process wrote.
    private static CommandRun Interrupt(Process process, Func<bool> sign, params string[] signals)
    {
        Assert.True(SpinWait.SpinUntil(() => sign() || process.HasExited, TimeSpan.FromMinutes(1)));
        Send(process, signals);
        return End(process);
    }

    private void AssertResumes(string[] line, byte[] whole)
    {
        CommandRun run = Vaecf.Run([.. line, "--resume"]);
        Assert.Contains("the run goes on from ", run.Error);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(whole, File.ReadAllBytes(folder["m"]));
    }

    [Fact]
    public void Within_the_write_of_a_checkpoint_the_write_is_finished()
    {
        if (OperatingSystem.IsWindows())
            return;
        string[] line = [.. Training("m", "--epochs", Epochs), "--checkpoint", folder["c"]];
        Assert.Equal(0, Vaecf.Run(Training("whole", "--epochs", Epochs)).ExitCode);
        using Process process = Start(line);
        CommandRun run = Interrupt(process, () => File.Exists(folder["c"])
            && Directory.GetFiles(folder["."], "c.*.tmp").Length > 0, "TERM");
        Assert.Equal(143, run.ExitCode);
        Assert.Matches(@"stopped after \d+ of 400 epochs: the best model so far is kept; the same command with "
            + "--resume goes on", run.Output);
        Assert.Empty(Directory.GetFiles(folder["."], "*.tmp"));
        Assert.NotEmpty(CheckpointFile.Load(folder["c"]).Model);
        AssertResumes(line, File.ReadAllBytes(folder["whole"]));
    }

    [Fact]
    public void Ctrl_C_twice_ends_at_once_and_leaves_whole_checkpoints()
    {
        if (OperatingSystem.IsWindows())
            return;
        string[] line = [.. Training("m", "--epochs", Epochs), "--checkpoint", folder["c"]];
        Assert.Equal(0, Vaecf.Run(Training("whole", "--epochs", Epochs)).ExitCode);
        using Process process = Start(line);
        CommandRun run = Interrupt(process, () => File.Exists(folder["c"]), "INT", "INT");
        Assert.Equal(130, run.ExitCode);
        Assert.NotNull(CheckpointFile.Newest(folder["c"], out InputException? damage));
        Assert.Null(damage);
        AssertResumes(line, File.ReadAllBytes(folder["whole"]));
    }

    [Fact]
    public void In_the_search_for_beta_nothing_but_the_checkpoint_is_written_and_it_goes_on()
    {
        if (OperatingSystem.IsWindows())
            return;
        string[] more = ["--find-beta", "--epochs", Epochs],
            line = [.. Training("m", more), "--checkpoint", folder["c"]];
        Assert.Equal(0, Vaecf.Run(Training("whole", more)).ExitCode);
        using Process process = Start(line);
        CommandRun run = Interrupt(process, () => File.Exists(folder["c"]), "TERM");
        Assert.Equal(143, run.ExitCode);
        Assert.Contains("stopped in the search for beta; nothing is written; the same command with --resume goes on",
            run.Error);
        Assert.False(File.Exists(folder["m"]));
        Assert.Null(CheckpointFile.Load(folder["c"]).Search);
        AssertResumes(line, File.ReadAllBytes(folder["whole"]));
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    public void An_evaluation_ends_though_it_waits_for_a_file(string signal, int code)
    {
        if (OperatingSystem.IsWindows())
            return;
        Assert.Equal(0, Vaecf.Run(Training("m", "--epochs", "1")).ExitCode);
        // Nobody writes into the pipe, so it never opens.
        string pipe = Path.Combine(split, "test_te.csv");
        File.Delete(pipe);
        using (Process made = Process.Start("mkfifo", [pipe]))
            made.WaitForExit();
        using Process process = Start("evaluate", folder["m"], split);
        Thread.Sleep(1000);
        Assert.False(process.HasExited);
        Send(process, signal);
        Assert.Equal(code, End(process).ExitCode);
        Assert.Equal(["m"], folder.Files);
    }

    [Fact]
    public void Preparing_ends_while_it_reads_and_the_old_split_stays()
    {
        if (OperatingSystem.IsWindows())
            return;
        (string Name, string Text)[] Files() =>
            [.. Directory.GetFileSystemEntries(split).Order().Select(file => (file, File.ReadAllText(file)))];
        (string, string)[] before = Files();
        using Process process = Start("prepare", "-", "--out", split);
        process.StandardInput.Write("user,item\n1,2\n");
        process.StandardInput.Flush();
        Thread.Sleep(1000);
        Assert.False(process.HasExited);
        Send(process, "TERM");
        Assert.Equal(143, End(process).ExitCode);
        Assert.Equal(before, Files());
    }

    [Theory]
    [InlineData("KILL", 137, ".split.writing")]
    [InlineData("TERM", 143, ".split.writing")]
    [InlineData("KILL", 137, ".split.written")]
    public void While_a_split_is_written_over_another_one_of_them_is_whole(string signal, int code, string sign)
    {
        if (OperatingSystem.IsWindows())
            return;
        const int users = 20_000;
        File.WriteAllLines(folder["clicks.csv"], ["user,item", .. from user in Enumerable.Range(0, users)
            from place in Enumerable.Range(0, 10) select $"{user},{(user + place * place) % 500}"]);
        string[] line = ["prepare", folder["clicks.csv"], "--out", split];
        using Process process = Start(line);
        string folderOfSign = Path.Combine(split, sign);
        CommandRun run = Interrupt(process, () => Directory.Exists(folderOfSign), signal);
        // The rest may be done before the signal arrives.
        Assert.Contains(run.ExitCode, new[] { code, 0 });
        DataSplit left = SplitFolder.Read(split);
        Assert.Contains(left.Train.UserCount, new[] { TinySplit.TrainUsers, users - 2 * users / 10 });
        Assert.NotEqual(0, left.Test!.HeldOut.ClickCount);
        Assert.Equal(0, Vaecf.Run(line).ExitCode);
        Assert.Equal(users - 2 * users / 10, SplitFolder.Read(split).Train.UserCount);
        Assert.Empty(Directory.GetFileSystemEntries(split, ".split*"));
    }

    [Fact]
    public void Standard_input_that_is_closed_is_told()
    {
        if (OperatingSystem.IsWindows())
            return;
        Vaecf.RunProcess(new ProcessStartInfo("sh", ["-c", $"exec dotnet {Vaecf.Program} stats - <&-"]))
            .AssertWrongUse("standard input: found it closed; expected a file or a pipe to read");
    }
}
