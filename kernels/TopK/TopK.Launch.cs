namespace VaeCf.Kernels;

/// <summary>Sizes shared by the kernel and the host that launches it.</summary>
internal static class TopKLaunch
{
    /// <summary>The most items that a user can get, a power of two: their keys lie in shared memory.</summary>
    public const int MostKept = 1_024;
}
