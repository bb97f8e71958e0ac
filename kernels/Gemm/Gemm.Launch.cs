namespace VaeCf.Kernels;

/// <summary>Sizes of the products' blocks, shared by the kernels and the host that launches them.</summary>
internal static class GemmLaunch
{
    /// <summary>
    /// Rows and columns of the tile of C that a block of the register tile and of tensor cores computes.
    /// </summary>
    public const int TileSide = 128;

    /// <summary>Threads of such a block.</summary>
    public const int TileThreads = 128;

    /// <summary>Such blocks that a multiprocessor holds together.</summary>
    public const int TileBlocks = 2;

    /// <summary>Elements of the sums that a slab of the register tile has.</summary>
    public const int SlabDepth = 8;

    /// <summary>And one of tensor cores: where a sum is split, its parts are multiples of both.</summary>
    public const int CopyDepth = 16;

    /// <summary>Rows and columns of the tile of <c>SharedTile</c>, which has a thread for each.</summary>
    public const int SharedSide = 32;
}
