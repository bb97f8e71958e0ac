using System.Runtime.CompilerServices;

namespace VaeCf.Ptx.Emulator;

/// <summary>
/// One decoded instruction: the method that runs it for a warp's active lanes, and where its operands lie. Numbers
/// written in the text, special registers and addresses of variables are registers too, filled before a warp starts, so
/// that every operand is a place in the register file.
/// </summary>
internal unsafe struct Op
{
    public const int NoGuard = -1;

    public delegate*<Warp, Op*, void> Run;

    /// <summary>Its number in the kernel.</summary>
    public int Index;

    /// <summary>The predicate that an active lane must hold, or <see cref="NoGuard"/>.</summary>
    public int Guard;

    public bool GuardNegated;

    /// <summary>Memory: which.</summary>
    public Space Space;

    /// <summary>Memory: 1, 2 or 4 values a lane.</summary>
    public int Vector;

    /// <summary>Memory: the address is in a 64-bit register.</summary>
    public bool WideAddress;

    /// <summary>A number of the instruction: an address's offset, a shift, a mode.</summary>
    public long Number;

    /// <summary>Places of the operands in the register file, targets first.</summary>
    public Places R;
}

[InlineArray(16)]
internal struct Places
{
    private int first;
}

/// <summary>A method that runs an instruction; wrapped, for tables hold no bare function pointers.</summary>
internal readonly unsafe struct Code(delegate*<Warp, Op*, void> run)
{
    public readonly delegate*<Warp, Op*, void> Run = run;
}

/// <summary>What a warp does at the end of a basic block.</summary>
internal enum Exit
{
    Next,
    Branch,
    BranchTable,
    Return,
    Barrier,
}

/// <summary>
/// Instructions that always run one after another: ops [First, End), then how the block is left. <see cref="Meet"/> is
/// its immediate post-dominator: the first block that every path from here comes through, where threads that part here
/// meet again.
/// </summary>
internal struct BasicBlock
{
    public int First;
    public int End;
    public Exit Exit;

    /// <summary>The instruction that leaves the block: its number, or -1 where it just ends.</summary>
    public int ExitOp;
    public int Target;

    /// <summary>The text says that all threads go the same way (.uni).</summary>
    public bool Uniform;
    public int[]? Table;
    public int Meet;
}

/// <summary>What an instruction is for, in the counts.</summary>
internal enum Kind
{
    FloatMath,
    SpecialMath,
    IntegerMath,
    Compare,
    Move,
    Convert,
    GlobalLoad,
    GlobalStore,
    SharedLoad,
    SharedStore,
    LocalLoad,
    LocalStore,
    Atomic,
    Shuffle,
    TensorCore,
    Barrier,
    Branch,
}
