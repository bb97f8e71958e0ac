using System.Text;

namespace VaeCf.Endurance.Fuzz;

/// <summary>Changes texts and bytes at random places, in ways that readers have stumbled over.</summary>
internal static class Mutation
{
    private static readonly byte[][] words =
    [
        .. ((string[])["", "0", "-0", "-1", "1", "7", "255", "65536", "2147483647", "2147483648", "-2147483649",
            "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
            "123456789012345678901234567890", "007", "+5", "0x1F", "1e999", "-1e999", "1e-400", "1.0", "4.5", "1,5",
            "3e38", "1e16", "NaN", "Infinity", "-Infinity", "null", "true", "\"", "\"\"", "\\\"", "\"a\"\"b\"", "[]",
            "{}", "[", "]", "{", "}", "[[[[[[[[", "{\"a\":", ":", "::", ",", ";", "|", "\t", " ", "  ", "\n", "\r",
            "\r\n", "\n\n", "\\", "\\u0000", "\\ud800", "\\udc00\\ud800", "\uFEFF", "\u2028", "\u0085", "\e[31m", "é",
            "😀", "𝟙", "userId", "movieId", "rating", "timestamp", "uid", "sid", "count", "value", "time",
            "2020-01-31", "2020-01-31T12:30:00Z", "9999-12-31T23:59:59.9999999+14:00", "0001-01-01",
            "Tue Apr 03 18:00:09 +0000 2012", "978300760", "978300760.5", "2:", "1 2 3", "1,5:2,6", "#", "%", "sep=;",
            "PAR1", "PK", "=1+1"]).Select(Encoding.UTF8.GetBytes),
        [0], [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xEF, 0xBB], [0xFF, 0xFE],
        [0xFE, 0xFF], [0x1F, 0x8B, 8, 0],
    ];

    private static bool IsPartOfWord(byte letter) => char.IsAsciiLetterOrDigit((char)letter)
        || letter is (byte)'.' or (byte)'-' or (byte)'+' or (byte)'_' or >= 0x80;

    /// <summary>One of some choices.</summary>
    public static T Of<T>(this Random random, IReadOnlyList<T> choices) => choices[random.Next(choices.Count)];

    /// <summary>A text of a corpus with a few changes.</summary>
    public static byte[] Text(Random random, IReadOnlyList<byte[]> corpus) =>
        Text(random, random.Of(corpus), random.Of(corpus));

    /// <summary>A text with a few changes, among them pieces of another.</summary>
    public static byte[] Text(Random random, byte[] text, byte[] other)
    {
        for (int changes = random.Next(5); changes > 0; changes--)
            text = random.Next(12) switch
            {
                0 => Bytes(random, text),
                1 => text[..random.Next(text.Length + 1)],
                2 => Copied(random, text, text, (byte)'\n'),
                3 => Copied(random, text, other, (byte)'\n'),
                4 => Spliced(text, Piece(random, text, (byte)'\n'), []),
                5 => Spliced(text, At(random, text), random.Of(words)),
                6 => Repeated(random, text),
                7 => [.. text.AsSpan(0, random.Next(text.Length + 1)), .. other.AsSpan(random.Next(other.Length + 1))],
                _ => Spliced(text, Word(random, text), random.Of(words)),
            };
        return text;
    }

    /// <summary>Bytes of which a few differ, are gone or are new.</summary>
    public static byte[] Bytes(Random random, byte[] bytes)
    {
        byte[] changed = [.. bytes];
        for (int changes = random.Next(1, 5); changes > 0 && changed.Length > 0; changes--)
        {
            int at = random.Next(changed.Length);
            switch (random.Next(5))
            {
                case 0:
                    changed[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    changed[at] = (byte)random.Next(256);
                    break;
                case 2:
                    changed.AsSpan(at, Math.Min(random.Next(1, 9), changed.Length - at))
                        .Fill(random.Next(2) == 0 ? (byte)0 : (byte)0xFF);
                    break;
                case 3:
                    changed = Spliced(changed, (at, Math.Min(random.Next(1, 17), changed.Length - at)), []);
                    break;
                default:
                    changed = Spliced(changed, (at, 0), [(byte)random.Next(256)]);
                    break;
            }
        }
        return changed;
    }

    private static byte[] Spliced(byte[] text, (int From, int Length) place, ReadOnlySpan<byte> piece) =>
        [.. text.AsSpan(0, place.From), .. piece, .. text.AsSpan(place.From + place.Length)];

    private static (int, int) At(Random random, byte[] text) => (random.Next(text.Length + 1), 0);

    // A line, with its end, or another piece that ends so.
    private static (int From, int Length) Piece(Random random, byte[] text, byte end)
    {
        int at = random.Next(text.Length + 1), from = text.AsSpan(0, at).LastIndexOf(end) + 1;
        int length = text.AsSpan(from).IndexOf(end);
        return (from, length < 0 ? text.Length - from : length + 1);
    }

    // A number or a name.
    private static (int From, int Length) Word(Random random, byte[] text)
    {
        int from = random.Next(text.Length + 1), to = from;
        while (from > 0 && IsPartOfWord(text[from - 1]))
            from--;
        while (to < text.Length && IsPartOfWord(text[to]))
            to++;
        return (from, to - from);
    }

    private static byte[] Copied(Random random, byte[] text, byte[] from, byte end)
    {
        (int first, int length) = Piece(random, from, end);
        return Spliced(text, (Piece(random, text, end).From, 0), from.AsSpan(first, length));
    }

    private static byte[] Repeated(Random random, byte[] text)
    {
        (int from, int length) = random.Next(2) == 0 ? Word(random, text)
            : (random.Next(text.Length + 1), 1);
        length = Math.Min(length, text.Length - from);
        byte[] piece = text[from..(from + length)];
        int times = Math.Min(1 << random.Next(10), 4000 / (length + 1));
        return Spliced(text, (from, 0), [.. Enumerable.Repeat(piece, times).SelectMany(one => one)]);
    }
}
