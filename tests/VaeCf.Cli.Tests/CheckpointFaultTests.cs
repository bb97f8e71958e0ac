using System.Diagnostics;
using VaeCf.Native.Data;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Cli.Tests;

/// <summary>
/// Whatever happens to the checkpoints of a run, the model is the one of a run without them, what stands under their
/// names is whole, and the exit code and one message tell.
/// </summary>
public class CheckpointFaultTests
{
    private static string[] Training(string split, string model, int epochs, params string[] more) =>
        ["train", split, "--out", model, "--hidden", "12", "--latent", "4", "--batch", "16", "--patience", "0",
            "--epochs", $"{epochs}", .. more];

    private static byte[] Alone(TemporaryFolder folder, string split, int epochs)
    {
        Assert.Equal(0, Vaecf.Run(Training(split, folder["alone"], epochs)).ExitCode);
        return File.ReadAllBytes(folder["alone"]);
    }

    // Trains with a checkpoint after each of six epochs and meanwhile, after the third, does something to them.
    private static string Train(TemporaryFolder folder, string checkpoint, Action fault)
    {
        DataSplit split = SplitFolder.Read(TinySplit.Write(folder));
        Settings settings = MultVae.Type.Defaults.With(Autoencoders.Hidden, [12]).With(Autoencoders.Latent, 4)
            .With(GradientFit.BatchSize, 16).With(GradientFit.EpochCount, 6);
        using var error = new StringWriter();
        var context = new CommandContext(CommandContext.CreateConsole(error, false),
            CommandContext.CreateConsole(error, false), default);
        using var checkpoints = new RunCheckpoints(context, checkpoint, 1, null, Stream.Null);
        using FitRun alone = new(split, settings), run = new(split, settings);
        using Recommender expected = alone.Run(), model = run.Run(now =>
        {
            checkpoints.Add(now, null);
            if (now.Finished is { Epoch: 3 })
                fault();
        });
        Assert.All(expected.CopyTensors().Zip(model.CopyTensors()),
            pair => Assert.Equal(pair.First.Values, pair.Second.Values));
        // Then train ends with ExitCodes.Incomplete.
        Assert.Equal(error.ToString().Length > 0, checkpoints.HasFailed);
        return error.ToString();
    }

    private static void AssertBothWhole(string checkpoint, int? epoch = null)
    {
        Checkpoint last = CheckpointFile.Load(checkpoint);
        Assert.Equal(epoch ?? last.Position.Epoch, last.Position.Epoch);
        Assert.Equal(last.Position.Epoch - 1,
            CheckpointFile.Load(CheckpointFile.Previous(checkpoint)).Position.Epoch);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(checkpoint)!, "*.tmp"));
    }

    [Fact]
    public void A_disk_that_fills_up_leaves_the_last_two_whole_and_a_run_resumed_elsewhere_ends_the_same()
    {
        using var folder = new TemporaryFolder();
        string split = TinySplit.Write(folder);
        const int epochs = 400;
        byte[] alone = Alone(folder, split, epochs);
        SpecialFiles.OnSmallDisk(folder, 128, disk =>
        {
            string checkpoint = Path.Combine(disk, "c");
            // A checkpoint has something of each epoch, and so it grows.
            CommandRun run = Vaecf.Run(Training(split, folder["m"], epochs, "--checkpoint", checkpoint));
            Assert.Equal(ExitCodes.Incomplete, run.ExitCode);
            Assert.Equal($"warning: {checkpoint}: cannot be written: the disk is full; the run goes on",
                Assert.Single(run.Error.Split('\n'), line => line.Contains("warning")).TrimEnd());
            AssertBothWhole(checkpoint);
            Assert.Equal(["c", "c.previous"], Directory.GetFiles(disk).Select(file => Path.GetFileName(file)).Order());
            Assert.Equal(alone, File.ReadAllBytes(folder["m"]));
            File.Copy(checkpoint, folder["c"]);
        });
        if (!File.Exists(folder["c"]))
            return;
        Assert.InRange(CheckpointFile.Load(folder["c"]).Position.Epoch, 2, epochs - 1);
        Assert.Equal(0, Vaecf.Run(Training(split, folder["m2"], epochs, "--checkpoint", folder["c"], "--resume",
            "--checkpoint-every", "100")).ExitCode);
        Assert.Equal(alone, File.ReadAllBytes(folder["m2"]));
    }

    [Fact]
    public void A_folder_that_turns_read_only_leaves_the_last_two_whole_and_one_warning()
    {
        using var folder = new TemporaryFolder();
        SpecialFiles.OnSmallDisk(folder, 1024, disk =>
        {
            string checkpoint = Path.Combine(disk, "c");
            Assert.Equal($"warning: {checkpoint}: cannot be written: Read-only file system; the run goes on",
                Train(folder, checkpoint, () => SpecialFiles.MakeReadOnly(disk)).TrimEnd());
            AssertBothWhole(checkpoint, epoch: 3);
            Vaecf.Run(Training(folder["split"], folder["m"], 6, "--checkpoint", checkpoint, "--resume"))
                .AssertWrongUse($"{checkpoint}: cannot be written: Read-only file system");
            AssertBothWhole(checkpoint, epoch: 3);
        });
    }

    [Fact]
    public void A_checkpoint_that_vanishes_is_written_again()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal("", Train(folder, folder["c"], () => File.Delete(folder["c"])));
        AssertBothWhole(folder["c"], epoch: 6);
    }

    [Fact]
    public void A_folder_that_vanishes_is_missed_in_one_warning_and_is_not_made_again()
    {
        using var folder = new TemporaryFolder();
        string path = folder["checkpoints"], checkpoint = folder["checkpoints/c"];
        Directory.CreateDirectory(path);
        Assert.Equal($"warning: {checkpoint}: the folder {path} does not exist; the run goes on",
            Train(folder, checkpoint, () => Directory.Delete(path, recursive: true)).TrimEnd());
        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public void What_takes_the_place_of_a_checkpoint_within_the_run_is_left_alone()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal($"warning: {folder["c"]}: found a folder; expected a file; the run goes on",
            Train(folder, folder["c"], () =>
            {
                File.Delete(folder["c"]);
                Directory.CreateDirectory(folder["c"]);
            }).TrimEnd());
        Assert.Equal(2, CheckpointFile.Load(CheckpointFile.Previous(folder["c"])).Position.Epoch);
        Assert.Equal(["c.previous"], folder.Files);
    }

    [Fact]
    public async Task Without_permission_it_is_refused_before_training_and_warned_of_within()
    {
        using var folder = new TemporaryFolder();
        // Root may write everywhere, so the run is another user's.
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || !File.Exists("/usr/bin/setpriv"))
            return;
        const UnixFileMode all = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        string split = TinySplit.Write(folder), checkpoint = folder["checkpoints/c"];
        File.SetUnixFileMode(folder["."], all);
        Directory.CreateDirectory(folder["checkpoints"]);
        const int epochs = 3000;
        byte[] alone = Alone(folder, split, epochs);
        CommandRun AsNobody(params string[] line) => Vaecf.RunProcess(
            new ProcessStartInfo("setpriv", ["--reuid", "65534", "--clear-groups", "dotnet", Vaecf.Program, .. line]));
        CommandRun Run() => AsNobody(Training(split, folder["m"], epochs, "--checkpoint", checkpoint));
        // Where nobody else may read the program, there is nothing to try.
        if (AsNobody("info").ExitCode != 0)
            return;
        Run().AssertWrongUse($"{checkpoint}: cannot be written: access is denied; expected a file and a folder whose "
            + "permissions allow it");
        Assert.Empty(Directory.GetFileSystemEntries(folder["checkpoints"]));
        File.SetUnixFileMode(folder["checkpoints"], all);
        Task<CommandRun> run = Task.Run(Run);
        while (!File.Exists(CheckpointFile.Previous(checkpoint)) && !run.IsCompleted)
            await Task.Delay(5);
        File.SetUnixFileMode(folder["checkpoints"], UnixFileMode.UserRead | UnixFileMode.OtherExecute);
        CommandRun ended = await run;
        // Within a write, what had just been written cannot be found any more, and the warning says that.
        Assert.Contains($"warning: {checkpoint}", ended.Error);
        Assert.Contains("; the run goes on", ended.Error);
        Assert.Equal(ExitCodes.Incomplete, ended.ExitCode);
        Assert.NotEmpty(CheckpointFile.Load(CheckpointFile.Previous(checkpoint)).Model);
        Assert.Equal(alone, File.ReadAllBytes(folder["m"]));
    }

    [Fact]
    public void A_cut_checkpoint_with_none_before_it_is_wrong_use_and_with_one_it_is_kept_aside()
    {
        using var folder = new TemporaryFolder();
        string split = TinySplit.Write(folder), previous = folder["c.previous"];
        string[] resuming = Training(split, folder["m"], 5, "--checkpoint", folder["c"], "--resume");
        Assert.Equal(0, Vaecf.Run(resuming).ExitCode);
        byte[] alone = File.ReadAllBytes(folder["m"]), cut = File.ReadAllBytes(folder["c"])[..^9],
            before = File.ReadAllBytes(previous);
        File.WriteAllBytes(folder["c"], cut);
        File.Delete(previous);
        Vaecf.Run(resuming).AssertWrongUse($"{folder["c"]}: ");
        File.WriteAllBytes(previous, cut);
        Vaecf.Run(resuming).AssertWrongUse($"{previous}: ");
        Assert.Equal(cut, File.ReadAllBytes(folder["c"]));
        File.WriteAllBytes(previous, before);
        CommandRun run = Vaecf.Run(resuming);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"the checkpoint before it is used, and this one is kept as {folder["c.damaged"]}", run.Error);
        Assert.Contains($"the run goes on from {previous}, after 16 steps and 4 epochs", run.Error);
        Assert.Equal(cut, File.ReadAllBytes(folder["c.damaged"]));
        Assert.Equal(alone, File.ReadAllBytes(folder["m"]));
    }

    [Fact]
    public void What_is_no_regular_file_is_refused_and_a_link_is_followed()
    {
        using var folder = new TemporaryFolder();
        string split = TinySplit.Write(folder);
        string[] line = Training(split, folder["m"], 3, "--resume", "--force", "--checkpoint");
        foreach (string path in SpecialFiles.Make(folder))
        {
            Vaecf.Run([.. line, path])
                .AssertWrongUse($"{path}: found a device, a pipe or a socket; expected a regular file, or none");
            Assert.True(File.Exists(path));
            File.Delete(path);
        }
        Assert.Empty(folder.Files);
        Directory.CreateDirectory(folder["far"]);
        File.CreateSymbolicLink(folder["c"], folder["far/real"]);
        Assert.Equal(0, Vaecf.Run([.. line, folder["c"]]).ExitCode);
        AssertBothWhole(folder["far/real"], epoch: 3);
        Assert.Equal(["c", "m"], folder.Files);
    }

    [Fact]
    public void A_second_run_on_the_same_checkpoint_is_refused_until_the_first_has_ended()
    {
        using var folder = new TemporaryFolder();
        string split = TinySplit.Write(folder);
        string[] line = Training(split, folder["m"], 2, "--checkpoint", folder["c"], "--resume");
        CommandRun second;
        using (Process first = Process.Start(new ProcessStartInfo("dotnet", [Vaecf.Program,
            .. Training(split, folder["m1"], 1_000_000, "--checkpoint", folder["c"])])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!)
        {
            first.BeginErrorReadLine();
            SpinWait.SpinUntil(() => File.Exists(folder["c"]) || first.HasExited, TimeSpan.FromMinutes(1));
            second = Vaecf.Run(line);
            first.Kill();
            first.WaitForExit();
        }
        second.AssertWrongUse($"{folder["c"]}: found another run that writes there; "
            + "expected to be the only one");
        Assert.True(File.Exists(folder["c.lock"]));
        Assert.NotNull(CheckpointFile.Newest(folder["c"], out _));
        Assert.Equal(0, Vaecf.Run([.. line[..^1], "--force"]).ExitCode);
        Assert.False(File.Exists(folder["c.lock"]));
        // What is another's is not taken for a lock.
        File.WriteAllText(folder["c.lock"], "mine");
        Vaecf.Run(line).AssertWrongUse($"{folder["c.lock"]}: found a file that is not an empty one, the lock of a run");
        Assert.Equal("mine", File.ReadAllText(folder["c.lock"]));
    }

    [Fact]
    public void What_a_killed_run_left_aside_is_removed_when_it_goes_on()
    {
        using var folder = new TemporaryFolder();
        string split = TinySplit.Write(folder);
        string[] line = Training(split, folder["m"], 3, "--checkpoint", folder["c"], "--resume", "--log", folder["l"]);
        Assert.Equal(0, Vaecf.Run(line).ExitCode);
        foreach (string name in (string[])["m", "c", "c.previous", "c.lock", "l"])
            File.WriteAllText(folder[$"{name}.{Guid.NewGuid():N}.tmp"], "half");
        Assert.Equal(0, Vaecf.Run(line).ExitCode);
        Assert.Equal(["c", "c.previous", "l", "m"], folder.Files);
        Assert.True(Recommender.IsModel(folder["m"]));

        // It may have been killed before its first checkpoint.
        foreach (string name in (string[])["c", "c.previous", "l"])
            File.Delete(folder[name]);
        File.WriteAllText(folder[$"l.{Guid.NewGuid():N}.tmp"], "half");
        Assert.Equal(0, Vaecf.Run(line).ExitCode);
        Assert.Equal(["c", "c.previous", "l", "m"], folder.Files);
    }
}
