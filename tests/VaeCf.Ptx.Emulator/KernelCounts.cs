using System.Numerics;

namespace VaeCf.Ptx.Emulator;

/// <summary>
/// What one instruction that accesses memory did: requests (by a warp), bytes asked for, and what it took: sectors of
/// 32 bytes in global and local memory, passes over the banks in shared memory.
/// </summary>
internal struct SiteCounts
{
    public long Requests;
    public long Bytes;
    public long Cost;

    public void Add(long bytes, long cost) => (Requests, Bytes, Cost) = (Requests + 1, Bytes + bytes, Cost + cost);
}

/// <summary>Counts over launches of one kernel.</summary>
internal sealed class KernelCounts(PtxProgram program)
{
    private readonly long[] blockRuns = new long[program.Blocks.Length];
    private readonly long[] blockLanes = new long[program.Blocks.Length];

    public PtxProgram Program { get; } = program;

    public int Launches { get; set; }

    /// <summary>
    /// Of a block that ran longest: its <see cref="LeastInstructions"/>. Only known where blocks were chosen.
    /// </summary>
    public long LongestBlock { get; set; }

    /// <summary>By instruction.</summary>
    public SiteCounts[] Sites { get; } = new SiteCounts[program.Text.Instructions.Count];

    /// <summary>A warp enters a basic block with some lanes.</summary>
    public void Enter(int block, uint lanes)
    {
        blockRuns[block]++;
        blockLanes[block] += BitOperations.PopCount(lanes);
    }

    /// <summary>Adds other counts, as often as they stand for.</summary>
    public void Add(KernelCounts other, double times = 1)
    {
        Launches += other.Launches;
        LongestBlock = Math.Max(LongestBlock, other.LongestBlock);
        for (int i = 0; i < blockRuns.Length; i++)
        {
            blockRuns[i] += Times(other.blockRuns[i]);
            blockLanes[i] += Times(other.blockLanes[i]);
        }

        for (int i = 0; i < Sites.Length; i++)
        {
            Sites[i].Requests += Times(other.Sites[i].Requests);
            Sites[i].Bytes += Times(other.Sites[i].Bytes);
            Sites[i].Cost += Times(other.Sites[i].Cost);
        }

        long Times(long count) => (long)Math.Round(times * count);
    }

    /// <summary>Instructions of a kind that warps ran.</summary>
    public long Instructions(Kind kind) => Sum((block, i) => Program.Kinds[i] == kind ? blockRuns[block] : 0);

    /// <summary>
    /// Those that a card's own code must have too: not the moves, addresses, conversions and jumps that its compiler
    /// may save.
    /// </summary>
    public long LeastInstructions() =>
        Sum((block, i) => Program.Kinds[i] is Kind.IntegerMath or Kind.Compare or Kind.Move or Kind.Convert
            or Kind.Branch ? 0 : blockRuns[block]);

    /// <summary>All instructions that warps ran.</summary>
    public long Instructions() => Sum((block, _) => blockRuns[block]);

    /// <summary>Lanes that took part, of 32, on average over the instructions.</summary>
    public double LanesPerInstruction => (double)Sum((block, _) => blockLanes[block]) / Math.Max(1, Instructions());

    private long Sum(Func<int, int, long> of)
    {
        long sum = 0;
        for (int b = 0; b < Program.Blocks.Length - 1; b++)
        {
            int end = Math.Max(Program.Blocks[b].End, Program.Blocks[b].ExitOp + 1);
            for (int i = Program.Blocks[b].First; i < end; i++)
                sum += of(b, i);
        }

        return sum;
    }

    /// <summary>The instructions of these kinds together.</summary>
    public SiteCounts Memory(params ReadOnlySpan<Kind> kinds)
    {
        var sum = default(SiteCounts);
        for (int i = 0; i < Sites.Length; i++)
        {
            if (!kinds.Contains(Program.Kinds[i]))
                continue;
            sum.Requests += Sites[i].Requests;
            sum.Bytes += Sites[i].Bytes;
            sum.Cost += Sites[i].Cost;
        }

        return sum;
    }
}
