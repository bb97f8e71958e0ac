using System.Numerics;
using System.Runtime.CompilerServices;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Ptx.Emulator;

/// <summary>
/// Up to 32 threads that run together. Where a branch parts them, each part runs to the branch's immediate
/// post-dominator and waits there for the others (a stack of parts, the scheme of GPUs before Volta). That is exact
/// where the scheme of the lowest program counter is not: the latter depends on the order in which a compiler lays out
/// its blocks, and would part threads at barriers that they do reach together.
/// </summary>
internal sealed unsafe class Warp
{
    /// <summary>All 32 lanes.</summary>
    public const uint All = ~0u;

    private struct Part
    {
        public int Block;
        public int Meet;
        public uint Lanes;
    }

    private readonly BlockRunner runner;
    private readonly PtxProgram program;
    private readonly byte[] registers;
    private readonly byte* registerFile;
    private readonly byte[] local;
    private readonly byte[] localWritten;
    private readonly uint all;
    private Part[] parts = new Part[16];
    private int depth;

    public Warp(BlockRunner runner, int number)
    {
        (this.runner, program) = (runner, runner.Program);
        Number = number;
        int threads = Math.Min(Lanes.Count, runner.Launch.Threads - (number * Lanes.Count));
        all = threads == Lanes.Count ? All : (1u << threads) - 1;
        registers = GC.AllocateArray<byte>(program.RegisterBytes + 32, pinned: true);
        byte* start = (byte*)Unsafe.AsPointer(ref registers[0]);
        registerFile = (byte*)(((nint)start + 31) & ~31);
        int localBytes = program.Text.LocalBytes * Lanes.Count;
        local = GC.AllocateUninitializedArray<byte>(localBytes + 16, pinned: true);
        localWritten = GC.AllocateArray<byte>(localBytes + 16, pinned: true);
        foreach (var constant in program.Constants)
            Broadcast(constant);
    }

    /// <summary>Its number in the block.</summary>
    public int Number { get; }

    /// <summary>The lanes that run the present instruction, one bit each.</summary>
    public uint Active { get; set; }

    /// <summary>The lanes that hold a thread.</summary>
    public uint Started => all;

    /// <summary>The lanes that have not left the kernel.</summary>
    public uint Alive { get; private set; }

    /// <summary>The barrier instruction it waits at, or -1.</summary>
    public int WaitsAt { get; private set; }

    /// <summary>Counts the warp's own barriers.</summary>
    public ulong Interval { get; set; }

    public BlockRunner Runner => runner;

    public AsyncCopies Copies { get; } = new();

    /// <summary>The local memory of lane 0; that of the others follows.</summary>
    public byte* Local => (byte*)Unsafe.AsPointer(ref local[0]);

    public byte* LocalWritten => (byte*)Unsafe.AsPointer(ref localWritten[0]);

    /// <summary>A register's 32 lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T* At<T>(int place)
        where T : unmanaged => (T*)(registerFile + place);

    /// <summary>A predicate's 32 lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Bits(int place) => *(uint*)(registerFile + place);

    /// <summary>Sets a predicate in the active lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetBits(int place, uint bits)
    {
        uint* target = (uint*)(registerFile + place);
        *target = (*target & ~Active) | (bits & Active);
    }

    /// <summary>Makes ready for a block of the grid.</summary>
    public void Start()
    {
        Alive = all;
        WaitsAt = -1;
        Interval = 0;
        depth = 1;
        parts[0] = new Part { Block = 0, Meet = -1, Lanes = all };
        Array.Clear(localWritten);
        Copies.Clear(runner.Shared);
        foreach (var (name, place) in program.Specials)
            SetSpecial(name, At<uint>(place));
    }

    /// <summary>Runs until a barrier or the end of all lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run()
    {
        WaitsAt = -1;
        while (depth > 0)
        {
            ref var part = ref parts[depth - 1];
            if (part.Lanes == 0 || part.Block == part.Meet)
            {
                depth--;
                continue;
            }

            ref readonly var block = ref program.Blocks[part.Block];
            Active = part.Lanes;
            runner.Counts.Enter(part.Block, part.Lanes);
            for (Op* op = program.Ops + block.First, end = program.Ops + block.End; op < end; op++)
            {
                if (op->Guard == Op.NoGuard)
                {
                    op->Run(this, op);
                }
                else
                {
                    Active = part.Lanes & Guarded(op);
                    if (Active != 0)
                        op->Run(this, op);
                    Active = part.Lanes;
                }
            }

            if (Leave(in block, ref part))
                return;
        }
    }

    private uint Guarded(Op* op) =>
        op->Guard == Op.NoGuard ? All : op->GuardNegated ? ~Bits(op->Guard) : Bits(op->Guard);

    /// <summary>Takes a block's exit; true where the warp must wait for the others.</summary>
    private bool Leave(in BasicBlock block, ref Part part)
    {
        int next = part.Block + 1;
        var op = program.Ops + block.ExitOp;
        switch (block.Exit)
        {
            case Exit.Next:
                part.Block = next;
                return false;

            case Exit.Return:
                uint left = part.Lanes & Guarded(op);
                Alive &= ~left;
                for (int i = 0; i < depth; i++)
                    parts[i].Lanes &= ~left;
                part.Block = next;
                return false;

            case Exit.Branch:
                uint taken = part.Lanes & Guarded(op);
                if (taken == part.Lanes)
                    part.Block = block.Target;
                else if (taken == 0)
                    part.Block = next;
                else
                    Split(in block, [(next, part.Lanes & ~taken), (block.Target, taken)]);
                return false;

            case Exit.BranchTable:
                SplitByTable(block, op);
                return false;

            default:
                if (part.Lanes != Alive)
                    throw Fail(Fault.DivergentBarrier, op, BitOperations.TrailingZeroCount(Alive & ~part.Lanes), null,
                        "this thread of the warp is not at the barrier that others of its warp reached.");
                WaitsAt = block.ExitOp;
                part.Block = next;
                return true;
        }
    }

    /// <summary>The running part goes on where the new parts, which run before it, will meet.</summary>
    private void Split(in BasicBlock parting, ReadOnlySpan<(int Block, uint Lanes)> goals)
    {
        if (parting.Uniform)
            throw Fail(Fault.DivergentBranch,
                program.Ops + parting.ExitOp, BitOperations.TrailingZeroCount(goals[0].Lanes), null,
                "the branch is said to be uniform (.uni), but threads of the warp go different ways.");
        ref var part = ref parts[depth - 1];
        int meet = parting.Meet;
        if (part.Meet == meet)
            depth--;
        else
            part.Block = meet;
        if (depth + goals.Length > parts.Length)
            Array.Resize(ref parts, (depth + goals.Length) * 2);
        foreach (var (block, lanes) in goals)
            parts[depth++] = new Part { Block = block, Meet = meet, Lanes = lanes };
    }

    private void SplitByTable(in BasicBlock block, Op* op)
    {
        int* index = At<int>(op->R[0]);
        uint lanes = parts[depth - 1].Lanes;
        var goals = new List<(int, uint)>();
        while (lanes != 0)
        {
            int first = BitOperations.TrailingZeroCount(lanes);
            uint same = 0;
            for (uint rest = lanes; rest != 0; rest &= rest - 1)
                if (index[BitOperations.TrailingZeroCount(rest)] == index[first])
                    same |= rest & (uint)-(int)rest;
            if ((uint)index[first] >= (uint)block.Table!.Length)
                throw Fail(Fault.OutOfBounds, op, first, null, $"branch {index[first]} of {block.Table.Length}.");
            goals.Add((block.Table[index[first]], same));
            lanes &= ~same;
        }

        if (goals.Count == 1)
            parts[depth - 1].Block = goals[0].Item1;
        else
            Split(in block, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(goals));
    }

    /// <summary>A fault of a lane at an instruction.</summary>
    public PtxFaultException Fail(Fault fault, Op* op, int lane, ulong? address, string problem)
    {
        var instruction = program.Text.Instructions[op->Index];
        return new PtxFaultException(fault, program.Text.Name, instruction.Line, instruction.Text,
            $"block {Name(BlockRunner.Place(runner.BlockIndex, runner.Launch.Grid))} thread "
                + $"{ThreadName((Number * Lanes.Count) + lane)}", address, problem);
    }

    /// <summary>A thread's place in its block, as messages give it.</summary>
    public string ThreadName(int thread) => Name(BlockRunner.Place(thread, runner.Launch.Block));

    private static string Name(CudaDim place) => $"({place.X}, {place.Y}, {place.Z})";

    private void Broadcast(Constant constant)
    {
        if (constant.Type.IsPredicate)
            *At<uint>(constant.Place) = constant.Bits != 0 ? All : 0;
        else if (constant.Type.LaneBytes == 8)
            new Span<long>(At<long>(constant.Place), Lanes.Count).Fill(constant.Bits);
        else
            new Span<int>(At<int>(constant.Place), Lanes.Count).Fill((int)constant.Bits);
    }

    private void SetSpecial(string name, uint* lanes)
    {
        var launch = runner.Launch;
        var block = BlockRunner.Place(runner.BlockIndex, launch.Grid);
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            var thread = BlockRunner.Place((Number * Lanes.Count) + lane, launch.Block);
            lanes[lane] = name switch
            {
                "%tid.x" => (uint)thread.X,
                "%tid.y" => (uint)thread.Y,
                "%tid.z" => (uint)thread.Z,
                "%ntid.x" => (uint)launch.Block.X,
                "%ntid.y" => (uint)launch.Block.Y,
                "%ntid.z" => (uint)launch.Block.Z,
                "%ctaid.x" => (uint)block.X,
                "%ctaid.y" => (uint)block.Y,
                "%ctaid.z" => (uint)block.Z,
                "%nctaid.x" => (uint)launch.Grid.X,
                "%nctaid.y" => (uint)launch.Grid.Y,
                "%nctaid.z" => (uint)launch.Grid.Z,
                "%laneid" => (uint)lane,
                "%warpid" => (uint)Number,
                "%dynamic_smem_size" => (uint)launch.SharedBytes,
                _ => throw new NotSupportedException($"special register {name}"),
            };
        }
    }
}
