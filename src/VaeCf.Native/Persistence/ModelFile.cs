using System.Text;
using System.Text.Json;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Native.Persistence;

/// <summary>A model in a safetensors file: its tensors, and its description as JSON texts in the metadata.</summary>
internal static class ModelFile
{
    private const string AnyFormat = "vaecf-model-", Format = AnyFormat + "2", OldFormat = AnyFormat + "1",
        SettingsByName = "an object of settings by name";

    /// <summary>The library's version, as the package has it.</summary>
    public static string LibraryVersion { get; } = typeof(ModelFile).Assembly.GetName().Version!.ToString(3);

    public static void Write(Stream stream, Compute c, Settings settings, Vocabulary items, ModelInfo info,
        IReadOnlyList<NamedTensor> tensors) =>
        SafeTensors.Write(stream, Metadata(settings, items, info),
            [.. tensors.Select(tensor => new TensorInfo(tensor.Name, tensor.Shape))], i => Pieces(c, tensors[i]));

    private static IEnumerable<ReadOnlyMemory<float>> Pieces(Compute c, NamedTensor tensor)
    {
        float[] values = [];
        foreach (Tensor piece in tensor.Pieces())
        {
            if (values.Length < piece.Length)
                values = new float[piece.Length];
            c.Read(piece, values.AsSpan(0, (int)piece.Length));
            yield return values.AsMemory(0, (int)piece.Length);
        }
    }

    private static IReadOnlyList<KeyValuePair<string, string>> Metadata(Settings settings, Vocabulary items,
        ModelInfo info) =>
    [
        new("format", Format),
        new("library_version", LibraryVersion),
        new("model", settings.Type.Name),
        new("settings", Json(settings.WriteJson)),
        new("items", Json(json =>
        {
            json.WriteStartArray();
            for (int i = 0; i < items.Count; i++)
                if (items.IsNumeric)
                    json.WriteRawValue(items[i]);
                else
                    json.WriteStringValue(items[i]);
            json.WriteEndArray();
        })),
        new("origin", Json(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("epoch", info.Epoch);
            if (info.ValidationNdcg is double ndcg)
                json.WriteNumber($"validation_ndcg@{FitRun.ValidationCutoff}", ndcg);
            json.WriteNumber("train_users", info.TrainUsers);
            json.WriteBoolean("trained_on_counts", info.TrainedOnCounts);
            json.WriteEndObject();
        })),
    ];

    /// <summary>Whether a file is a model of this program, by its header.</summary>
    public static bool IsModel(string path)
    {
        try
        {
            using var file = new SafeTensors(path);
            return file.Metadata.GetValueOrDefault("format", "").StartsWith(AnyFormat, StringComparison.Ordinal);
        }
        catch (InputException)
        {
            return false;
        }
    }

    /// <summary>Reads a model's file, of the current format or the one before.</summary>
    /// <param name="file">The file, open as long as its tensors are read.</param>
    /// <exception cref="InputException">It is not a model of this program, or its metadata is malformed.</exception>
    public static ModelData Read(SafeTensors file)
    {
        string format = file.Metadata.GetValueOrDefault("format", "");
        if (format is not (Format or OldFormat))
            throw new InputException($"{file.Name}: found a safetensors file with the format '{format}'; "
                + $"expected '{Format}', a model saved by this program");
        Vocabulary items = Parse(file, "items", "an array of ids, all whole numbers or all texts", root =>
            root.GetArrayLength() > 0 && root[0].ValueKind == JsonValueKind.Number
            ? new Vocabulary([.. root.EnumerateArray().Select(id => id.GetInt64())])
            : new Vocabulary([.. root.EnumerateArray()
                .Select(id => id.GetString() ?? throw new FormatException("null"))]));
        (Settings settings, ModelInfo info) = format == Format ? ReadNew(file) : ReadOld(file);
        return new ModelData(file.Name, settings, items, info, file.Tensors, file.Read);
    }

    private static (Settings, ModelInfo) ReadNew(SafeTensors file)
    {
        if (!file.Metadata.TryGetValue("model", out string? name))
            throw new InputException($"{file.Name}: found no 'model' in the metadata; expected the name of one");
        ModelType type = Find(file, name);
        Settings settings = Parse(file, "settings", SettingsByName, root => Checked(Settings.Read(type, root)));
        return (settings, Parse(file, "origin", "an object with epoch, train_users and trained_on_counts",
            root => new ModelInfo(root.GetProperty("epoch").GetInt32(), Ndcg(root),
            root.GetProperty("train_users").GetInt32(), root.GetProperty("trained_on_counts").GetBoolean())));
    }

    // The first format kept today's settings in two objects, and the model's name in mixed case.
    private static (Settings, ModelInfo) ReadOld(SafeTensors file)
    {
        using JsonDocument training = Document(file, "training");
        (Settings settings, int users) = Parse(file, "config", SettingsByName, root => (
            Checked(Settings.Read(Find(file, root.GetProperty("model").GetString()!.ToLowerInvariant()),
                root, training.RootElement)),
            training.RootElement.GetProperty("train_users").GetInt32()));
        // Whether it was trained on counts was not written: the first format's answers took every click as 1.
        return (settings, Parse(file, "metrics", "an object with epoch",
            root => new ModelInfo(root.GetProperty("epoch").GetInt32(), Ndcg(root), users, TrainedOnCounts: false)));
    }

    private static double? Ndcg(JsonElement root) =>
        root.TryGetProperty($"validation_ndcg@{FitRun.ValidationCutoff}", out JsonElement ndcg)
            ? ndcg.GetDouble() : null;

    private static ModelType Find(SafeTensors file, string name) =>
        Catalog.All.FirstOrDefault(type => type.Name == name)
        ?? throw new InputException(
            $"{file.Name}: found the model '{name}'; expected one of {string.Join(", ", Catalog.All)}, "
            + "or a type that was added to the catalog");

    private static Settings Checked(Settings settings)
    {
        settings.Check();
        return settings;
    }

    private static T Parse<T>(SafeTensors file, string name, string expected, Func<JsonElement, T> read)
    {
        using JsonDocument document = Document(file, name);
        try
        {
            return read(document.RootElement);
        }
        catch (ArgumentException e)
        {
            throw InputException.About(Metadata(file, name), e);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InputException($"{Metadata(file, name)}: found "
                + $"{TerminalText.Cut(document.RootElement.GetRawText())}; expected {expected}", e);
        }
    }

    private static JsonDocument Document(SafeTensors file, string name)
    {
        if (!file.Metadata.TryGetValue(name, out string? text))
            throw new InputException($"{file.Name}: found no metadata '{name}'; expected that of a saved model");
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException e)
        {
            throw InputException.About(Metadata(file, name), e);
        }
    }

    private static string Metadata(SafeTensors file, string name) => $"{file.Name}: the metadata '{name}'";

    private static string Json(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
            write(json);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
