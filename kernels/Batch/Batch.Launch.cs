namespace VaeCf.Kernels;

/// <summary>Sizes shared by the kernels and the host that launches them.</summary>
internal static class BatchLaunch
{
    /// <summary>Threads of a block that scans: as many warps as a warp has threads.</summary>
    public const int ScanThreads = 1_024;
}
