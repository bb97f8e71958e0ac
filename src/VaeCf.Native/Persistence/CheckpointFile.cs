using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Native.Persistence;

/// <summary>
/// A run's <see cref="Checkpoint"/> in a safetensors file, written aside, flushed to the disk and renamed, with a
/// checksum over all of it. The checkpoint that it replaces stays beside it, as <c>FILE.previous</c>, until the next.
/// </summary>
/// <example>
/// <code>
/// Checkpoint? start = CheckpointFile.Newest("run.checkpoint", out _);
/// using var run = new FitRun(split, settings, from: start);
/// using Recommender model = run.Run(now =>
/// {
///     if (now.Finished is not null)
///         CheckpointFile.Save("run.checkpoint", now.Run.Capture());
/// });
/// </code>
/// </example>
public static class CheckpointFile
{
    /// <summary>Under which name the metadata has the checksum.</summary>
    internal const string Checksum = "sha256";

    private const string Format = "vaecf-checkpoint-1",
        Model = "model/", State = "state/", Best = "best/";

    /// <summary>Where the checkpoint before the newest is: beside it, whatever links lead there.</summary>
    /// <param name="path">Where the newest is.</param>
    /// <exception cref="InputException">The path's links go round in a circle.</exception>
    public static string Previous(string path) => AtomicFile.RealPath(path) + ".previous";

    /// <summary>Where <see cref="Newest"/> keeps a damaged checkpoint that it did not read.</summary>
    /// <param name="path">Where it was.</param>
    /// <inheritdoc cref="Previous" path="/exception"/>
    public static string Damaged(string path) => AtomicFile.RealPath(path) + ".damaged";

    /// <summary>Writes a checkpoint.</summary>
    /// <param name="path">The file. What stands there becomes <see cref="Previous"/>.</param>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <exception cref="InputException">The file cannot be written; the ones before are as they were.</exception>
    public static void Save(string path, Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        (string Name, SavedTensor Tensor)[] tensors =
        [
            .. checkpoint.Model.Select(tensor => (Model + tensor.Name, tensor)),
            .. checkpoint.State.Select(tensor => (State + tensor.Name, tensor)),
            .. (checkpoint.Best?.Tensors ?? []).Select(tensor => (Best + tensor.Name, tensor)),
        ];
        List<KeyValuePair<string, string>> metadata = Metadata(checkpoint);
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, string text) in metadata)
            Append(sum, name, text);
        foreach ((string name, SavedTensor tensor) in tensors)
            Append(sum, name, tensor.Shape, tensor.Values);
        metadata.Add(new(Checksum, Convert.ToHexStringLower(sum.GetHashAndReset())));
        AtomicFile.Write(path, stream => SafeTensors.Write(stream, metadata,
            [.. tensors.Select(one => new TensorInfo(one.Name, [.. one.Tensor.Shape]))],
            i => [tensors[i].Tensor.Values]), Previous(path));
    }

    /// <summary>Reads a checkpoint.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InputException">It is missing, is no whole checkpoint, or its checksum is another.</exception>
    public static Checkpoint Load(string path)
    {
        using var file = new SafeTensors(path);
        string format = file.Metadata.GetValueOrDefault("format", "");
        if (format != Format)
            throw new InputException($"{path}: found a safetensors file with the format '{TerminalText.Cut(format)}'; "
                + $"expected '{Format}', a checkpoint");
        var tensors = new List<SavedTensor>();
        if (file.Metadata.GetValueOrDefault(Checksum) != Sum(file, tensors.Add))
            throw new InputException($"{path}: found contents that are not those of the checksum; expected a "
                + "checkpoint as it was written");
        IReadOnlyList<SavedTensor> Of(string part) => [.. tensors
            .Where(tensor => tensor.Name.StartsWith(part, StringComparison.Ordinal))
            .Select(tensor => tensor with { Name = tensor.Name[part.Length..] })];
        return Read(file, Of(Model), Of(State), Of(Best));
    }

    /// <summary>The checksum that a checkpoint with the contents of a file must have.</summary>
    /// <param name="file">The file.</param>
    /// <param name="read">Receives each tensor.</param>
    internal static string Sum(SafeTensors file, Action<SavedTensor> read)
    {
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, string text) in file.Metadata.Where(one => one.Key != Checksum))
            Append(sum, name, text);
        foreach (TensorInfo info in file.Tensors)
        {
            var values = new float[info.Length];
            file.Read(info, 0, values);
            Append(sum, info.Name, info.Shape, values);
            read(new(info.Name, info.Shape, values));
        }
        return Convert.ToHexStringLower(sum.GetHashAndReset());
    }

    /// <summary>
    /// Reads the checkpoint at a path or, if that is damaged or missing, the one before it; null if there is neither.
    /// What an interrupted <see cref="Save"/> left is removed. A damaged file is renamed to <see cref="Damaged"/>, for
    /// the next <see cref="Save"/> would put it in the place of the whole one before it. So only one process at a time
    /// may use the path.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="damage">Why the newest was not read; null if it was, or if there is none.</param>
    /// <exception cref="InputException">Neither is whole, or what is to be removed or renamed cannot be.</exception>
    public static Checkpoint? Newest(string path, out InputException? damage)
    {
        damage = null;
        string previous = Previous(path), real = AtomicFile.RealPath(path);
        AtomicFile.RemoveLeftovers(path);
        AtomicFile.RemoveLeftovers(previous);
        if (File.Exists(real))
            try
            {
                return Load(path);
            }
            catch (InputException e) when (File.Exists(previous))
            {
                damage = e;
            }
        if (!File.Exists(previous))
            return null;
        Checkpoint before = Load(previous);
        if (damage is not null)
            AtomicFile.Rename(real, Damaged(path));
        return before;
    }

    /// <summary>Whether a file is a checkpoint, whole or not, by its header.</summary>
    /// <param name="path">A regular file.</param>
    public static bool IsCheckpoint(string path)
    {
        try
        {
            using var file = new SafeTensors(path);
            return file.Metadata.GetValueOrDefault("format") == Format;
        }
        catch (InputException)
        {
            return false;
        }
    }

    private static List<KeyValuePair<string, string>> Metadata(Checkpoint checkpoint) =>
    [
        new("format", Format),
        new("library_version", ModelFile.LibraryVersion),
        new("model", checkpoint.Settings.Type.Name),
        new("settings", MetadataText.Json(checkpoint.Settings.WriteJson)),
        new("run", MetadataText.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("data", checkpoint.Data);
            json.WriteNumber("step", checkpoint.Position.Step);
            json.WriteNumber("epoch", checkpoint.Position.Epoch);
            json.WriteNumber("done", checkpoint.Position.Done);
            Write(json, "numbers", checkpoint.Numbers);
            if (checkpoint.Best is { } best)
            {
                json.WriteNumber("best_epoch", best.Epoch);
                json.WriteString("best_ndcg", Text(best.Validation));
            }
            Write(json, "history", checkpoint.History);
            if (checkpoint.Search is { } search)
                Write(json, "search", search);
            json.WriteEndObject();
        })),
    ];

    private static Checkpoint Read(SafeTensors file, IReadOnlyList<SavedTensor> model,
        IReadOnlyList<SavedTensor> state, IReadOnlyList<SavedTensor> best)
    {
        Settings settings = MetadataText.Settings(file);
        return MetadataText.Parse(file, "run", "what a checkpoint has of its run", root => new Checkpoint
        {
            Settings = settings,
            Data = MetadataText.Text(root.GetProperty("data")),
            Position = new(root.GetProperty("step").GetInt64(), root.GetProperty("epoch").GetInt32(),
                root.GetProperty("done").GetInt32()),
            Model = model,
            State = state,
            Numbers = Measures(root.GetProperty("numbers")),
            Best = root.TryGetProperty("best_epoch", out JsonElement epoch)
                ? new(epoch.GetInt32(), Number(root.GetProperty("best_ndcg")), best) : null,
            History = Epochs(root.GetProperty("history")),
            Search = root.TryGetProperty("search", out JsonElement search) ? Epochs(search) : null,
        });
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<EpochSummary> epochs)
    {
        json.WriteStartArray(name);
        foreach (EpochSummary epoch in epochs)
        {
            json.WriteStartObject();
            json.WriteNumber("epoch", epoch.Epoch);
            if (epoch.Validation is double ndcg)
                json.WriteString("ndcg", Text(ndcg));
            Write(json, "measures", epoch.Measures);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<Measure> measures)
    {
        json.WriteStartArray(name);
        foreach (Measure measure in measures)
        {
            json.WriteStringValue(measure.Name);
            json.WriteStringValue(Text(measure.Value));
        }
        json.WriteEndArray();
    }

    private static IReadOnlyList<EpochSummary> Epochs(JsonElement json) => [.. json.EnumerateArray().Select(epoch =>
        new EpochSummary(epoch.GetProperty("epoch").GetInt32(), Measures(epoch.GetProperty("measures")),
            epoch.TryGetProperty("ndcg", out JsonElement ndcg) ? Number(ndcg) : null))];

    private static IReadOnlyList<Measure> Measures(JsonElement json) => [.. json.EnumerateArray().Chunk(2)
        .Select(pair => pair is [var name, var value] ? new Measure(MetadataText.Text(name), Number(value))
            : throw new FormatException("a measure without a value"))];

    // As text, for JSON has no numbers that are not finite.
    private static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    private static double Number(JsonElement json) =>
        double.Parse(MetadataText.Text(json), CultureInfo.InvariantCulture);

    private static void Append(IncrementalHash sum, string name, string text) =>
        sum.AppendData(Encoding.UTF8.GetBytes($"{name}\0{text}\0"));

    private static void Append(IncrementalHash sum, string name, IReadOnlyList<long> shape, float[] values)
    {
        Append(sum, name, string.Join(',', shape));
        for (ReadOnlySpan<float> rest = values; !rest.IsEmpty; rest = rest[Math.Min(rest.Length, 1 << 20)..])
            sum.AppendData(MemoryMarshal.AsBytes(rest[..Math.Min(rest.Length, 1 << 20)]));
    }
}
