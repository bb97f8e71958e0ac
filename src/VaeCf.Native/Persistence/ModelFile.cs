using System.Text.Json;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Persistence;

/// <summary>A model in a safetensors file: its tensors, and its description as JSON texts in the metadata.</summary>
internal static class ModelFile
{
    private const string LowestRating = "lowest_rating", HighestRating = "highest_rating";

    private const string AnyFormat = "vaecf-model-", Format = AnyFormat + "2", OldFormat = AnyFormat + "1";

    // The model and its settings stand before its items.
    private const int BeforeItems = 2;

    /// <summary>The library's version, as the package has it.</summary>
    public static string LibraryVersion { get; } = typeof(ModelFile).Assembly.GetName().Version!.ToString(3);

    public static void Write(Stream stream, Compute c, Vocabulary items,
        IReadOnlyList<KeyValuePair<string, string>> description, IReadOnlyList<NamedTensor> tensors) =>
        SafeTensors.Write(stream, [new("format", Format), new("library_version", LibraryVersion),
            .. description.Take(BeforeItems), new("items", Ids(items)), .. description.Skip(BeforeItems)],
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

    /// <summary>What the metadata says of a model, or of one that another is made of, but for the items.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Describe(Settings settings, ModelInfo info,
        Vocabulary? users)
    {
        yield return new("model", settings.Type.Name);
        yield return new("settings", MetadataText.Json(settings.WriteJson));
        yield return new("origin", MetadataText.Json(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("epoch", info.Epoch);
            if (info.Validation is double validation)
                json.WriteNumber(settings.Type.Validation.Key, validation);
            json.WriteNumber("train_users", info.TrainUsers);
            json.WriteBoolean("trained_on_counts", info.TrainedOnCounts);
            if (info.Scale is var (lowest, highest))
            {
                json.WriteNumber(LowestRating, lowest);
                json.WriteNumber(HighestRating, highest);
            }
            json.WriteEndObject();
        }));
        if (users is not null)
            yield return new("users", Ids(users));
    }

    private static string Ids(Vocabulary ids) => MetadataText.Json(json =>
    {
        json.WriteStartArray();
        for (int i = 0; i < ids.Count; i++)
            if (ids.IsNumeric)
                json.WriteRawValue(ids[i]);
            else
                json.WriteStringValue(ids[i]);
        json.WriteEndArray();
    });

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
        Vocabulary items = ReadIds(file, "items");
        if (items.Count == 0)
            throw new InputException($"{file.Name}: the metadata 'items': found none; expected at least one");
        if (format == Format)
            return ReadNew(file, items, prefix: "", depth: 0);
        (Settings settings, ModelInfo info) = ReadOld(file);
        return new ModelData(file.Name, settings, items, info, file.Tensors, file.Read);
    }

    private static Vocabulary ReadIds(SafeTensors file, string name) =>
        MetadataText.Parse(file, name, "an array of ids, all whole numbers or all texts", root =>
            root.GetArrayLength() > 0 && root[0].ValueKind == JsonValueKind.Number
            ? new Vocabulary([.. root.EnumerateArray().Select(id => id.GetInt64())])
            : new Vocabulary([.. root.EnumerateArray().Select(MetadataText.Text)]));

    // The model, or one that it is made of: then all names begin with a prefix.
    private static ModelData ReadNew(SafeTensors file, Vocabulary items, string prefix, int depth)
    {
        if (depth > ModelPart.MostDepth)
            throw new InputException($"{file.Name}: found models within models, '{prefix}' and more; expected at most "
                + $"{ModelPart.MostDepth} deep");
        TensorInfo[] tensors = [.. file.Tensors.Where(tensor =>
            tensor.Name.StartsWith(prefix, StringComparison.Ordinal))];
        Dictionary<string, TensorInfo> whole = tensors.ToDictionary(tensor => tensor.Name[prefix.Length..]);
        Settings settings = MetadataText.Settings(file, prefix);
        ModelInfo info = MetadataText.Parse(file, prefix + "origin",
            "an object with epoch, train_users and trained_on_counts, and of a model that predicts ratings "
            + $"{LowestRating} and {HighestRating}", root => new ModelInfo(
                root.GetProperty("epoch").GetInt32(), Validation(root, settings.Type),
                root.GetProperty("train_users").GetInt32(), root.GetProperty("trained_on_counts").GetBoolean(),
                settings.Type.PredictsRatings ? Scale(root) : null));
        return new ModelData(file.Name, settings, items, info,
            whole.Select(tensor => tensor.Value with { Name = tensor.Key }),
            (tensor, first, target) => file.Read(whole[tensor.Name], first, target))
        {
            Users = file.Metadata.ContainsKey(prefix + "users") ? ReadIds(file, prefix + "users") : null,
            ReadPart = (name, device) =>
            {
                ModelData part = ReadNew(file, items, prefix + ModelPart.Prefix(name), depth + 1);
                return part.Settings.Type.Load(part, device);
            },
        };
    }

    // The first format kept today's settings in two objects, and the model's name in mixed case.
    private static (Settings, ModelInfo) ReadOld(SafeTensors file)
    {
        using JsonDocument training = MetadataText.Document(file, "training");
        (Settings settings, int users) = MetadataText.Parse(file, "config",
            MetadataText.SettingsByName, root => (MetadataText.Checked(Settings.Read(
                MetadataText.Find(file, MetadataText.Text(root.GetProperty("model")).ToLowerInvariant()),
                root, training.RootElement)),
            training.RootElement.GetProperty("train_users").GetInt32()));
        // Whether it was trained on counts was not written: the first format's answers took every click as 1.
        return (settings, MetadataText.Parse(file, "metrics", "an object with epoch", root => new ModelInfo(
            root.GetProperty("epoch").GetInt32(), Validation(root, settings.Type), users, TrainedOnCounts: false)));
    }

    private static double? Validation(JsonElement root, ModelType type) =>
        root.TryGetProperty(type.Validation.Key, out JsonElement validation) ? validation.GetDouble() : null;

    private static RatingScale Scale(JsonElement root)
    {
        (double lowest, double highest) =
            (root.GetProperty(LowestRating).GetDouble(), root.GetProperty(HighestRating).GetDouble());
        return lowest <= highest && float.IsFinite((float)lowest) && float.IsFinite((float)highest)
            ? new(lowest, highest) : throw new FormatException();
    }
}
