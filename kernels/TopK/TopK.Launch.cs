namespace VaeCf.Kernels;

/// <summary>Sizes shared by the kernel and the host that launches it.</summary>
internal static class TopKLaunch
{
    /// <summary>Items that a user gets, at most, a power of two: their keys lie in shared memory.</summary>
    public const int MostKept = 1_024;
}
