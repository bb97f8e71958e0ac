using System.Text;
using System.Text.Json;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Persistence;

/// <summary>JSON texts in the metadata of a safetensors file: a model's or a checkpoint's description.</summary>
internal static class MetadataText
{
    /// <summary>What an object of settings is, in words.</summary>
    public const string SettingsByName = "an object of settings by name";

    /// <summary>The settings under <c>settings</c>, of the type of model whose name is under <c>model</c>.</summary>
    /// <param name="file">The file.</param>
    /// <param name="prefix">What both names begin with; nothing by default.</param>
    /// <exception cref="InputException">They are missing or malformed, or the type is unknown.</exception>
    public static Settings Settings(SafeTensors file, string prefix = "")
    {
        if (!file.Metadata.TryGetValue(prefix + "model", out string? name))
            throw new InputException(
                $"{file.Name}: found no '{prefix}model' in the metadata; expected the name of one");
        ModelType type = Find(file, name);
        return Parse(file, prefix + "settings", SettingsByName,
            root => root.ValueKind == JsonValueKind.Object ? Checked(Recommenders.Settings.Read(type, root))
                : throw new FormatException());
    }

    /// <summary>The type of model with a name.</summary>
    public static ModelType Find(SafeTensors file, string name) =>
        Catalog.All.FirstOrDefault(type => type.Name == name)
        ?? throw new InputException(
            $"{file.Name}: found the model '{name}'; expected one of {string.Join(", ", Catalog.All)}, "
            + "or a type that was added to the catalog");

    /// <summary>Settings that are checked.</summary>
    public static Settings Checked(Settings settings)
    {
        settings.Check();
        return settings;
    }

    /// <summary>Reads the JSON under a name.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">The name.</param>
    /// <param name="expected">What it must be, in words.</param>
    /// <param name="read">Reads it; what it throws becomes an error that names the file.</param>
    public static T Parse<T>(SafeTensors file, string name, string expected, Func<JsonElement, T> read)
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

    /// <summary>The JSON under a name.</summary>
    public static JsonDocument Document(SafeTensors file, string name)
    {
        if (!file.Metadata.TryGetValue(name, out string? text))
            throw new InputException($"{file.Name}: found no metadata '{name}'; expected that of a file that this "
                + "program wrote");
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

    /// <summary>A text, which must not be null.</summary>
    public static string Text(JsonElement json) => json.GetString() ?? throw new FormatException("null");

    /// <summary>JSON as text.</summary>
    public static string Json(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
            write(json);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
