namespace VaeCf.Ptx.Emulator;

/// <summary>A word of PTX: a name, opcode, number or one punctuation character, and its line.</summary>
internal readonly record struct Token(string Text, int Line)
{
    /// <summary>Stands behind the last word.</summary>
    public const string End = "<end>";
}

/// <summary>Cuts PTX text into words. Comments fall away, and so do the line directives of debug information.</summary>
internal static class Lexer
{
    public static List<Token> Cut(string text)
    {
        var tokens = new List<Token>();
        int line = 1, at = 0;
        while (at < text.Length)
        {
            char c = text[at];
            if (c == '\n')
            {
                line++;
                at++;
            }
            else if (c is '\0' or '\uFEFF' || char.IsWhiteSpace(c))
            {
                at++;
            }
            else if (c == '/' && text.AsSpan(at).StartsWith("//"))
            {
                at = EndOfLine(text, at);
            }
            else if (c == '/' && text.AsSpan(at).StartsWith("/*"))
            {
                int end = text.IndexOf("*/", at + 2, StringComparison.Ordinal);
                if (end < 0)
                    throw new PtxTextException(line, "a comment that does not end.");
                line += text.AsSpan(at, end - at).Count('\n');
                at = end + 2;
            }
            else if (c == '"')
            {
                int end = text.IndexOf('"', at + 1);
                if (end < 0)
                    throw new PtxTextException(line, "a string that does not end.");
                tokens.Add(new Token(text[at..(end + 1)], line));
                at = end + 1;
            }
            else if (IsWord(c))
            {
                int end = at + 1;
                while (end < text.Length
                    && (IsWord(text[end]) || (text[end] == ':' && text.AsSpan(end).StartsWith("::"))))
                    end += text[end] == ':' ? 2 : 1;
                string word = text[at..end];
                if (word is ".loc" or ".file")
                {
                    end = EndOfLine(text, at);
                }
                else
                {
                    tokens.Add(new Token(word, line));
                }

                at = end;
            }
            else
            {
                tokens.Add(new Token(c.ToString(), line));
                at++;
            }
        }

        tokens.Add(new Token(Token.End, line));
        return tokens;
    }

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '$' or '%' or '.';

    private static int EndOfLine(string text, int at)
    {
        int end = text.IndexOf('\n', at);
        return end < 0 ? text.Length : end;
    }
}
