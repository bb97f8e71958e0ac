using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using VaeCf.Native;

namespace VaeCf.Cli;

/// <summary>JSON as text, for consoles and logs.</summary>
internal static class JsonText
{
    /// <summary>One JSON value, over several lines if <paramref name="indented"/>.</summary>
    public static string Of(Action<Utf8JsonWriter> write, bool indented)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes,
            new JsonWriterOptions { Indented = indented, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            write(json);
        // The encoder leaves the invisible letters of texts as they are.
        return string.Join(Environment.NewLine,
            Encoding.UTF8.GetString(bytes.WrittenSpan).Split(Environment.NewLine).Select(TerminalText.Escape));
    }

    /// <summary>Writes a number, or null where there is none that JSON has a form for.</summary>
    public static void WriteNumberOrNull(this Utf8JsonWriter json, string name, double? value)
    {
        json.WritePropertyName(name);
        json.WriteNumberOrNull(value);
    }

    /// <inheritdoc cref="WriteNumberOrNull(Utf8JsonWriter, string, double?)"/>
    public static void WriteNumberOrNull(this Utf8JsonWriter json, double? value)
    {
        if (value is double number && double.IsFinite(number))
            json.WriteNumberValue(number);
        else
            json.WriteNullValue();
    }
}
