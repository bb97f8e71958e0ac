using System.Buffers.Binary;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Ptx.Emulator.Counts;

/// <summary>
/// A launch of a sampled card: its counts, as of all its blocks, and the bytes of the arrays it was given.
/// </summary>
internal sealed record CountedLaunch(string Kernel, long Blocks, KernelCounts Counts, long ArrayBytes);

/// <summary>
/// A card that runs a part of each launch, and counts it for all: some blocks, each for its neighbours; and of a
/// product only short sums, of two lengths, from which its counts are continued on a line. So the host's code can be
/// followed at shapes that the emulator could never compute. Numbers are then wrong, and memory
/// <see cref="GlobalMemory.Trusted"/>; the clicks and their index are right.
/// </summary>
/// <param name="card">What the host sees.</param>
/// <param name="all">Whether to run all blocks, where the work depends on the numbers.</param>
internal sealed class SampledCuda(EmulatedCard card, bool all = false) : EmulatedCuda(card with { Trusted = true })
{
    // Blocks of the first axis are users, items in the order of their popularity, or tiles: each stands for a sixth as
    // many as come before it, so that the few with most work are counted one by one. Tiles, and columns on the second
    // axis, are alike but for the last.
    private const double ByRank = 1 / 6.0, Alike = 50;

    // Terms of the shorter sums, and by which the longer are longer: a product goes over them by 16 or 32.
    private const int Depth = 64;

    public List<CountedLaunch> Launches { get; } = [];

    protected override KernelCounts Run(PtxProgram program, Launch launch, GlobalMemory memory)
    {
        KernelCounts counts = program.Text.Parameters.Find(parameter => parameter.Name == "_k") is { } k
            && program.Text.Name.StartsWith("Gemm_", StringComparison.Ordinal)
            ? RunProduct(program, launch, memory, k.Place)
            : program.Text.Name == "Batch_Place" ? RunInOrder(program, launch, memory)
            : Launcher.Run(program, launch, memory,
                Choose(launch.Grid, all || MakesIndex(program.Text.Name) ? 0 : ByRank));
        Launches.Add(new(program.Text.Name, launch.Blocks, counts, ArrayBytes(program.Text, launch.Parameters)));
        return counts;
    }

    // Others go by what these write.
    private static bool MakesIndex(string kernel) =>
        kernel.StartsWith("Batch_", StringComparison.Ordinal) && kernel != "Batch_Order";

    // What it writes lies in the order in which blocks come; so that all is counted the same each time, one after
    // another.
    private static KernelCounts RunInOrder(PtxProgram program, Launch launch, GlobalMemory memory)
    {
        var counts = new KernelCounts(program);
        foreach ((int, double) block in Choose(launch.Grid, 0))
            counts.Add(Launcher.Run(program, launch, memory, [block]));
        counts.Launches = 1;
        return counts;
    }

    private KernelCounts RunProduct(PtxProgram program, Launch launch, GlobalMemory memory, int kPlace)
    {
        byte[] parameters = [.. launch.Parameters];
        int? depthPlace = program.Text.Parameters.Find(parameter => parameter.Name == "_depth")?.Place;
        int terms = Get(kPlace), depth = depthPlace is { } place ? Get(place) : terms, parts = launch.Grid.Z;
        if (all || terms <= 4 * Depth)
            return Launcher.Run(program, launch, memory, Choose(launch.Grid, all ? 0 : Alike));

        // The same remainder, so that rows begin where they do: at a multiple of 16 bytes or not.
        int shorter = Depth + terms % Depth;
        KernelCounts one = Of(shorter), other = Of(shorter + Depth), counts = new(program);
        double steps = (double)(terms - parts * shorter) / Depth;
        counts.Add(one, parts - steps);
        counts.Add(other, steps);
        counts.Launches = 1;
        counts.LongestBlock = one.LongestBlock + (other.LongestBlock - one.LongestBlock) * (depth - shorter) / Depth;
        return counts;

        int Get(int place) => BinaryPrimitives.ReadInt32LittleEndian(parameters.AsSpan(place));

        KernelCounts Of(int length)
        {
            BinaryPrimitives.WriteInt32LittleEndian(parameters.AsSpan(kPlace), length);
            if (depthPlace is { } place)
                BinaryPrimitives.WriteInt32LittleEndian(parameters.AsSpan(place), length);
            CudaDim grid = launch.Grid with { Z = 1 };
            return Launcher.Run(
                program, launch with { Grid = grid, Parameters = parameters }, memory, Choose(grid, Alike));
        }
    }

    private static List<(int Block, double Times)> Choose(CudaDim grid, double growth) =>
        [.. from z in Parts(grid.Z, 0) from y in Parts(grid.Y, growth == 0 ? 0 : Alike) from x in Parts(grid.X, growth)
            select ((z.At * grid.Y + y.At) * grid.X + x.At, (double)z.Count * y.Count * x.Count)];

    // Places along an axis, and how many each stands for: the first and the last for themselves, else a share of those
    // before.
    private static IEnumerable<(int At, int Count)> Parts(int extent, double growth)
    {
        for (int at = 0; at < extent;)
        {
            int count = Math.Clamp((int)(growth * at), 1, Math.Max(1, extent - 1 - at));
            yield return (at + count / 2, count);
            at += count;
        }
    }

    // Arrays are 16 bytes, address and length; all that matter are of four bytes an element.
    private static long ArrayBytes(KernelText kernel, byte[] parameters)
    {
        long bytes = 0;
        for (int i = 0; i < kernel.Parameters.Count; i++)
        {
            int place = kernel.Parameters[i].Place, end = i + 1 < kernel.Parameters.Count
                ? kernel.Parameters[i + 1].Place : kernel.ParameterBytes;
            if (kernel.Parameters[i].Type.Bytes == 1 && end - place == 16)
                bytes += sizeof(float) * BinaryPrimitives.ReadInt64LittleEndian(parameters.AsSpan(place + 8));
        }
        return bytes;
    }
}
