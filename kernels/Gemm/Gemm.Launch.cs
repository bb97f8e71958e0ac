namespace VaeCf.Kernels;

/// <summary>Sizes of the products' blocks, shared by the kernels and the host that launches them.</summary>
internal static class GemmLaunch
{
    /// <summary>
    /// Rows and columns of the tile of C that a block computes, in the register tile and on tensor cores.
    /// </summary>
    public const int TileSide = 128;

    /// <summary>Threads of such a block.</summary>
    public const int TileThreads = 128;

    /// <summary>Such blocks that a multiprocessor holds at once.</summary>
    public const int TileBlocks = 2;

    /// <summary>Elements of the sums in a slab of the register tile.</summary>
    public const int SlabDepth = 8;

    /// <summary>
    /// Elements of the sums in a slab of tensor cores. Where a sum is split, its parts are multiples of both.
    /// </summary>
    public const int CopyDepth = 16;

    /// <summary>Rows and columns of the tile of <c>SharedTile</c>, which has a thread for each element.</summary>
    public const int SharedSide = 32;
}
