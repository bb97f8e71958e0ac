using System.Text.Json;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Training;

/// <summary>
/// The state of a <see cref="GridSearch"/>: <c>search.json</c> with its trials, <c>best.safetensors</c>, and a
/// checkpoint of each combination whose training may go on.
/// </summary>
internal sealed class SearchFolder
{
    private const string Format = "vaecf-search-1", StateName = "search.json";

    private readonly GridSearch search;
    private readonly string path, state, data, what;
    private readonly bool replacesOther;
    private string? modelSum;

    /// <exception cref="InputException">The folder cannot be made, or holds other files.</exception>
    public SearchFolder(string path, GridSearch search, Settings start, string data, bool replacesOther)
    {
        (this.path, this.search, this.data, this.replacesOther) = (path, search, data, replacesOther);
        what = string.Join(", over ", start.Type.Grid.Where(grid => !start.IsGiven(grid.Setting))
            .Select(grid => $"{grid.Setting.Name} {string.Join(' ', grid.Values)}").Prepend($"{start}"));
        (state, Model) = (Path.Combine(path, StateName), Path.Combine(path, "best.safetensors"));
        try
        {
            string real = AtomicFile.RealPath(path);
            for (string? above = real; above is not null; above = Path.GetDirectoryName(above))
                if (File.Exists(above))
                    throw new InputException($"{above}: found a file; expected a folder, or none");
            Directory.CreateDirectory(real);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw InputException.About(path, e);
        }
        if (!IsSearch(path))
            throw new InputException($"{path}: found a folder with other files; expected an empty one, one of a "
                + "search, or none");
    }

    /// <summary>The best model's file.</summary>
    public string Model { get; }

    /// <summary>Whether the best model's file is there, as it was saved.</summary>
    public bool HasModel => modelSum is not null && File.Exists(Model) && SumOfModel() == modelSum;

    /// <inheritdoc cref="GridSearch.IsSearch"/>
    public static bool IsSearch(string path) => Directory.Exists(path) && (File.Exists(Path.Combine(path, StateName))
        // A search that was killed at its start leaves no more than these.
        || Directory.EnumerateFileSystemEntries(path).Select(Path.GetFileName).All(name =>
            name!.StartsWith(StateName, StringComparison.Ordinal) && Path.GetExtension(name) is ".tmp" or ".lock"));

    /// <summary>Keeps other searches away until it is disposed of.</summary>
    /// <exception cref="InputException">Another search runs here, or the folder cannot be written.</exception>
    public IDisposable Hold() => AtomicFile.Hold(state);

    /// <summary>Removes what a search that was killed left aside.</summary>
    public void RemoveLeftovers()
    {
        AtomicFile.RemoveLeftovers(state);
        AtomicFile.RemoveLeftovers(Model);
    }

    /// <summary>The trials of a search before; none if there was none.</summary>
    /// <exception cref="InputException">It was of another model or of other data, or cannot be read.</exception>
    public List<Trial> Read()
    {
        modelSum = null;
        if (!File.Exists(state))
            return [];
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(state));
            JsonElement root = document.RootElement;
            if (root.GetProperty("format").GetString() != Format)
                throw new FormatException();
            (string? found, string? on) = (root.GetProperty("what").GetString(), root.GetProperty("data").GetString());
            JsonElement[] all = [.. root.GetProperty("trials").EnumerateArray()];
            if (found == what && on == data)
            {
                modelSum = root.GetProperty("model").GetString();
                return [.. all.Select(Read)];
            }
            // Where nothing has been trained, nothing is lost.
            return replacesOther || all.All(trial => trial.GetProperty("epochs").GetInt32() == 0) ? []
                : throw new InputException($"{state}: found a search of {TerminalText.Cut(found ?? "")}, on "
                    + $"{(on == data ? "the same" : "other")} data; expected one of {what} on the same data and "
                    + "files, or another folder");
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

    private Trial Read(JsonElement json, int index)
    {
        var trial = new Trial(json.GetProperty("round").GetInt32(), json.GetProperty("number").GetInt32(),
            json.GetProperty("epochs").GetInt32(), json.GetProperty("best_epoch").GetInt32(),
            json.GetProperty("ndcg") is { ValueKind: not JsonValueKind.Null } ndcg ? ndcg.GetDouble() : null,
            json.GetProperty("seconds").GetDouble(), json.GetProperty("done").GetBoolean(),
            json.GetProperty("failure").GetString());
        void Expect(bool condition, FormattableString found)
        {
            if (!condition)
                throw new InputException($"{state}, trial {index + 1}: found {FormattableString.Invariant(found)}");
        }
        Expect(trial.Round >= 1 && trial.Round <= search.Rounds,
            $"round {trial.Round}; expected one from 1 to {search.Rounds}");
        Expect(trial.Number >= 0 && trial.Number < search.Candidates.Count,
            $"combination {trial.Number}; expected one from 0 to {search.Candidates.Count - 1}");
        Expect(trial.Epochs >= 0, $"{trial.Epochs} epochs; expected at least 0");
        Expect(trial.BestEpoch >= 0 && trial.BestEpoch <= trial.Epochs,
            $"best epoch {trial.BestEpoch}; expected one from 0 to {trial.Epochs}");
        ValidationMeasure measure = search.Candidates[0].Type.Validation;
        Expect(trial.Validation is null || trial.Validation >= 0 && trial.Validation <= measure.Highest,
            $"{measure.Name} {trial.Validation}; expected a number from 0 to {measure.Highest}");
        Expect(trial.Seconds is >= 0 and < double.PositiveInfinity,
            $"{trial.Seconds} seconds; expected a finite number, at least 0");
        Expect(trial.Validation is not null || !string.IsNullOrEmpty(trial.Failure),
            $"no {measure.Name} and no failure; expected one of them");
        return trial;
    }

    /// <summary>Writes the trials.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public void Write(IEnumerable<Trial> trials) => AtomicFile.Write(state, stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteString("what", what);
        json.WriteString("data", data);
        json.WriteString("model", modelSum);
        json.WriteStartArray("trials");
        foreach (Trial trial in trials)
        {
            json.WriteStartObject();
            json.WriteNumber("round", trial.Round);
            json.WriteNumber("number", trial.Number);
            json.WriteNumber("epochs", trial.Epochs);
            json.WriteNumber("best_epoch", trial.BestEpoch);
            if (trial.Validation is double ndcg)
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

    /// <summary>Where a combination's training stands; null if it has not begun, or if no whole file tells.</summary>
    /// <exception cref="InputException">The file cannot be read.</exception>
    public Checkpoint? Checkpoint(int number)
    {
        try
        {
            return CheckpointFile.Newest(FileOf(number), out _);
        }
        catch (InputException e) when (!e.IsOfDisk)
        {
            return null;
        }
    }

    /// <summary>Keeps where a combination's training stands.</summary>
    public void Save(int number, Checkpoint checkpoint) => CheckpointFile.Save(FileOf(number), checkpoint);

    /// <summary>Keeps a model as the best.</summary>
    public void Save(Recommender model)
    {
        model.Save(Model);
        modelSum = SumOfModel();
    }

    /// <summary>Removes the checkpoints of a search that is done.</summary>
    public void RemoveCheckpoints()
    {
        foreach (string file in Enumerable.Range(0, search.Candidates.Count).Select(FileOf))
        {
            AtomicFile.RemoveLeftovers(file);
            foreach (string one in (string[])[file, CheckpointFile.Previous(file), CheckpointFile.Damaged(file)])
                AtomicFile.Remove(one);
        }
    }

    private string SumOfModel() => Convert.ToHexStringLower(AtomicFile.Sum(Model));

    private string FileOf(int number) => Path.Combine(path, $"trial-{number}.checkpoint");
}
