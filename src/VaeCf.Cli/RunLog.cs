using System.Diagnostics;
using System.Text;
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
    private readonly Checkpoint? from;
    private FileStream? file;
    private readonly Stopwatch clock = Stopwatch.StartNew();

    /// <param name="path">The file; what stands there is replaced.</param>
    /// <param name="context">Where the warning goes.</param>
    /// <param name="from">
    /// Where the run resumes, so that the lines of the epochs before stay; null if it starts from the beginning.
    /// </param>
    public RunLog(string path, CommandContext context, Checkpoint? from) =>
        (this.path, this.context, this.from) = (path, context, from);

    /// <summary>Whether a line could not be written.</summary>
    public bool IsCut { get; private set; }

    // A new file in place of what stands there, so that another name of that keeps it; with the lines of the epochs
    // that the checkpoint has behind it.
    private FileStream Open()
    {
        string[] kept = from is null || !File.Exists(path) ? []
            : [.. File.ReadLines(path).Take((from.Search?.Count ?? 0) + from.History.Count)];
        AtomicFile.Write(path, stream => Array.ForEach(kept, line => Write(stream, line)));
        var opened = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.Read, bufferSize: 0);
        opened.Seek(0, SeekOrigin.End);
        return opened;
    }

    private static void Write(Stream file, string line) => file.Write(Encoding.UTF8.GetBytes(line + '\n'));

    /// <summary>Whether a file is a log, by its first line.</summary>
    public static bool IsLog(string path)
    {
        try
        {
            using JsonDocument line = JsonDocument.Parse(OutputFile.FirstLine(path));
            return line.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("phase", out _) && root.TryGetProperty("epoch", out _);
        }
        // InvalidOperationException: text that is not Unicode.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
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
        long whole = file?.Position ?? 0;
        try
        {
            file ??= Open();
            whole = file.Position;
            Write(file, Line(phase, progress, epoch));
        }
        catch (Exception e) when (e is InputException or IOException or UnauthorizedAccessException)
        {
            IsCut = true;
            file?.SetLength(whole);
            string why = e is InputException ? e.Message : AtomicFile.CannotWrite(path, e).Message;
            context.WriteErrorLine($"warning: {why}; "
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
        json.WriteNumberOrNull(progress.Run.Settings.Type.Validation.Key, epoch.Validation);
        json.WriteNumber("seconds", clock.Elapsed.TotalSeconds);
        json.WriteEndObject();
    }, indented: false);

    public void Dispose() => file?.Dispose();
}
