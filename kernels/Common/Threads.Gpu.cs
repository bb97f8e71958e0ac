using ILGPU;

namespace VaeCf.Kernels.Common;

/// <summary>The position of a thread.</summary>
internal static class Threads
{
    /// <summary>Index of the thread in a one-dimensional grid, in 64 bits; Grid.GlobalIndex.X has 32.</summary>
    public static long Global => (long)Grid.IdxX * Group.DimX + Group.IdxX;
}

/// <summary>
/// The number of threads in a kernel's blocks, and of blocks that a multiprocessor must be able to hold at once: the
/// driver gives a thread no more registers than that leaves.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BlockAttribute(int threads, int perMultiprocessor = 1) : Attribute
{
    /// <summary>Threads of a kernel's blocks, at most, where it has no attribute.</summary>
    public const int DefaultThreads = 256;

    /// <summary>What the PTX of a kernel says of that.</summary>
    public string Limits => $".maxntid {threads}, 1, 1\n.minnctapersm {perMultiprocessor}\n";
}
