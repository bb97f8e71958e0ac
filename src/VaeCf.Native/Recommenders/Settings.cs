using System.Text.Json;

namespace VaeCf.Native.Recommenders;

/// <summary>
/// A model and the values of its settings. Immutable: start from <see cref="ModelType.Defaults"/>, which are the
/// paper's, and change what should differ.
/// </summary>
/// <example>
/// <code>
/// Settings settings = MultVae.Type.Defaults
///     .With(Autoencoders.Latent, 50)
///     .With(GradientFit.EpochCount, 100)
///     .With("keep_probability", "0.8");
/// int latent = settings.Get(Autoencoders.Latent);
/// </code>
/// </example>
public sealed class Settings
{
    private readonly IReadOnlyDictionary<string, object?> given;

    internal Settings(ModelType type, IReadOnlyDictionary<string, object?> given) => (Type, this.given) = (type, given);

    /// <summary>The model whose settings these are.</summary>
    public ModelType Type { get; }

    /// <summary>The value of a setting: the one given, or the model's default.</summary>
    /// <exception cref="ArgumentException">The model has no such setting.</exception>
    public T Get<T>(Setting<T> setting) => (T)Value(Own(setting))!;

    /// <summary>These settings with another value for one of them.</summary>
    /// <exception cref="ArgumentException">
    /// The model has no such setting, or the value is out of range; the message says what was expected.
    /// </exception>
    public Settings With<T>(Setting<T> setting, T value) => With(Own(setting), value);

    /// <summary>These settings with another value for one of them, given as text, as on the command line.</summary>
    /// <param name="name">The setting's name.</param>
    /// <param name="text">The value.</param>
    /// <exception cref="ArgumentException">The model has no such setting.</exception>
    /// <exception cref="FormatException">The text is not a value of the setting, which the message names.</exception>
    public Settings With(string name, string text)
    {
        Setting setting = Type.Find(name) ?? throw Lacks(name);
        try
        {
            return With(setting, setting.Parse(text));
        }
        catch (FormatException e)
        {
            throw new FormatException($"{setting.Name}: {e.Message}", e);
        }
    }

    /// <summary>Whether the model has such a setting.</summary>
    public bool Has(Setting setting) => Type.Find(setting.Name) is not null;

    /// <summary>Whether a setting was given a value, even if that is its default.</summary>
    public bool IsGiven(Setting setting) => given.ContainsKey(setting.Name);

    /// <summary>Throws unless the values go together.</summary>
    /// <exception cref="ArgumentException">They do not; the message names them and says what was expected.</exception>
    public void Check()
    {
        foreach (Setting setting in Type.Settings)
            setting.Check(Value(setting));
        Type.Check?.Invoke(this);
    }

    /// <summary>Writes an object with the value of every setting by its name.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (Setting setting in Type.Settings)
        {
            json.WritePropertyName(setting.Name);
            setting.Write(json, Value(setting));
        }
        json.WriteEndObject();
    }

    /// <summary>Reads what <see cref="WriteJson"/> wrote; a missing setting gets its default.</summary>
    /// <exception cref="ArgumentException">A value is not one of its setting.</exception>
    internal static Settings Read(ModelType type, params IEnumerable<JsonElement> objects)
    {
        Settings settings = type.Defaults;
        foreach (JsonElement json in objects)
            foreach (Setting setting in type.Settings)
                if (json.TryGetProperty(setting.Name, out JsonElement value))
                    settings = settings.With(setting, setting.Read(value));
        return settings;
    }

    /// <summary>The settings whose values differ, in words; null where all are the same.</summary>
    internal string? Difference(Settings other)
    {
        if (Type != other.Type)
            return $"the model is {Type.Name}, not {other.Type.Name}";
        string[] different = [.. Type.Settings.Where(setting => Text(setting) != other.Text(setting))
            .Select(setting => $"{setting.Name} is {Text(setting)}, not {other.Text(setting)}")];
        return different.Length == 0 ? null : string.Join("; ", different);
    }

    /// <summary>The model, and each setting with its value.</summary>
    public override string ToString() => Type.Settings.Count == 0 ? Type.Name : $"{Type.Name}: {Text()}";

    /// <summary>Each setting with its value.</summary>
    public string Text() =>
        string.Join(", ", Type.Settings.Select(setting => $"{setting.Name.Replace('_', ' ')} {Text(setting)}"));

    /// <summary>The value of a setting, as text.</summary>
    public string Text(Setting setting) => setting.Format(Value(setting));

    /// <summary>The files that settings name.</summary>
    internal IEnumerable<string> Files =>
        Type.Settings.OfType<Setting<string>>().Select(Get).Where(path => path.Length > 0);

    private object? Value(Setting own) => given.TryGetValue(own.Name, out object? value) ? value : own.DefaultValue;

    private Settings With(Setting own, object? value)
    {
        // A list is copied: its owner may change it later. As in text, a width of 0 alone is no layer.
        object? kept = value is IReadOnlyList<int> widths ? Array.AsReadOnly<int>(widths is [0] ? [] : [.. widths])
            : value;
        own.Check(kept);
        return new Settings(Type, new Dictionary<string, object?>(given) { [own.Name] = kept });
    }

    private Setting Own(Setting setting) => Type.Find(setting.Name) ?? throw Lacks(setting.Name);

    private ArgumentException Lacks(string name) =>
        new($"{Type.Name} has no setting '{name}'; "
            + $"it has {string.Join(", ", Type.Settings.Select(setting => setting.Name))}", nameof(name));
}
