namespace VaeCf.Ptx.Emulator;

/// <summary>PTX text that this emulator does not understand: the line, and what stands there.</summary>
internal sealed class PtxTextException(int line, string problem) : Exception($"PTX line {line}: {problem}")
{
    /// <summary>The line, from 1.</summary>
    public int Line { get; } = line;
}

/// <summary>What a kernel did wrong.</summary>
internal enum Fault
{
    /// <summary>An address outside every allocation of its space.</summary>
    OutOfBounds,

    /// <summary>An address that is no multiple of the bytes accessed.</summary>
    Misaligned,

    /// <summary>A read of bytes that nothing wrote.</summary>
    Unwritten,

    /// <summary>Two threads met at one shared word, one of them writing, with no barrier between.</summary>
    SharedRace,

    /// <summary>A thread met in shared memory what an asynchronous copy, not yet waited for, will write.</summary>
    CopyInFlight,

    /// <summary>Part of a warp came to an instruction that all its threads must reach together.</summary>
    DivergentBarrier,

    /// <summary>Threads of a warp part at a branch that the text calls uniform.</summary>
    DivergentBranch,

    /// <summary>Threads wait at a barrier for others that have left the kernel.</summary>
    MissedBarrier,

    /// <summary>A shuffle read a lane that takes no part in it.</summary>
    ShuffleSource,

    /// <summary>An integer was divided by zero.</summary>
    DivisionByZero,
}

/// <summary>A kernel's fault: which kernel, which line of its PTX, which thread, which address.</summary>
internal sealed class PtxFaultException(
    Fault fault, string kernel, int line, string instruction, string thread, ulong? address, string problem)
    : Exception($"{fault} in {kernel}, PTX line {line} '{instruction}', "
        + $"{thread}{(address is { } a ? $", address 0x{a:X}" : "")}: {problem}")
{
    public Fault Fault { get; } = fault;

    public string Kernel { get; } = kernel;

    public int Line { get; } = line;

    public string Thread { get; } = thread;

    public ulong? Address { get; } = address;
}
