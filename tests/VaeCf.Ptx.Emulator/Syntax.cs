namespace VaeCf.Ptx.Emulator;

/// <summary>Where a declared name lives.</summary>
internal enum Space
{
    Register,
    Parameter,
    Shared,
    Local,
    Global,
    Generic,
}

/// <summary>
/// A declared name. A register's <see cref="Place"/> is its byte offset in a warp's register file, where it has one
/// value per lane (a predicate: one bit per lane); a variable's is its byte offset in its space.
/// </summary>
internal sealed record Symbol(string Name, Space Space, PtxType Type, int Place);

/// <summary>A type of PTX: what a lane of it takes in a register (4 or 8 bytes; a predicate is a bit).</summary>
internal readonly record struct PtxType(char Kind, int Bits)
{
    public static readonly PtxType Predicate = new('p', 1);

    public bool IsPredicate => Kind == 'p';

    /// <summary>Bytes in memory.</summary>
    public int Bytes => Bits / 8;

    /// <summary>Bytes a lane takes in a register.</summary>
    public int LaneBytes => Bits == 64 ? 8 : 4;

    public bool IsFloat => Kind == 'f';

    /// <summary>The type named by s32, u8, b64, f32, pred and the like; null for another word.</summary>
    public static PtxType? Find(string name) => name switch
    {
        "pred" => Predicate,
        "s8" or "s16" or "s32" or "s64" or "u8" or "u16" or "u32" or "u64" or "b8" or "b16" or "b32" or "b64" or "f16"
            or "f32" or "f64"
            => new PtxType(name[0], int.Parse(name.AsSpan(1))),
        _ => null,
    };
}

internal enum OperandKind
{
    Register,
    Special,
    Integer,
    Float,
    Double,
    Address,
    Variable,
    Vector,
    Label,
    Pair,
    Negated,
}

/// <summary>
/// An operand as written. Register: <see cref="Symbol"/>. Numbers: <see cref="Value"/> holds their bits. Address:
/// register or variable in <see cref="Symbol"/> (null: an absolute address) plus <see cref="Value"/>. Vector {a, b},
/// pair p|q, negated !p: <see cref="Parts"/>. Special register and label: <see cref="Name"/>.
/// </summary>
internal sealed record Operand(
    OperandKind Kind, Symbol? Symbol = null, long Value = 0, string Name = "", Operand[]? Parts = null);

/// <summary>An instruction as written, with its guard (@p or @!p), in words [First, End) of the text.</summary>
internal sealed record Instruction(
    string Opcode, Operand[] Operands, Symbol? Guard, bool GuardNegated, List<Token> Words, int First, int End)
{
    public int Line => Words[First].Line;

    /// <summary>Its words, for messages.</summary>
    public string Text => string.Join(' ', Words.GetRange(First, End - First).Select(t => t.Text))
        .Replace(" ,", ",", StringComparison.Ordinal)
        .Replace("[ ", "[", StringComparison.Ordinal)
        .Replace(" ]", "]", StringComparison.Ordinal);
}

/// <summary>
/// A kernel as written: labels give the index of the instruction behind them; branch tables are lists of labels.
/// </summary>
internal sealed class KernelText(string name)
{
    public string Name { get; } = name;

    public List<Symbol> Parameters { get; } = [];

    public int ParameterBytes { get; set; }

    public List<Instruction> Instructions { get; } = [];

    public Dictionary<string, int> Labels { get; } = [];

    public Dictionary<string, string[]> BranchTables { get; } = [];

    /// <summary>Bytes of the register file of a warp, so far.</summary>
    public int RegisterBytes { get; set; }

    /// <summary>Registers by declaration: how many.</summary>
    public int Registers { get; set; }

    /// <summary>Bytes of shared memory declared with a size; memory given at launch lies behind them.</summary>
    public int SharedBytes { get; set; }

    /// <summary>Bytes of local memory per thread.</summary>
    public int LocalBytes { get; set; }

    /// <summary>Most threads of a block that .maxntid allows; 1,024 without one.</summary>
    public int MaxThreads { get; set; } = 1024;

    /// <summary>Takes room in the register file for a value of a type, on a 32-byte boundary.</summary>
    public int TakeRegister(PtxType type)
    {
        int place = RegisterBytes;
        RegisterBytes += type.IsPredicate ? 32 : 32 * type.LaneBytes;
        return place;
    }
}
