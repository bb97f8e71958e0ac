namespace VaeCf.Kernels;

/// <summary>Sizes shared by the kernels that draw and the host that launches them.</summary>
internal static class PhiloxLaunch
{
    /// <summary>Random words of a block, drawn by one thread, which fills as many columns.</summary>
    public const int Words = 4;
}
