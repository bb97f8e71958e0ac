namespace VaeCf.Kernels;

/// <summary>Sizes shared by the kernels that draw and the host that launches them.</summary>
internal static class PhiloxLaunch
{
    /// <summary>Random words of a block, which one thread draws: it fills as many columns.</summary>
    public const int Words = 4;
}
