using ILGPU;

namespace VaeCf.Kernels.Common;

/// <summary>Where a thread stands.</summary>
internal static class Threads
{
    /// <summary>Index of the thread in a one-dimensional grid; Grid.GlobalIndex.X is of 32 bits.</summary>
    public static long Global => (long)Grid.IdxX * Group.DimX + Group.IdxX;
}

/// <summary>The threads of a kernel's blocks, and how many blocks a multiprocessor shall hold together: the driver gives a thread no more registers than that leaves.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BlockAttribute(int threads, int perMultiprocessor) : Attribute
{
    public string Limits => $".maxntid {threads}, 1, 1\n.minnctapersm {perMultiprocessor}\n";
}
