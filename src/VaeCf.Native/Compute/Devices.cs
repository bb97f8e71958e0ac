namespace VaeCf.Native.Compute;

/// <summary>The devices that can compute here.</summary>
public static class Devices
{
    /// <summary>This processor, in single precision with the widest vectors it has.</summary>
    /// <param name="threads">Threads; 0: one per core. The number changes no bit of any result.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is negative.</exception>
    public static ICompute Cpu(int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        return new CpuCompute(threads == 0 ? Environment.ProcessorCount : threads);
    }

    /// <summary>The double-precision reference: plain loops, for checking and learning, not for speed.</summary>
    public static ICompute Reference() => new ReferenceCompute();
}
