using System.Text.Json;

namespace VaeCf.Native.Data;

internal sealed partial class RecordReader
{
    // Each record has room for all keys.
    private const int MostKeys = 10_000;

    /// <summary>Each line is a JSON object, and its fields are the values of some keys, in their order.</summary>
    /// <param name="names">The keys; the value of one that an object lacks is an empty field.</param>
    public void CutObjects(string[] names) => keys = names;

    /// <summary>
    /// The keys of the next objects, as many as lie in the buffer, whose values are not nested; none if the next line
    /// is no object.
    /// </summary>
    /// <param name="limit">Objects at most.</param>
    public string[] KeysAhead(int limit)
    {
        while (!atEnd && buffer.AsSpan(next, end - next).IndexOf((byte)'\n') < 0)
            Fill();
        var found = new HashSet<string>();
        ReadOnlySpan<byte> rest = buffer.AsSpan(next, end - next);
        for (int read = 0; read < limit && !rest.IsEmpty; read++)
        {
            int length = rest.IndexOf((byte)'\n');
            if (length < 0 && read > 0 && !atEnd || !AddKeys(length < 0 ? rest : rest[..length], found))
                break;
            rest = length < 0 ? [] : rest[(length + 1)..];
            if (found.Count > MostKeys)
                throw new InputException(Path, nextLine + read, $"objects with more than {MostKeys} different keys",
                    "a click on each line, with the same few keys");
        }
        return [.. found];
    }

    // What is wrong in a line will be said when it is read.
    private static bool AddKeys(ReadOnlySpan<byte> line, HashSet<string> found)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line.ToArray());
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                return false;
            foreach (JsonProperty one in json.RootElement.EnumerateObject())
                if (one.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
                    found.Add(one.Name);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
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
        // InvalidOperationException: text that is not Unicode.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Error(Show(line), e is JsonException ? $"a JSON object on each line ({e.Message.Split(". ")[0]})"
                : "text that is Unicode");
        }
        return true;
    }

    private void ReadObject(ReadOnlySpan<byte> line)
    {
        var json = new Utf8JsonReader(line);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
            throw Error(Show(line), "a JSON object on each line");
        int key = -1;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            // Mostly the keys come in the same order.
            if (++key >= keys!.Length || !json.ValueTextEquals(keys[key]))
                for (key = 0; key < keys.Length && !json.ValueTextEquals(keys[key]); key++) { }
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
        try
        {
            return text.AsSpan(0, json.CopyString(text));
        }
        catch (InvalidOperationException)
        {
            throw Error(Show(buffer.AsSpan(from, to - from)), "text that is Unicode");
        }
    }
}
