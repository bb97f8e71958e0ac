using System.Diagnostics;
using System.Text.Json;
using VaeCf.Native;
using VaeCf.Native.Persistence;
using VaeCf.Native.Training;

namespace VaeCf.Cli;

/// <summary>
/// A run written down as it goes: one JSON object a line for each epoch, on the disk before the next begins. If a line
/// cannot be written, a warning says so, and the run goes on without its log.
/// </summary>
internal sealed class RunLog : IDisposable
{
    private readonly string path;
    private readonly CommandContext context;
    private readonly FileStream file;
    private readonly StreamWriter writer;
    private readonly Stopwatch clock = Stopwatch.StartNew();

    /// <param name="path">The file; what stands there is replaced.</param>
    /// <param name="context">Where the warning goes.</param>
    /// <param name="from">
    /// Where the run resumes, so that the lines of the epochs before stay; null if it starts from the beginning.
    /// </param>
    /// <exception cref="InputException">It cannot be written.</exception>
    public RunLog(string path, CommandContext context, Checkpoint? from)
    {
        (this.path, this.context) = (path, context);
        try
        {
            long kept = from is null || !File.Exists(path) ? 0 : LengthBefore(path, from);
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0);
            file.SetLength(kept);
            file.Position = kept;
            writer = new StreamWriter(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw AtomicFile.CannotWrite(path, e);
        }
    }

    /// <summary>Whether a line could not be written.</summary>
    public bool IsCut { get; private set; }

    // The bytes of the lines of the epochs that a checkpoint has behind it.
    private static long LengthBefore(string path, Checkpoint from)
    {
        int searched = from.Search?.Count ?? 0, trained = from.History.Count;
        return File.ReadLines(path).Take(searched + trained)
            .Sum(line => System.Text.Encoding.UTF8.GetByteCount(line) + Environment.NewLine.Length);
    }

    /// <summary>Whether a file is a log, by its first line.</summary>
    public static bool IsLog(string path)
    {
        try
        {
            using JsonDocument line = JsonDocument.Parse(OutputFile.FirstLine(path));
            return line.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("phase", out _) && root.TryGetProperty("epoch", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Writes a line if an epoch has just ended.</summary>
    /// <param name="phase"><c>search</c> or <c>train</c>.</param>
    /// <param name="progress">Where the run stands.</param>
    public void Add(string phase, FitProgress progress)
    {
        if (IsCut || progress.Finished is not { } epoch)
            return;
        long whole = file.Position;
        try
        {
            writer.WriteLine(Line(phase, progress, epoch));
            writer.Flush();
        }
        catch (IOException e)
        {
            IsCut = true;
            file.SetLength(whole);
            context.WriteErrorLine($"warning: {AtomicFile.CannotWrite(path, e).Message}; "
                + $"the log ends before epoch {epoch.Epoch}, the run goes on");
        }
    }

    private string Line(string phase, FitProgress progress, EpochSummary epoch) => JsonText.Of(json =>
    {
        json.WriteStartObject();
        json.WriteString("phase", phase);
        json.WriteNumber("epoch", epoch.Epoch);
        json.WriteNumber("step", progress.Step);
        foreach ((string name, double value) in epoch.Measures)
            json.WriteNumber(name, value);
        json.WriteNumber("users_per_second", progress.UsersPerSecond);
        json.WriteNumberOrNull($"validation_ndcg@{FitRun.ValidationCutoff}", epoch.ValidationNdcg);
        json.WriteNumber("seconds", clock.Elapsed.TotalSeconds);
        json.WriteEndObject();
    }, indented: false);

    public void Dispose() => writer.Dispose();
}
