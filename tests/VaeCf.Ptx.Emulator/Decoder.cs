namespace VaeCf.Ptx.Emulator;

/// <summary>
/// Turns instructions as written into ops. Every name and number becomes a place in the register file.
/// </summary>
internal sealed unsafe partial class Decoder(KernelText text)
{
    private readonly Dictionary<(long, int), Constant> constants = [];
    private readonly Dictionary<string, int> specials = [];
    private Instruction instruction = new("", [], null, false, [], 0, 0);

    public IReadOnlyCollection<Constant> Constants => constants.Values;

    public IReadOnlyCollection<(string, int)> Specials => [.. specials.Select(s => (s.Key, s.Value))];

    public bool SharedWords { get; private set; } = true;

    public Op Decode(Instruction next, out Kind kind)
    {
        instruction = next;
        var op = new Op { Guard = instruction.Guard?.Place ?? Op.NoGuard, GuardNegated = instruction.GuardNegated };
        string[] parts = instruction.Opcode.Split('.');
        kind = Fill(ref op, parts);
        return op;
    }

    private Operand[] Operands => instruction.Operands;

    private PtxTextException Unknown() =>
        new(instruction.Line, $"the instruction '{instruction.Text}' is not known to the emulator.");

    private Kind Fill(ref Op op, string[] parts)
    {
        switch (parts[0])
        {
            case "bra" or "ret" or "exit":
                return Kind.Branch;
            case "brx":
                op.R[0] = Source(Operands[0], 'w');
                return Kind.Branch;
            case "bar" or "barrier":
                return Barrier(ref op);
            case "membar" or "fence":
                // Blocks run one after another or under locks: every write is seen at once.
                op.Run = &Nothing;
                return Kind.Barrier;
            case "ld" or "st":
                return Memory(ref op, parts);
            case "atom" or "red":
                return Atomic(ref op, parts);
            case "cp":
                return AsyncCopy(ref op, parts);
            case "cvta":
                return AddressConversion(ref op, parts);
            case "shfl":
                return Shuffle(ref op, parts);
            case "vote":
                return Vote(ref op, parts);
            case "mma":
                return TensorCore(ref op);
            case "cvt":
                return Conversion(ref op, parts);
            case "setp":
                return SetPredicate(ref op, parts);
            case "set" when parts is [_, _, "u32", "f32"]:
                Simple(ref op, new Simple(Instructions.SetFloat(parts[1]) ?? throw Unknown(), Kind.Compare, "www"));
                return Kind.Compare;
            case "mov" when parts[1] == "pred":
                PredicateCopy(ref op);
                return Kind.Move;
            case "not" when parts[1] == "pred":
                PredicateCopy(ref op);
                op.Number ^= 1;
                return Kind.IntegerMath;
            case "mov" when Operands[0].Kind == OperandKind.Vector || Operands[1].Kind == OperandKind.Vector:
                return Repack(ref op, parts[1]);
            default:
                string name = instruction.Opcode.Replace(".rn", "", StringComparison.Ordinal);
                if (!Instructions.Table.TryGetValue(name, out var simple))
                    throw Unknown();
                Simple(ref op, simple);
                return simple.Kind;
        }
    }

    private static void Nothing(Warp w, Op* op)
    {
    }

    private void Simple(ref Op op, Simple simple)
    {
        if (Operands.Length != simple.Operands.Length)
            throw Unknown();
        op.Run = simple.Code.Run;
        op.R[0] = Target(Operands[0], simple.Operands[0]);
        for (int i = 1; i < Operands.Length; i++)
            op.R[i] = Source(Operands[i], simple.Operands[i]);
    }

    /// <summary>The place of a register that is written: p, w or d as in <see cref="Emulator.Simple"/>.</summary>
    private int Target(Operand operand, char width) =>
        operand.Kind == OperandKind.Register ? Source(operand, width) : throw Wrong(operand);

    private PtxTextException Wrong(Operand operand) =>
        new(instruction.Line, $"'{instruction.Text}': {operand.Kind} operand '{operand.Symbol?.Name ?? operand.Name}' "
            + "does not fit there.");

    /// <summary>The place of a register, number, special register or variable's address that is read.</summary>
    private int Source(Operand operand, char width)
    {
        switch (operand.Kind)
        {
            case OperandKind.Register:
                char its = operand.Symbol!.Type.IsPredicate ? 'p' : operand.Symbol.Type.LaneBytes == 8 ? 'd' : 'w';
                return its == width ? operand.Symbol.Place : throw Wrong(operand);
            case OperandKind.Integer:
                return Number(operand.Value, width);
            case OperandKind.Float when width == 'w':
            case OperandKind.Double when width == 'd':
                return Number(operand.Value, width);
            case OperandKind.Variable:
                return Number(Place(operand.Symbol!), width);
            case OperandKind.Special when width == 'w' && IsSpecial(operand.Name):
                if (!specials.TryGetValue(operand.Name, out int place))
                    specials.Add(operand.Name, place = text.TakeRegister(new PtxType('u', 32)));
                return place;
            default:
                throw Wrong(operand);
        }
    }

    private static bool IsSpecial(string name) =>
        name is "%laneid" or "%warpid" or "%dynamic_smem_size"
        || (name is [.., '.', 'x' or 'y' or 'z'] && name[..^2] is "%tid" or "%ntid" or "%ctaid" or "%nctaid");

    private int Number(long value, char width)
    {
        var type = width switch
        {
            'p' => PtxType.Predicate,
            'd' => new PtxType('b', 64),
            _ => new PtxType('b', 32),
        };
        if (!constants.TryGetValue((value, type.Bits), out var constant))
        {
            constant = new Constant(type, text.TakeRegister(type), value);
            constants.Add((value, type.Bits), constant);
        }

        return constant.Place;
    }

    /// <summary>A variable's byte in its space.</summary>
    private long Place(Symbol variable) =>
        variable.Place != PtxProgram.DynamicShared ? variable.Place : (text.SharedBytes + 15) / 16 * 16;

    private static char Width(PtxType type) => type.LaneBytes == 8 ? 'd' : 'w';

    private PtxType Type(string name) => PtxType.Find(name) ?? throw Unknown();

    /// <summary>A predicate that is read, and whether negated.</summary>
    private (int Place, bool Negated) PredicateSource(Operand operand) =>
        operand.Kind == OperandKind.Negated ? (Source(operand.Parts![0], 'p'), true) : (Source(operand, 'p'), false);

    private void PredicateCopy(ref Op op)
    {
        op.Run = &Lanes.CopyPredicate;
        op.R[0] = Target(Operands[0], 'p');
        (op.R[1], bool negated) = PredicateSource(Operands[1]);
        op.Number = negated ? 1 : 0;
    }

    private Kind SetPredicate(ref Op op, string[] parts)
    {
        char width = Width(Type(parts[^1]));
        op.Run = (Instructions.Comparison(parts[1], parts[^1]) ?? throw Unknown()).Run;
        op.R[0] = Target(Operands[0], 'p');
        op.R[1] = Source(Operands[1], width);
        op.R[2] = Source(Operands[2], width);
        if (parts.Length == 4)
        {
            (op.R[3], bool negated) = PredicateSource(Operands[3]);
            var join = parts[2] switch
            {
                "and" => Join.And,
                "or" => Join.Or,
                "xor" => Join.Xor,
                _ => throw Unknown(),
            };
            op.Number = (long)(negated ? join | Join.Negated : join);
        }

        return Kind.Compare;
    }

    private Kind Conversion(ref Op op, string[] parts)
    {
        if (parts.Length is < 3 or > 4)
            throw Unknown();
        string target = parts[^2], source = parts[^1];
        var code = Conversions.Find(parts.Length == 4 ? parts[1] : "", target, source) ?? throw Unknown();
        char To(string type) => type.EndsWith("64", StringComparison.Ordinal) ? 'd' : 'w';
        Simple(ref op, new Simple(code, Kind.Convert, target == "bf16x2" ? "www" : $"{To(target)}{To(source)}"));
        return Kind.Convert;
    }

    /// <summary>mov between a register and a vector of its halves.</summary>
    private Kind Repack(ref Op op, string type)
    {
        bool wide = type is "b64";
        if (!wide && type != "b32")
            throw Unknown();
        if (Operands[0] is { Kind: OperandKind.Vector, Parts: [var low, var high] })
        {
            op.Run = wide ? &Lanes.Unpack<uint, ulong> : &Lanes.Unpack<uint, uint>;
            op.R[0] = Target(low, 'w');
            op.R[1] = Target(high, 'w');
            op.R[2] = Source(Operands[1], wide ? 'd' : 'w');
        }
        else if (Operands[1] is { Parts: [var first, var second] })
        {
            op.Run = wide
                ? &Lanes.Each2<uint, uint, ulong, Functions.Pair> : &Lanes.Each2<uint, uint, uint, Functions.Pair16>;
            op.R[0] = Target(Operands[0], wide ? 'd' : 'w');
            op.R[1] = Source(first, 'w');
            op.R[2] = Source(second, 'w');
        }
        else
        {
            throw Unknown();
        }

        return Kind.Move;
    }
}
