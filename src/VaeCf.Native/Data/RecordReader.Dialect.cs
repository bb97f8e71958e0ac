namespace VaeCf.Native.Data;

// How lines end and quotes are written, told from the first text.
internal sealed partial class RecordReader
{
    // Whether lines end in CR alone, but for a last one perhaps.
    private static bool HasLoneReturns(ReadOnlySpan<byte> text)
    {
        int lines = text.Count((byte)'\n') - text.Count("\r\n"u8), returns = text.Count((byte)'\r')
            - text.Count("\r\n"u8) - (text is [.., (byte)'\r'] ? 1 : 0);
        return returns > 0 && lines <= 1 && text.Count("\r\n"u8) <= 1;
    }

    // Whether the quote at an index within a quoted field has an odd number of backslashes before it.
    private static bool IsBackslashed(byte[] bytes, int from, int quote)
    {
        int first = quote;
        while (first > from && bytes[first - 1] == '\\')
            first--;
        return (quote - first) % 2 == 1;
    }

    // Whether what has been read so far has a quote behind a backslash that no field ends with.
    private bool HasBackslashedQuotes()
    {
        ReadOnlySpan<byte> text = buffer.AsSpan(next, end - next);
        for (int at; (at = text.IndexOf("\\\""u8)) >= 0 && at + 2 < text.Length; text = text[(at + 2)..])
            if (text[at + 2] != delimiter && text[at + 2] is not ((byte)'"' or (byte)'\n' or (byte)'\r'))
                return true;
        return false;
    }

    private ReadOnlySpan<byte> Unescaped((int From, int To, bool Escaped) field)
    {
        ReadOnlySpan<byte> raw = buffer.AsSpan(field.From, field.To - field.From);
        if (!field.Escaped)
            return raw;
        if (keys is not null)
            return UnescapedJson(field.From, field.To);
        var text = new byte[raw.Length];
        int length = 0;
        for (int i = 0; i < raw.Length; i++)
        {
            if (raw[i] == '"' || backslashes && raw[i] == '\\' && i + 1 < raw.Length)
                i++;
            text[length++] = raw[i];
        }
        return text.AsSpan(0, length);
    }
}
