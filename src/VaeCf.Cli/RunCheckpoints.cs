using System.CommandLine;
using VaeCf.Native;
using VaeCf.Native.Persistence;
using VaeCf.Native.Training;

namespace VaeCf.Cli;

/// <summary>The options of a run that can be resumed: where its checkpoints go, how often, whether to go on.</summary>
internal sealed class CheckpointOptions
{
    private readonly Option<string> file = new("--checkpoint")
    {
        Description = "File to write the state of the run to, so that --resume can go on; the one before stays beside "
            + "it as FILE.previous.",
        HelpName = "FILE",
    };
    private readonly Option<int> every =
        Options.AtLeast("--checkpoint-every", "Epochs from one checkpoint to the next.", 1, 1);
    private readonly Option<bool> resume = new("--resume")
    {
        Description = "Go on from the checkpoint, to the same model as without the interruption; where there is none, "
            + "start from the beginning.",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (ReadOnlySpan<Option>)[file, every, resume])
            command.Options.Add(option);
    }

    /// <summary>The file; null if there are to be no checkpoints.</summary>
    public string? File(ParseResult parsed) => parsed.GetValue(file);

    /// <summary>The file and what may come to stand beside it; none if there are to be no checkpoints.</summary>
    public IEnumerable<string> Files(ParseResult parsed) => File(parsed) is not { } path ? []
        : [path, CheckpointFile.Previous(path), CheckpointFile.Damaged(path), AtomicFile.LockOf(path)];

    /// <summary>Whether the run goes on from a checkpoint if there is one.</summary>
    public bool Resumes(ParseResult parsed) => parsed.GetValue(resume);

    /// <summary>Checks the options and the file before any work, and reads the checkpoint to resume from.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="context">Where to say where the run begins.</param>
    /// <param name="force">Whether what stands there may be replaced.</param>
    /// <param name="others">The other files of the command.</param>
    /// <exception cref="InputException">
    /// The options do not go together, the file must not be written, or no checkpoint is whole.
    /// </exception>
    public RunCheckpoints? Open(ParseResult parsed, CommandContext context, bool force,
        params IEnumerable<string?> others)
    {
        if (parsed.GetValue(file) is not { } path)
        {
            Options.Refuse(parsed, "no --checkpoint; expected its file", every, resume);
            return null;
        }
        foreach (string target in (string[])[path, CheckpointFile.Previous(path)])
        {
            // Whether it is damaged shows when it is read.
            OutputFile.Check(target, "a checkpoint", CheckpointFile.IsCheckpoint,
                force || (parsed.GetValue(resume) && target == path), others);
            if (System.IO.File.Exists(AtomicFile.RealPath(target)) && !force && !parsed.GetValue(resume))
                throw new InputException($"{target}: found a checkpoint; expected --resume to go on from it, or "
                    + "--force to start from the beginning");
        }
        OutputFile.Check(CheckpointFile.Damaged(path), "a damaged checkpoint", CheckpointFile.IsCheckpoint,
            force || !parsed.GetValue(resume), others);
        OutputFile.CheckApart(AtomicFile.LockOf(path), others);
        // Two runs would take each other's checkpoints away.
        IDisposable held = AtomicFile.Hold(path);
        try
        {
            return new RunCheckpoints(context, path, parsed.GetValue(every),
                parsed.GetValue(resume) ? Newest(context, path) : null, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private static Checkpoint? Newest(CommandContext context, string path)
    {
        Checkpoint? from = CheckpointFile.Newest(path, out InputException? damage);
        if (damage is not null)
            context.WriteErrorLine($"warning: {damage.Message}; the checkpoint before it is used, and this one is kept "
                + $"as {CheckpointFile.Damaged(path)}");
        string read = System.IO.File.Exists(AtomicFile.RealPath(path)) ? path : CheckpointFile.Previous(path);
        context.WriteErrorLine(from is null ? $"{path}: there is no checkpoint; the run starts from the beginning"
            : $"the run goes on from {read}, after {from.Position.Step} steps and {from.Position.Epoch} epochs");
        return from;
    }
}

/// <summary>
/// Writes the checkpoints of a run. If one cannot be written, a warning says so, and the run goes on.
/// </summary>
/// <param name="context">Where the warning goes, and when the run must stop.</param>
/// <param name="path">The file.</param>
/// <param name="every">Epochs from one to the next.</param>
/// <param name="from">Where the run resumes; null if it starts from the beginning.</param>
/// <param name="held">Keeps other processes away until this is disposed of.</param>
internal sealed class RunCheckpoints(
    CommandContext context, string path, int every, Checkpoint? from, IDisposable held) : IDisposable
{
    private long saved = -1;

    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>Where the run resumes; null if it starts from the beginning.</summary>
    public Checkpoint? From => from;

    /// <summary>Whether a checkpoint could not be written.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Writes a checkpoint if an epoch asks for one, or if the run is about to stop.</summary>
    /// <param name="progress">Where the run stands.</param>
    /// <param name="search">The search that the run comes after; null if there was none.</param>
    public void Add(FitProgress progress, BetaSearch? search)
    {
        if (progress.Finished is { } epoch && epoch.Epoch % every == 0 || context.Stop.IsCancellationRequested)
            Save(progress.Run, search);
    }

    /// <summary>Writes a checkpoint where the run stands, unless it is written.</summary>
    public void Save(FitRun run, BetaSearch? search)
    {
        long step = run.Fit.Position.Step;
        if (step == saved || step == 0)
            return;
        try
        {
            CheckpointFile.Save(path, run.Capture() with { Search = search?.Curve });
            saved = step;
        }
        catch (InputException e)
        {
            if (!HasFailed)
                context.WriteErrorLine($"warning: {e.Message}; the run goes on");
            HasFailed = true;
        }
    }

    public void Dispose() => held.Dispose();
}
