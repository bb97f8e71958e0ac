using System.Globalization;

namespace VaeCf.Ptx.Emulator;

/// <summary>
/// Operands of an instruction: registers, numbers, addresses, labels, and what is put together of these.
/// </summary>
internal sealed partial class Parser
{
    private Operand Operand(string opcode)
    {
        if (Take("["))
        {
            var address = Address();
            Expect("]");
            return address;
        }

        if (Take("{"))
        {
            var parts = new List<Operand>();
            do
                parts.Add(Operand(opcode));
            while (Take(","));
            Expect("}");
            return new Operand(OperandKind.Vector, Parts: [.. parts]);
        }

        if (Take("!"))
            return new Operand(OperandKind.Negated, Parts: [Operand(opcode)]);

        if (Number() is { } number)
            return number;

        string name = Word;
        if (Find(name) is { } symbol)
        {
            at++;
            var operand = new Operand(
                symbol.Space == Space.Register ? OperandKind.Register : OperandKind.Variable, symbol);
            return Take("|") ? new Operand(OperandKind.Pair, Parts: [operand, Operand(opcode)]) : operand;
        }

        if (name.StartsWith('%'))
        {
            at++;
            return new Operand(OperandKind.Special, Name: name);
        }

        if (opcode.StartsWith("bra", StringComparison.Ordinal) || opcode.StartsWith("brx", StringComparison.Ordinal))
        {
            at++;
            return new Operand(OperandKind.Label, Name: name + scope);
        }

        throw new PtxTextException(Line, $"'{name}' is not declared.");
    }

    private Operand Address()
    {
        if (Number() is { } absolute)
            return absolute with { Kind = OperandKind.Address };
        if (Find(Word) is not { } symbol)
            throw new PtxTextException(Line, $"'{Word}' is not declared.");
        at++;
        bool minus = Word == "-";
        long offset = 0;
        if (Take("+") || minus)
            offset = Number()?.Value ?? throw Unexpected("a number");
        return new Operand(OperandKind.Address, symbol, offset);
    }

    private Operand? Number()
    {
        bool minus = Word == "-";
        string word = minus ? tokens[at + 1].Text : Word;
        Operand? number = null;
        if (word.StartsWith("0f", StringComparison.OrdinalIgnoreCase) && word.Length == 10)
            number = new Operand(OperandKind.Float,
                Value: uint.Parse(word.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        else if (word.StartsWith("0d", StringComparison.OrdinalIgnoreCase) && word.Length == 18)
            number = new Operand(OperandKind.Double,
                Value: (long)ulong.Parse(word.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        else if (TryInteger(word, out long value))
            number = new Operand(OperandKind.Integer, Value: minus ? -value : value);
        if (number is null)
            return null;
        if (minus && number.Kind != OperandKind.Integer)
            throw Unexpected("a number");
        at += minus ? 2 : 1;
        return number;
    }

    private static bool TryInteger(string word, out long value)
    {
        value = 0;
        if (word.Length == 0 || !char.IsAsciiDigit(word[0]))
            return false;
        string digits = word.TrimEnd('U');
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            bool hex = ulong.TryParse(
                digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong bits);
            value = (long)bits;
            return hex;
        }

        bool whole = ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number);
        value = (long)number;
        return whole;
    }
}
