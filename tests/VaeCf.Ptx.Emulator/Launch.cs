using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Ptx.Emulator;

/// <summary>A launch: extents, dynamic shared memory, and the parameters' bytes as the kernel lays them out.</summary>
internal sealed record Launch(CudaDim Grid, CudaDim Block, int SharedBytes, byte[] Parameters)
{
    public int Threads => Block.X * Block.Y * Block.Z;

    public long Blocks => (long)Grid.X * Grid.Y * Grid.Z;

    public int Warps => (Threads + Lanes.Count - 1) / Lanes.Count;
}

/// <summary>Runs the blocks of one launch that fall to one thread of this process, one after another.</summary>
internal sealed unsafe class BlockRunner
{
    private readonly Warp[] warps;

    public BlockRunner(PtxProgram program, Launch launch, GlobalMemory memory)
    {
        Program = program;
        Launch = launch;
        Memory = memory;
        Shared = new SharedMemory(program.DynamicSharedStart + launch.SharedBytes, program.SharedWords);
        Counts = new KernelCounts(program);
        LastAllocations = new Allocation?[program.Text.Instructions.Count];
        warps = new Warp[launch.Warps];
        for (int i = 0; i < warps.Length; i++)
            warps[i] = new Warp(this, i);
    }

    public PtxProgram Program { get; }

    public Launch Launch { get; }

    public GlobalMemory Memory { get; }

    public SharedMemory Shared { get; }

    /// <summary>What its blocks did since it was last taken.</summary>
    public KernelCounts Counts { get; private set; }

    /// <summary>Where each instruction last accessed global memory: most likely where it will.</summary>
    public Allocation?[] LastAllocations { get; }

    public KernelCounts TakeCounts()
    {
        var taken = Counts;
        Counts = new KernelCounts(Program);
        return taken;
    }

    /// <summary>The block at work, X running fastest.</summary>
    public int BlockIndex { get; private set; }

    /// <summary>The place of the block or thread with an index, X running fastest.</summary>
    public static CudaDim Place(int index, CudaDim extent) =>
        new(index % extent.X, index / extent.X % extent.Y, index / extent.X / extent.Y);

    public void Run(int block)
    {
        BlockIndex = block;
        Shared.StartBlock();
        foreach (var warp in warps)
            warp.Start();
        do
        {
            foreach (var warp in warps)
                warp.Run();
        }
        while (Barrier());
    }

    /// <summary>Lets the warps go on from the barrier they wait at; false where all threads are done.</summary>
    private bool Barrier()
    {
        var waiting = Array.Find(warps, w => w.WaitsAt >= 0);
        if (waiting is null)
            return false;
        foreach (var warp in warps)
        {
            if (warp.WaitsAt < 0 || warp.Alive != warp.Started)
            {
                int gone = System.Numerics.BitOperations.TrailingZeroCount(warp.Started & ~warp.Alive);
                throw waiting.Fail(Fault.MissedBarrier, Program.Ops + waiting.WaitsAt,
                    System.Numerics.BitOperations.TrailingZeroCount(waiting.Alive), null, $"it waits for thread "
                        + $"{warp.ThreadName((warp.Number * Lanes.Count) + gone)}, which has left the kernel.");
            }
        }

        WarpWide.ReduceAtBarrier(warps, Program.Ops + waiting.WaitsAt);
        Shared.Barrier();
        return true;
    }
}

/// <summary>Launches kernels over the threads of this process and gathers their counts.</summary>
internal static class Launcher
{
    /// <summary>Runs a launch: all of its blocks, or those chosen, each counted as often as it says.</summary>
    public static KernelCounts Run(
        PtxProgram program, Launch launch, GlobalMemory memory, IReadOnlyList<(int Block, double Times)>? chosen = null)
    {
        if (launch.Threads > program.Text.MaxThreads || launch.Threads < 1 || launch.Blocks < 1)
            throw new ArgumentException($"{program.Text.Name} with {launch.Blocks} blocks of {launch.Threads} threads; "
                + $"1 to {program.Text.MaxThreads} threads and at least one block are possible.");
        if (launch.Parameters.Length != program.Text.ParameterBytes)
            throw new ArgumentException($"{program.Text.Name} with {launch.Parameters.Length} bytes of parameters; it "
                + $"declares {program.Text.ParameterBytes}.");

        int next = -1, blocks = chosen?.Count ?? checked((int)launch.Blocks);
        var counts = new KernelCounts(program);
        (int Block, PtxFaultException Error)? first = null;
        void Work()
        {
            var runner = new BlockRunner(program, launch, memory);
            while (first is null && Interlocked.Increment(ref next) is var turn && turn < blocks)
            {
                int block = chosen?[turn].Block ?? turn;
                try
                {
                    runner.Run(block);
                    if (chosen is not null)
                        AddOne(runner.TakeCounts(), chosen[turn].Times);
                }
                catch (PtxFaultException error)
                {
                    lock (counts)
                        if (first is null || block < first.Value.Block)
                            first = (block, error);
                }
            }

            lock (counts)
                counts.Add(runner.Counts);
        }

        void AddOne(KernelCounts block, double times)
        {
            block.LongestBlock = block.LeastInstructions();
            lock (counts)
                counts.Add(block, times);
        }

        int threads = Math.Min(Environment.ProcessorCount, blocks);
        if (threads == 1)
            Work();
        else
            Parallel.For(0, threads, _ => Work());
        if (first is { } fault)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(fault.Error);
        counts.Launches = 1;
        return counts;
    }
}
