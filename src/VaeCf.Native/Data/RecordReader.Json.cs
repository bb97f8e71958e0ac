using System.Text.Json;

namespace VaeCf.Native.Data;

internal sealed partial class RecordReader
{
    /// <summary>Each line is a JSON object, and its fields are the values of some keys, in their order.</summary>
    /// <param name="names">The keys; the value of one that an object lacks is an empty field.</param>
    public void CutObjects(string[] names) => keys = names;

    /// <summary>The keys of the next object whose values are not nested; none if it is no object.</summary>
    public string[] KeysAhead()
    {
        try
        {
            using JsonDocument line = JsonDocument.Parse(Ahead.ToArray());
            return line.RootElement.ValueKind != JsonValueKind.Object ? []
                : [.. line.RootElement.EnumerateObject()
                    .Where(one => one.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
                    .Select(one => one.Name).Distinct()];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private bool ScanObject()
    {
        ReadOnlySpan<byte> rest = buffer.AsSpan(start, end - start);
        int length = rest.IndexOf((byte)'\n');
        if (length < 0 && !atEnd)
            return false;
        ReadOnlySpan<byte> line = length < 0 ? rest : rest[..length];
        next = Math.Min(start + line.Length + 1, end);
        nextLine = Line + 1;
        FieldCount = line.Trim(" \t\r"u8).IsEmpty ? 0 : keys!.Length;
        if (FieldCount == 0)
            return true;
        if (fields.Length < FieldCount)
            Array.Resize(ref fields, FieldCount);
        fields.AsSpan(0, FieldCount).Fill((start, start, false));
        try
        {
            ReadObject(line);
        }
        catch (JsonException e)
        {
            throw Error(Show(line), $"a JSON object on each line ({e.Message.Split(". ")[0]})");
        }
        return true;
    }

    private void ReadObject(ReadOnlySpan<byte> line)
    {
        var json = new Utf8JsonReader(line);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
            throw Error(Show(line), "a JSON object on each line");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int key = 0;
            while (key < keys!.Length && !json.ValueTextEquals(keys[key]))
                key++;
            json.Read();
            if (json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                if (key < keys.Length)
                    throw Error(Show(line[(int)json.TokenStartIndex..]), $"text or a number as '{keys[key]}'");
                json.Skip();
            }
            else if (key < keys.Length && json.TokenType != JsonTokenType.Null)
            {
                int from = start + (int)json.TokenStartIndex + (json.TokenType == JsonTokenType.String ? 1 : 0);
                fields[key] = (from, from + json.ValueSpan.Length, json.ValueIsEscaped);
            }
        }
        if (json.Read())
            throw Error(Show(line), "one JSON object on each line");
    }

    // The quotes around the text are still there.
    private ReadOnlySpan<byte> UnescapedJson(int from, int to)
    {
        var json = new Utf8JsonReader(buffer.AsSpan(from - 1, to - from + 2));
        json.Read();
        var text = new byte[to - from];
        return text.AsSpan(0, json.CopyString(text));
    }
}
