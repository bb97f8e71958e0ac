using System.Buffers;
using System.Globalization;
using System.Text;

namespace VaeCf.Native;

/// <summary>Text from outside, such as ids and titles, as a terminal, a log or a message may show it.</summary>
public static class TerminalText
{
    private const int Listed = 10, LongestQuote = 100;

    // What joins letters and emoji; without them some names are misspelt.
    private const char NonJoiner = '\u200C', Joiner = '\u200D';

    // Printable ASCII, of which most text consists, stays as it is.
    private static readonly SearchValues<char> plain =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code)]);

    /// <summary>
    /// Writes what a terminal would obey or not show, as JSON escapes it: control characters, such as those that begin
    /// escape sequences, become <c>\u001B</c>, <c>\n</c>, <c>\t</c>; so do line separators and the invisible characters
    /// that change the direction of text or nothing at all. All other text stays as it is.
    /// </summary>
    public static string Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int first = text.AsSpan().IndexOfAnyExcept(plain);
        if (first < 0)
            return text;
        var shown = new StringBuilder(text, 0, first, text.Length);
        for (int i = first, length; i < text.Length; i += length)
        {
            _ = Rune.DecodeFromUtf16(text.AsSpan(i), out Rune rune, out length);
            if (!IsHidden(rune))
                shown.Append(text, i, length);
            else
                foreach (char c in text.AsSpan(i, length))
                    shown.Append(c switch
                    {
                        '\n' => "\\n",
                        '\r' => "\\r",
                        '\t' => "\\t",
                        _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                    });
        }
        return shown.ToString();
    }

    /// <summary>Names with commas between them; of many the first, and how many more there are.</summary>
    public static string List(IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        string[] all = [.. names];
        // One more name is as short as the words that would stand for it.
        int shown = all.Length <= Listed + 1 ? all.Length : Listed;
        string list = string.Join(", ", all.Take(shown).Select(name => Cut(name)));
        return shown == all.Length ? list
            : string.Create(CultureInfo.InvariantCulture, $"{list} and {all.Length - shown:N0} more");
    }

    /// <summary>A text that is no longer than it may be: of a longer one the middle is left out.</summary>
    /// <param name="text">The text.</param>
    /// <param name="length">Its greatest length in characters, at least 60; 100 by default, for a quote.</param>
    public static string Cut(string text, int length = LongestQuote)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length <= length)
            return text;
        const int words = 40;
        int end = (length - words) / 4, begin = length - words - end;
        begin -= char.IsHighSurrogate(text[begin - 1]) ? 1 : 0;
        end -= char.IsLowSurrogate(text[^end]) ? 1 : 0;
        return string.Create(CultureInfo.InvariantCulture,
            $"{text[..begin]} … {text.Length - begin - end:N0} more characters … {text[^end..]}");
    }

    private static bool IsHidden(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        UnicodeCategory.Format => rune.Value is not (NonJoiner or Joiner),
        _ => false,
    };
}
