using System.Text;
using System.Text.Json;
using VaeCf.Native;
using VaeCf.Native.Persistence;

namespace VaeCf.Cli;

/// <summary>
/// A run written down as it goes: a line of JSON for each epoch, on the disk before the next begins, and one for the
/// result. If a line cannot be written, a warning says so, and the run goes on without its log.
/// </summary>
internal sealed class RunLog : IDisposable
{
    private readonly string path;
    private readonly CommandContext context;
    private IReadOnlyList<string> before = [];
    private FileStream? file;

    /// <param name="path">The file; what stands there is replaced.</param>
    /// <param name="context">Where the warning goes.</param>
    public RunLog(string path, CommandContext context) => (this.path, this.context) = (path, context);

    /// <summary>Whether a line could not be written.</summary>
    public bool IsCut { get; private set; }

    /// <summary>
    /// Says what is known of the epochs that a run which goes on has behind it. A line that the log has of one, which
    /// knows more, stays.
    /// </summary>
    public void GoOn(IReadOnlyList<string> lines) => before = lines;

    // A new file in place of what stands there, so that another name of that keeps it.
    private FileStream Open()
    {
        string[] standing = before.Count > 0 && File.Exists(path)
            ? [.. File.ReadLines(path).Take(before.Count)] : [];
        AtomicFile.Write(path, stream =>
        {
            for (int i = 0; i < before.Count; i++)
                Write(stream, i < standing.Length && LoggedRun.IsLine(standing[i]) && Holds(standing[i], before[i])
                    ? standing[i] : before[i]);
        });
        var opened = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.Read, bufferSize: 0);
        opened.Seek(0, SeekOrigin.End);
        return opened;
    }

    // Whether a line has all that another one has.
    private static bool Holds(string line, string other)
    {
        try
        {
            using JsonDocument more = JsonDocument.Parse(line), less = JsonDocument.Parse(other);
            return more.RootElement.ValueKind == JsonValueKind.Object && less.RootElement.EnumerateObject().All(
                member => more.RootElement.TryGetProperty(member.Name, out JsonElement value)
                    && value.GetRawText() == member.Value.GetRawText());
        }
        // InvalidOperationException: text that is not Unicode.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static void Write(Stream file, string line) => file.Write(Encoding.UTF8.GetBytes(line + '\n'));

    /// <summary>Whether a file is a log, by its first line.</summary>
    public static bool IsLog(string path)
    {
        try
        {
            using JsonDocument line = JsonDocument.Parse(OutputFile.FirstLine(path));
            return line.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("phase", out JsonElement phase)
                && (root.TryGetProperty("epoch", out _) || phase.ValueEquals(RunRecord.Result));
        }
        // InvalidOperationException: text that is not Unicode.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Writes a line.</summary>
    /// <param name="line">A JSON object.</param>
    /// <param name="what">What it tells of, such as <c>epoch 3</c>.</param>
    public void Add(string line, string what)
    {
        if (IsCut)
            return;
        long whole = file?.Position ?? 0;
        try
        {
            file ??= Open();
            whole = file.Position;
            Write(file, line);
        }
        catch (Exception e) when (e is InputException || AtomicFile.IsRefusal(e))
        {
            IsCut = true;
            file?.SetLength(whole);
            string why = e is InputException ? e.Message : AtomicFile.CannotWrite(path, e).Message;
            context.WriteErrorLine($"warning: {why}; the log ends before {what}, the run goes on");
        }
    }

    public void Dispose() => file?.Dispose();
}
