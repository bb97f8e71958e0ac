using System.Globalization;

namespace VaeCf.Ptx.Emulator;

/// <summary>
/// Reads PTX text into kernels: declarations become symbols with their places, instructions keep their line. Scopes may nest, as
/// inline PTX does. What is not understood is an error with its line.
/// </summary>
sealed class Parser
{
    readonly List<Token> _tokens;
    readonly List<Dictionary<string, Symbol>> _scopes = [[]];
    readonly Dictionary<string, KernelText> _kernels = [];
    KernelText _kernel = new("");
    string _scope = "";
    int _scopeCount;
    int _at;

    Parser(string text) => _tokens = Lexer.Cut(text);

    /// <summary>The kernels of a module, by name.</summary>
    public static IReadOnlyDictionary<string, KernelText> Parse(string text)
    {
        var parser = new Parser(text);
        while (parser.Word != Token.End)
            parser.ModuleItem();
        return parser._kernels;
    }

    string Word => _tokens[_at].Text;

    int Line => _tokens[_at].Line;

    string Next() => _tokens[_at++].Text;

    bool Take(string word)
    {
        if (Word != word)
            return false;
        _at++;
        return true;
    }

    void Expect(string word)
    {
        if (!Take(word))
            throw Unexpected($"'{word}'");
    }

    PtxTextException Unexpected(string wanted) => new(Line, $"'{Word}' where {wanted} should stand.");

    int Integer()
    {
        if (!TryInteger(Word, out long value))
            throw Unexpected("a number");
        _at++;
        return checked((int)value);
    }

    void ModuleItem()
    {
        switch (Next())
        {
            case ".version" or ".target" or ".address_size":
                Next();
                while (Take(","))
                    Next();
                break;
            case ".visible" or ".weak":
                break;
            case ".extern":
                Expect(".shared");
                Variable(Space.Shared, external: true);
                break;
            case ".entry":
                Kernel();
                break;
            default:
                _at--;
                throw new PtxTextException(Line, $"'{Word}' is not understood here.");
        }
    }

    void Kernel()
    {
        _kernel = new KernelText(Next());
        if (!_kernels.TryAdd(_kernel.Name, _kernel))
            throw new PtxTextException(Line, $"a second kernel '{_kernel.Name}'.");
        _scopes.Add([]);
        if (Take("("))
        {
            while (!Take(")"))
            {
                Expect(".param");
                Parameter();
                Take(",");
            }
        }

        while (Word != "{")
        {
            switch (Next())
            {
                case ".maxntid":
                    _kernel.MaxThreads = Integer();
                    while (Take(","))
                        _kernel.MaxThreads *= Integer();
                    break;
                case ".minnctapersm" or ".maxnreg":
                    Integer();
                    break;
                default:
                    _at--;
                    throw Unexpected("'{' or a limit of the kernel");
            }
        }

        Block();
        _scopes.RemoveAt(_scopes.Count - 1);
    }

    void Parameter()
    {
        int alignment = Take(".align") ? Integer() : 0;
        var type = Type();
        string name = Next();
        int bytes = type.Bytes;
        if (Take("["))
        {
            bytes *= Integer();
            Expect("]");
        }

        int place = Align(_kernel.ParameterBytes, Math.Max(alignment, type.Bytes));
        Declare(new Symbol(name, Space.Parameter, type, place));
        _kernel.Parameters.Add(_scopes[^1][name]);
        _kernel.ParameterBytes = place + bytes;
    }

    PtxType Type()
    {
        var type = Word.StartsWith('.') ? PtxType.Find(Word[1..]) : null;
        if (type is null)
            throw Unexpected("a type");
        _at++;
        return type.Value;
    }

    void Declare(Symbol symbol)
    {
        if (!_scopes[^1].TryAdd(symbol.Name, symbol))
            throw new PtxTextException(Line, $"'{symbol.Name}' is declared twice.");
    }

    Symbol? Find(string name)
    {
        for (int s = _scopes.Count - 1; s >= 0; s--)
            if (_scopes[s].TryGetValue(name, out var symbol))
                return symbol;
        return null;
    }

    void Block()
    {
        Expect("{");
        while (!Take("}"))
            Statement();
    }

    void Statement()
    {
        switch (Word)
        {
            case "{":
                string outer = _scope;
                _scope = $"{outer}/{++_scopeCount}";
                _scopes.Add([]);
                Block();
                _scopes.RemoveAt(_scopes.Count - 1);
                _scope = outer;
                break;
            case ";":
                Next();
                break;
            case ".reg":
                Next();
                RegisterDeclarations();
                break;
            case ".shared":
                Next();
                Variable(Space.Shared, external: false);
                break;
            case ".local":
                Next();
                Variable(Space.Local, external: false);
                break;
            case ".pragma":
                Next();
                Next();
                Expect(";");
                break;
            case Token.End:
                throw Unexpected("'}'");
            default:
                if (_tokens[_at + 1].Text == ":")
                    Label();
                else
                    InstructionLine();
                break;
        }
    }

    void Label()
    {
        string name = Next() + _scope;
        Expect(":");
        if (Take(".branchtargets"))
        {
            var targets = new List<string>();
            do
                targets.Add(Next() + _scope);
            while (Take(","));
            Expect(";");
            _kernel.BranchTables.Add(name, [.. targets]);
        }
        else if (!_kernel.Labels.TryAdd(name, _kernel.Instructions.Count))
        {
            throw new PtxTextException(Line, $"a second label '{name}'.");
        }
    }

    void RegisterDeclarations()
    {
        var type = Type();
        do
        {
            string name = Next();
            if (Take("<"))
            {
                int count = Integer();
                Expect(">");
                for (int i = 0; i < count; i++)
                    Declare(Register($"{name}{i}", type));
            }
            else
            {
                Declare(Register(name, type));
            }
        }
        while (Take(","));
        Expect(";");
    }

    Symbol Register(string name, PtxType type)
    {
        _kernel.Registers++;
        return new Symbol(name, Space.Register, type, _kernel.TakeRegister(type));
    }

    /// <summary>A variable in shared or local memory; one without a size is the shared memory given at launch.</summary>
    void Variable(Space space, bool external)
    {
        int alignment = Take(".align") ? Integer() : 1;
        var type = Type();
        string name = Next();
        int bytes = type.Bytes;
        if (Take("["))
        {
            if (!external && Word != "]")
                bytes *= Integer();
            else
                external = true;
            Expect("]");
        }

        Expect(";");
        if (external)
        {
            Declare(new Symbol(name, space, type, PtxProgram.DynamicShared));
            return;
        }

        int place = Align(space == Space.Shared ? _kernel.SharedBytes : _kernel.LocalBytes, Math.Max(alignment, type.Bytes));
        Declare(new Symbol(name, space, type, place));
        if (space == Space.Shared)
            _kernel.SharedBytes = place + bytes;
        else
            _kernel.LocalBytes = place + bytes;
    }

    static int Align(int value, int alignment) => (value + alignment - 1) / alignment * alignment;

    void InstructionLine()
    {
        int first = _at;
        Symbol? guard = null;
        bool negated = false;
        if (Take("@"))
        {
            negated = Take("!");
            guard = Find(Word);
            if (guard is not { Type.IsPredicate: true })
                throw Unexpected("a predicate");
            _at++;
        }

        string opcode = Next();
        var operands = new List<Operand>();
        if (Word != ";")
        {
            do
                operands.Add(Operand(opcode));
            while (Take(","));
        }

        Expect(";");
        _kernel.Instructions.Add(new Instruction(opcode, [.. operands], guard, negated, _tokens, first, _at - 1));
    }

    Operand Operand(string opcode)
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
            _at++;
            var operand = new Operand(symbol.Space == Space.Register ? OperandKind.Register : OperandKind.Variable, symbol);
            return Take("|") ? new Operand(OperandKind.Pair, Parts: [operand, Operand(opcode)]) : operand;
        }

        if (name.StartsWith('%'))
        {
            _at++;
            return new Operand(OperandKind.Special, Name: name);
        }

        if (opcode.StartsWith("bra", StringComparison.Ordinal) || opcode.StartsWith("brx", StringComparison.Ordinal))
        {
            _at++;
            return new Operand(OperandKind.Label, Name: name + _scope);
        }

        throw new PtxTextException(Line, $"'{name}' is not declared.");
    }

    Operand Address()
    {
        if (Number() is { } absolute)
            return absolute with { Kind = OperandKind.Address };
        if (Find(Word) is not { } symbol)
            throw new PtxTextException(Line, $"'{Word}' is not declared.");
        _at++;
        bool minus = Word == "-";
        long offset = 0;
        if (Take("+") || minus)
            offset = Number()?.Value ?? throw Unexpected("a number");
        return new Operand(OperandKind.Address, symbol, offset);
    }

    Operand? Number()
    {
        bool minus = Word == "-";
        string word = minus ? _tokens[_at + 1].Text : Word;
        Operand? number = null;
        if (word.StartsWith("0f", StringComparison.OrdinalIgnoreCase) && word.Length == 10)
            number = new Operand(OperandKind.Float, Value: uint.Parse(word.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        else if (word.StartsWith("0d", StringComparison.OrdinalIgnoreCase) && word.Length == 18)
            number = new Operand(OperandKind.Double, Value: (long)ulong.Parse(word.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        else if (TryInteger(word, out long value))
            number = new Operand(OperandKind.Integer, Value: minus ? -value : value);
        if (number is null)
            return null;
        if (minus && number.Kind != OperandKind.Integer)
            throw Unexpected("a number");
        _at += minus ? 2 : 1;
        return number;
    }

    static bool TryInteger(string word, out long value)
    {
        value = 0;
        if (word.Length == 0 || !char.IsAsciiDigit(word[0]))
            return false;
        string digits = word.TrimEnd('U');
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            bool hex = ulong.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong bits);
            value = (long)bits;
            return hex;
        }

        bool whole = ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number);
        value = (long)number;
        return whole;
    }
}
