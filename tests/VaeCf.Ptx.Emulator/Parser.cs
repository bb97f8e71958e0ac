namespace VaeCf.Ptx.Emulator;

/// <summary>
/// Reads PTX text into kernels: declarations become symbols with their places, instructions keep their line. Scopes may
/// nest, as inline PTX does. What is not understood is an error with its line.
/// </summary>
internal sealed partial class Parser
{
    private readonly List<Token> tokens;
    private readonly List<Dictionary<string, Symbol>> scopes = [[]];
    private readonly Dictionary<string, KernelText> kernels = [];
    private KernelText kernel = new("");
    private string scope = "";
    private int scopeCount;
    private int at;

    private Parser(string text) => tokens = Lexer.Cut(text);

    /// <summary>The kernels of a module, by name.</summary>
    public static IReadOnlyDictionary<string, KernelText> Parse(string text)
    {
        var parser = new Parser(text);
        while (parser.Word != Token.End)
            parser.ModuleItem();
        return parser.kernels;
    }

    private string Word => tokens[at].Text;

    private int Line => tokens[at].Line;

    private string Next() => tokens[at++].Text;

    private bool Take(string word)
    {
        if (Word != word)
            return false;
        at++;
        return true;
    }

    private void Expect(string word)
    {
        if (!Take(word))
            throw Unexpected($"'{word}'");
    }

    private PtxTextException Unexpected(string wanted) => new(Line, $"'{Word}' where {wanted} should stand.");

    private int Integer()
    {
        if (!TryInteger(Word, out long value))
            throw Unexpected("a number");
        at++;
        return checked((int)value);
    }

    private void ModuleItem()
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
                at--;
                throw new PtxTextException(Line, $"'{Word}' is not understood here.");
        }
    }

    private void Kernel()
    {
        kernel = new KernelText(Next());
        if (!kernels.TryAdd(kernel.Name, kernel))
            throw new PtxTextException(Line, $"a second kernel '{kernel.Name}'.");
        scopes.Add([]);
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
                    kernel.MaxThreads = Integer();
                    while (Take(","))
                        kernel.MaxThreads *= Integer();
                    break;
                case ".minnctapersm" or ".maxnreg":
                    Integer();
                    break;
                default:
                    at--;
                    throw Unexpected("'{' or a limit of the kernel");
            }
        }

        Block();
        scopes.RemoveAt(scopes.Count - 1);
    }

    private void Parameter()
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

        int place = Align(kernel.ParameterBytes, Math.Max(alignment, type.Bytes));
        Declare(new Symbol(name, Space.Parameter, type, place));
        kernel.Parameters.Add(scopes[^1][name]);
        kernel.ParameterBytes = place + bytes;
    }

    private PtxType Type()
    {
        var type = Word.StartsWith('.') ? PtxType.Find(Word[1..]) : null;
        if (type is null)
            throw Unexpected("a type");
        at++;
        return type.Value;
    }

    private void Declare(Symbol symbol)
    {
        if (!scopes[^1].TryAdd(symbol.Name, symbol))
            throw new PtxTextException(Line, $"'{symbol.Name}' is declared twice.");
    }

    private Symbol? Find(string name)
    {
        for (int s = scopes.Count - 1; s >= 0; s--)
            if (scopes[s].TryGetValue(name, out var symbol))
                return symbol;
        return null;
    }

    private void Block()
    {
        Expect("{");
        while (!Take("}"))
            Statement();
    }

    private void Statement()
    {
        switch (Word)
        {
            case "{":
                string outer = scope;
                scope = $"{outer}/{++scopeCount}";
                scopes.Add([]);
                Block();
                scopes.RemoveAt(scopes.Count - 1);
                scope = outer;
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
                if (tokens[at + 1].Text == ":")
                    Label();
                else
                    InstructionLine();
                break;
        }
    }

    private void Label()
    {
        string name = Next() + scope;
        Expect(":");
        if (Take(".branchtargets"))
        {
            var targets = new List<string>();
            do
                targets.Add(Next() + scope);
            while (Take(","));
            Expect(";");
            kernel.BranchTables.Add(name, [.. targets]);
        }
        else if (!kernel.Labels.TryAdd(name, kernel.Instructions.Count))
        {
            throw new PtxTextException(Line, $"a second label '{name}'.");
        }
    }

    private void RegisterDeclarations()
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

    private Symbol Register(string name, PtxType type)
    {
        kernel.Registers++;
        return new Symbol(name, Space.Register, type, kernel.TakeRegister(type));
    }

    /// <summary>
    /// A variable in shared or local memory; one without a size is the shared memory given at launch.
    /// </summary>
    private void Variable(Space space, bool external)
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

        int place = Align(space == Space.Shared ? kernel.SharedBytes : kernel.LocalBytes,
            Math.Max(alignment, type.Bytes));
        Declare(new Symbol(name, space, type, place));
        if (space == Space.Shared)
            kernel.SharedBytes = place + bytes;
        else
            kernel.LocalBytes = place + bytes;
    }

    private static int Align(int value, int alignment) => (value + alignment - 1) / alignment * alignment;

    private void InstructionLine()
    {
        int first = at;
        Symbol? guard = null;
        bool negated = false;
        if (Take("@"))
        {
            negated = Take("!");
            guard = Find(Word);
            if (guard is not { Type.IsPredicate: true })
                throw Unexpected("a predicate");
            at++;
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
        kernel.Instructions.Add(new Instruction(opcode, [.. operands], guard, negated, tokens, first, at - 1));
    }
}
