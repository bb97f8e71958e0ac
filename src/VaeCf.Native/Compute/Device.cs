namespace VaeCf.Native.Compute;

/// <summary>What trains and ranks. Made here, given to trainers and models, disposed by who made it.</summary>
public abstract class Device : IDisposable
{
    private protected Device() { }

    /// <summary>This processor, in single precision with the widest vectors it has.</summary>
    /// <param name="threads">Threads; 0: one per core. The number changes no bit of any result.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is negative.</exception>
    public static Device Cpu(int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        return new CpuCompute(threads == 0 ? Environment.ProcessorCount : threads);
    }

    /// <summary>The double-precision reference: plain loops, for checking and learning, not for speed.</summary>
    public static Device Reference() => new ReferenceCompute();

    /// <summary>What it is, for people: device, threads, vector width.</summary>
    public abstract string Description { get; }

    /// <inheritdoc/>
    public abstract void Dispose();
}
