using ILGPU;

namespace VaeCf.Kernels.Common;

/// <summary>Where a thread stands.</summary>
internal static class Threads
{
    /// <summary>Index of the thread in a one-dimensional grid; Grid.GlobalIndex.X is of 32 bits.</summary>
    public static long Global => (long)Grid.IdxX * Group.DimX + Group.IdxX;
}
