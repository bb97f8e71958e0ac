using System.Diagnostics;
using System.Text.Json;
using VaeCf.Native;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;

namespace VaeCf.Endurance;

/// <summary>
/// One model's training, killed and resumed until it has been killed often enough; it begins anew whenever it comes to
/// its end in spite of that.
/// </summary>
internal sealed class KillLoop
{
    private const int Epochs = 60;

    // Of four kills one falls into the write of a checkpoint and one between the two renames after it, or tries to.
    private const int Kinds = 4;

    private readonly string folder;
    private readonly string[] common;
    private readonly Random random;
    private byte[] whole = [];
    private string[] wholeLog = [];

    /// <param name="folder">A folder to make and use.</param>
    /// <param name="split">The split to train on.</param>
    /// <param name="type">The model.</param>
    /// <param name="more">More options of train.</param>
    /// <param name="random">Draws the moments.</param>
    public KillLoop(string folder, string split, ModelType type, string[] more, Random random)
    {
        (this.folder, this.random) = (folder, random);
        Directory.CreateDirectory(folder);
        common = ["train", split, "--model", type.Name, .. more, .. SmallModels.Shape(type, Epochs)
            .SelectMany(one => (string[])[one.Setting.Option, one.Value])];
    }

    public int Kills { get; private set; }

    /// <summary>Kills that left a checkpoint's temporary file.</summary>
    public int InWrites { get; private set; }

    /// <summary>Kills after which the checkpoint before the newest was there alone.</summary>
    public int BetweenRenames { get; private set; }

    /// <summary>Resumed runs that went on from the checkpoint before the newest.</summary>
    public int PreviousUsed { get; private set; }

    /// <summary>Runs that came to their end.</summary>
    public int Ends { get; private set; }

    /// <summary>Of these, how many made another model or another log than the run that was left alone.</summary>
    public int Differences { get; private set; }

    /// <summary>Files under their final names that were not whole after a kill.</summary>
    public int Damaged { get; private set; }

    /// <summary>Files that were there after a run's end and should not.</summary>
    public int LeftOver { get; private set; }

    private string Checkpoint => At("checkpoint");

    private string At(string name) => Path.Combine(folder, name);

    public void Run(int times)
    {
        var clock = Stopwatch.StartNew();
        using (Process alone = Start(1, At("whole"), At("whole.log")))
            if (ExitCode(alone) is var code and not 0)
                throw new InvalidOperationException($"{string.Join(' ', common)} ended with code {code}");
        TimeSpan length = clock.Elapsed;
        (whole, wholeLog) = (File.ReadAllBytes(At("whole")), Lines(At("whole.log")));
        Array.ForEach([At("whole"), At("whole.log")], File.Delete);
        while (Kills < times)
        {
            using Process run = StartResumable();
            if (!WaitForTheMoment(run, length))
            {
                End(run);
                continue;
            }
            run.Kill();
            if (ExitCode(run) == 137)
                Look();
            else
                End(run);
        }
        using Process last = StartResumable();
        End(last);
    }

    private Process StartResumable()
    {
        // The number of threads changes from run to run.
        Process run = Start(1 + Kills % 3, At("model"), At("log"), "--checkpoint", Checkpoint, "--resume");
        run.ErrorDataReceived += (_, line) =>
            PreviousUsed += line.Data?.Contains(CheckpointFile.Previous(Checkpoint)) is true ? 1 : 0;
        run.BeginErrorReadLine();
        return run;
    }

    private Process Start(int threads, string model, string log, params string[] more)
    {
        Process process = Process.Start(new ProcessStartInfo("dotnet",
            [Path.Combine(AppContext.BaseDirectory, "vaecf.dll"), .. common, "--threads", $"{threads}",
                "--out", model, "--log", log, .. more])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.BeginOutputReadLine();
        return process;
    }

    private static int ExitCode(Process process)
    {
        process.WaitForExit();
        return process.ExitCode;
    }

    // False if the run ended before.
    private bool WaitForTheMoment(Process run, TimeSpan length)
    {
        int kind = random.Next(Kinds);
        if (run.WaitForExit(length * random.NextDouble()))
            return false;
        Func<bool>? sign = kind switch
        {
            0 => () => Temporary().Length > 0,
            1 => () => !File.Exists(Checkpoint) && File.Exists(CheckpointFile.Previous(Checkpoint)),
            _ => null,
        };
        while (sign?.Invoke() is false)
            if (run.HasExited)
                return false;
        if (kind == 0)
            Thread.SpinWait(random.Next(100_000));
        return true;
    }

    private string[] Temporary() => Directory.GetFiles(folder, "checkpoint.*.tmp");

    // What stands under the final names after a kill is whole.
    private void Look()
    {
        Kills++;
        InWrites += Temporary().Length > 0 ? 1 : 0;
        string previous = CheckpointFile.Previous(Checkpoint);
        BetweenRenames += !File.Exists(Checkpoint) && File.Exists(previous) ? 1 : 0;
        foreach ((string file, Action<string> load) in new (string, Action<string>)[]
        {
            (Checkpoint, file => CheckpointFile.Load(file)),
            (previous, file => CheckpointFile.Load(file)),
            (At("model"), file => Recommender.Load(file).Dispose()),
            (At("log"), file => Lines(file)),
        })
            try
            {
                if (File.Exists(file))
                    load(file);
            }
            catch (Exception e) when (e is InputException or JsonException)
            {
                Damaged++;
                Console.Error.WriteLine(e.Message);
            }
    }

    // A run that came to its end is compared, and the next one begins from nothing.
    private void End(Process run)
    {
        Ends++;
        if (ExitCode(run) is var code && (code != 0 || !File.ReadAllBytes(At("model")).SequenceEqual(whole)
            || !Lines(At("log")).SequenceEqual(wholeLog)))
        {
            Differences++;
            Console.Error.WriteLine($"{string.Join(' ', common)}: code {code}, another model or log");
        }
        string[] expected = [Checkpoint, CheckpointFile.Previous(Checkpoint), At("model"), At("log")];
        foreach (string file in Directory.GetFiles(folder))
        {
            if (!expected.Contains(file))
            {
                LeftOver++;
                Console.Error.WriteLine($"{file} is left over");
            }
            File.Delete(file);
        }
    }

    // The lines of a log without the times in them.
    private static string[] Lines(string log) => [.. File.ReadLines(log).Select(line =>
    {
        using JsonDocument json = JsonDocument.Parse(line);
        return string.Join(' ', json.RootElement.EnumerateObject()
            .Where(one => one.Name is not ("seconds" or "users_per_second")));
    })];
}
