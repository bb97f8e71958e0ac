using System.Text.Json;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Training;

/// <summary>
/// The state of a <see cref="GridSearch"/>: <c>search.json</c> with its trials, <c>best.safetensors</c>, and a
/// checkpoint of each combination whose training may go on.
/// </summary>
internal sealed class SearchFolder
{
    private const string Format = "vaecf-search-1";

    private readonly string path, state, data, what;

    /// <exception cref="InputException">The folder cannot be made.</exception>
    public SearchFolder(string path, Settings start, string data)
    {
        (this.path, this.data) = (path, data);
        what = string.Join(", over ", start.Type.Grid.Where(grid => !start.IsGiven(grid.Setting))
            .Select(grid => $"{grid.Setting.Name} {string.Join(' ', grid.Values)}").Prepend($"{start}"));
        (state, Model) = (Path.Combine(path, "search.json"), Path.Combine(path, "best.safetensors"));
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw InputException.About(path, e);
        }
    }

    /// <summary>The best model's file.</summary>
    public string Model { get; }

    /// <summary>The trials of a search before; none if there was none.</summary>
    /// <exception cref="InputException">It was of another model or of other data, or cannot be read.</exception>
    public IReadOnlyList<Trial> Read()
    {
        if (!File.Exists(state))
            return [];
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(state));
            JsonElement root = document.RootElement;
            if (root.GetProperty("format").GetString() != Format)
                throw new FormatException();
            (string? found, string? on) = (root.GetProperty("what").GetString(), root.GetProperty("data").GetString());
            if (found != what || on != data)
                throw new InputException($"{state}: found a search of {TerminalText.Cut(found ?? "")}, on "
                    + $"{(on == data ? "the same" : "other")} data; expected one of {what} on the same data, or "
                    + "another folder");
            return [.. root.GetProperty("trials").EnumerateArray().Select(Read)];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            throw new InputException(
                $"{state}: found no search; expected one that this program wrote, or another folder", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw InputException.About(state, e);
        }
    }

    private static Trial Read(JsonElement json) => new(json.GetProperty("round").GetInt32(),
        json.GetProperty("number").GetInt32(), json.GetProperty("epochs").GetInt32(),
        json.GetProperty("best_epoch").GetInt32(),
        json.GetProperty("ndcg") is { ValueKind: JsonValueKind.Number } ndcg ? ndcg.GetDouble() : null,
        json.GetProperty("seconds").GetDouble(), json.GetProperty("done").GetBoolean(),
        json.GetProperty("failure").GetString());

    /// <summary>Writes the trials.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public void Write(IEnumerable<Trial> trials) => AtomicFile.Write(state, stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteString("what", what);
        json.WriteString("data", data);
        json.WriteStartArray("trials");
        foreach (Trial trial in trials)
        {
            json.WriteStartObject();
            json.WriteNumber("round", trial.Round);
            json.WriteNumber("number", trial.Number);
            json.WriteNumber("epochs", trial.Epochs);
            json.WriteNumber("best_epoch", trial.BestEpoch);
            if (trial.ValidationNdcg is double ndcg)
                json.WriteNumber("ndcg", ndcg);
            else
                json.WriteNull("ndcg");
            json.WriteNumber("seconds", trial.Seconds);
            json.WriteBoolean("done", trial.IsDone);
            json.WriteString("failure", trial.Failure);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>Where a combination's training stands; null if it has not begun.</summary>
    public Checkpoint? Checkpoint(int number) => CheckpointFile.Newest(FileOf(number), out _);

    /// <summary>Keeps where a combination's training stands.</summary>
    public void Save(int number, Checkpoint checkpoint) => CheckpointFile.Save(FileOf(number), checkpoint);

    /// <summary>Keeps a model as the best.</summary>
    public void Save(Recommender model) => model.Save(Model);

    /// <summary>Removes the checkpoints of a search that is done.</summary>
    public void RemoveCheckpoints()
    {
        foreach (string file in Directory.EnumerateFiles(path, "trial-*.checkpoint*"))
            File.Delete(file);
    }

    private string FileOf(int number) => Path.Combine(path, $"trial-{number}.checkpoint");
}
