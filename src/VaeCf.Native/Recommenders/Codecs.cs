using System.Globalization;
using System.Text.Json;

namespace VaeCf.Native.Recommenders;

/// <summary>How values of a type are written and read, as text and as JSON.</summary>
internal sealed record Codec<T>(Func<string, T> Parse, Func<T, string> Format,
    Func<JsonElement, T> Read, Action<Utf8JsonWriter, T> Write);

/// <summary>The types that settings have.</summary>
internal static class Codecs
{
    public static readonly Codec<int> Integer = new(
        text => int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
        value => value.ToString(CultureInfo.InvariantCulture),
        json => json.GetInt32(), (json, value) => json.WriteNumberValue(value));

    public static readonly Codec<ulong> Seed = new(
        text => ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture),
        value => value.ToString(CultureInfo.InvariantCulture),
        json => json.GetUInt64(), (json, value) => json.WriteNumberValue(value));

    public static readonly Codec<double> Number = new(
        text => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
        value => Math.Abs(value) < 1e15 && value.ToString("0.######", CultureInfo.InvariantCulture) is var text
            && double.Parse(text, CultureInfo.InvariantCulture) == value
            ? text : value.ToString("R", CultureInfo.InvariantCulture),
        json => json.GetDouble(), (json, value) => json.WriteNumberValue(value));

    public static readonly Codec<bool> Flag = new(
        bool.Parse, value => value ? "true" : "false",
        json => json.GetBoolean(), (json, value) => json.WriteBooleanValue(value));

    /// <summary>How an empty text is written.</summary>
    public const string None = "none";

    public static readonly Codec<string> Text = new(
        text => text == None ? "" : text, value => value.Length == 0 ? None : value,
        json => json.GetString() ?? throw new FormatException("null"), (json, value) => json.WriteStringValue(value));

    public static readonly Codec<IReadOnlyList<int>> Widths = new(
        text => text is "none" or "0" ? []
            : [.. text.Split(',').Select(part => int.Parse(part, NumberStyles.None, CultureInfo.InvariantCulture))],
        value => value.Count == 0 ? "none" : string.Join(',', value),
        json => [.. json.EnumerateArray().Select(width => width.GetInt32())],
        (json, value) =>
        {
            json.WriteStartArray();
            foreach (int width in value)
                json.WriteNumberValue(width);
            json.WriteEndArray();
        });

    /// <summary>
    /// Values of an enumeration by name, in lower case when written, in any case when read; numbers are no names.
    /// </summary>
    public static Codec<T> Choice<T>() where T : struct, Enum => new(Named<T>, NameOf,
        json => Named<T>(json.GetString()), (json, value) => json.WriteStringValue(NameOf(value)));

    /// <summary>How a value that is missing is written.</summary>
    public const string Automatic = "automatic";

    /// <summary>Values that may be missing.</summary>
    public static Codec<T?> Optional<T>(Codec<T> codec) where T : struct => new(
        text => text == Automatic ? null : codec.Parse(text),
        value => value is { } known ? codec.Format(known) : Automatic,
        json => json.ValueKind == JsonValueKind.Null ? null : codec.Read(json),
        (json, value) =>
        {
            if (value is { } known)
                codec.Write(json, known);
            else
                json.WriteNullValue();
        });

    public static string[] Names<T>() where T : struct, Enum =>
        [.. Enum.GetNames<T>().Select(name => name.ToLowerInvariant())];

    // A value that the enumeration does not name is written as its number.
    private static string NameOf<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static T Named<T>(string? text) where T : struct, Enum =>
        Array.IndexOf(Names<T>(), text?.ToLowerInvariant()) is >= 0 and var index
        ? Enum.GetValues<T>()[index]
        : throw new FormatException("no such name");
}
