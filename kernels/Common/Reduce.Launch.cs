namespace VaeCf.Kernels.Common;

/// <summary>
/// Sizes of the blocks that compute reductions, shared by the kernels and the host that launches them.
/// </summary>
internal static partial class Reduce
{
    /// <summary>Threads that share a row.</summary>
    public const int Lanes = 16;

    /// <summary>Threads of a block that reduces one row.</summary>
    public const int BlockSize = 256;

    /// <summary>Columns of a block that sums down columns: its X extent.</summary>
    public const int Columns = 32;

    /// <summary>The most threads that share a column: the block's Y extent, a power of two.</summary>
    public const int MostColumnLanes = 32;
}
