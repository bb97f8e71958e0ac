using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using VaeCf.Native;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;

namespace VaeCf.Endurance;

/// <summary>
/// A command, killed and given again until it has been killed often enough; it begins anew whenever it comes to its end
/// in spite of that. Its files must be those of a run that was left alone.
/// </summary>
/// <param name="folder">A folder to make and use.</param>
/// <param name="arguments">The command, whose files are all in the folder that it is given.</param>
/// <param name="random">Draws the moments.</param>
internal sealed partial class KillLoop(string folder, Func<string, IEnumerable<string>> arguments, Random random)
{
    // Of four kills one falls into the write of a file and one between the two renames of a checkpoint, or tries to.
    private const int Kinds = 4;

    private const string Previous = ".previous";

    private readonly string alone = Path.Combine(folder, "alone"), killed = Path.Combine(folder, "killed");

    public int Kills { get; private set; }

    /// <summary>Kills that left a temporary file.</summary>
    public int InWrites { get; private set; }

    /// <summary>Kills after which the checkpoint before the newest was there alone.</summary>
    public int BetweenRenames { get; private set; }

    /// <summary>Runs that went on from the checkpoint before the newest.</summary>
    public int PreviousUsed { get; private set; }

    /// <summary>Runs that came to their end.</summary>
    public int Ends { get; private set; }

    /// <summary>Of these, how many left other contents than the run that was left alone.</summary>
    public int Differences { get; private set; }

    /// <summary>Files under their final names that were not whole after a kill.</summary>
    public int Damaged { get; private set; }

    /// <summary>Files that were there after a run's end and should not.</summary>
    public int LeftOver { get; private set; }

    public void Run(int times)
    {
        var clock = Stopwatch.StartNew();
        using (Process run = Start(alone))
            if (ExitCode(run) is var code and not 0)
                throw new InvalidOperationException($"{string.Join(' ', arguments(alone))} ended with code {code}");
        TimeSpan length = clock.Elapsed;
        while (Kills < times)
        {
            using Process run = Start(killed);
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
        using Process last = Start(killed);
        End(last);
    }

    private Process Start(string files)
    {
        Directory.CreateDirectory(files);
        // The number of threads changes from run to run.
        Process run = Process.Start(new ProcessStartInfo("dotnet",
            [Path.Combine(AppContext.BaseDirectory, "vaecf.dll"), .. arguments(files), "--threads", $"{1 + Kills % 3}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        run.ErrorDataReceived += (_, line) => PreviousUsed += line.Data?.Contains(Previous) is true
            ? 1 : 0;
        run.BeginOutputReadLine();
        run.BeginErrorReadLine();
        return run;
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
            0 => IsInAWrite,
            1 => IsBetweenRenames,
            _ => null,
        };
        while (sign?.Invoke() is false)
            if (run.HasExited)
                return false;
        if (kind == 0)
            Thread.SpinWait(random.Next(100_000));
        return true;
    }

    private bool IsInAWrite() => Directory.EnumerateFiles(killed, "*.tmp").Any();

    private bool IsBetweenRenames() => Directory.GetFiles(killed, "*" + Previous)
        .Any(previous => !File.Exists(Path.ChangeExtension(previous, null)));

    // What stands under the final names after a kill is whole.
    private void Look()
    {
        Kills++;
        InWrites += IsInAWrite() ? 1 : 0;
        BetweenRenames += IsBetweenRenames() ? 1 : 0;
        foreach (string file in Directory.GetFiles(killed).Where(file => Path.GetExtension(file) is not ".tmp"))
            try
            {
                Read(file);
            }
            catch (Exception e) when (e is InputException or JsonException)
            {
                Damaged++;
                Console.Error.WriteLine($"{file}: {e.Message}");
            }
    }

    // A run that came to its end is compared, and the next one begins from nothing.
    private void End(Process run)
    {
        Ends++;
        int code = ExitCode(run);
        string[] expected = Names(alone), left = [.. Names(killed).Except(expected)];
        LeftOver += left.Length;
        if (code != 0 || expected.Any(name => !File.Exists(Path.Combine(killed, name))
            || !Read(Path.Combine(alone, name)).SequenceEqual(Read(Path.Combine(killed, name)))))
        {
            Differences++;
            Console.Error.WriteLine($"{string.Join(' ', arguments(killed))}: code {code}, other contents");
        }
        foreach (string name in left)
            Console.Error.WriteLine($"{string.Join(' ', arguments(killed))}: {name} is left over");
        Directory.Delete(killed, recursive: true);
    }

    private static string[] Names(string files) =>
        [.. Directory.GetFiles(files).Select(file => Path.GetFileName(file)).Order()];

    // What has to be the same in the end; throws if the file is not whole.
    private static IEnumerable<byte> Read(string file)
    {
        switch (Path.GetExtension(file))
        {
            case ".safetensors":
                Recommender.Load(file).Dispose();
                return File.ReadAllBytes(file);
            case ".json" or ".jsonl":
                foreach (string text in file.EndsWith('l') ? File.ReadAllLines(file) : [File.ReadAllText(file)])
                    JsonDocument.Parse(text).Dispose();
                return Encoding.UTF8.GetBytes(Times().Replace(File.ReadAllText(file), ""));
            case ".lock":
                return [];
            default:
                CheckpointFile.Load(file);
                return [];
        }
    }

    [GeneratedRegex("\"(seconds|users_per_second)\": *[0-9.eE+-]+")]
    private static partial Regex Times();
}
