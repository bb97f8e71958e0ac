namespace VaeCf.Kernels;

/// <summary>Sizes shared by the kernel and the host that launches it.</summary>
internal static class SquaredNormLaunch
{
    /// <summary>Elements that sixteen threads sum: one of the CPU's blocks.</summary>
    public const int Elements = 4_096;
}
