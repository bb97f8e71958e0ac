using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

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

    /// <summary>An NVIDIA card, by its driver: nothing else need be installed.</summary>
    /// <param name="index">Which, as <see cref="CudaCard.FindAll(out string?)"/> numbers them.</param>
    /// <param name="products">How it multiplies dense matrices; only <see cref="ProductPrecision.Single"/> agrees with the processor.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is negative.</exception>
    /// <exception cref="DeviceException">There is no driver or no such card, or it or its driver is too old. During work: its memory does not suffice.</exception>
    public static Device Cuda(int index = 0, ProductPrecision products = ProductPrecision.Single)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        return CudaCompute.Open(LibCuda.Find(), index, products);
    }

    /// <summary>The first card that can be used; where there is none, this processor.</summary>
    /// <param name="fallback">Why it is this processor; null where it is a card.</param>
    /// <param name="threads">Threads, as for <see cref="Cpu"/>.</param>
    public static Device Auto(out string? fallback, int threads = 0) => Auto(LibCuda.Find(), out fallback, threads);

    internal static Device Auto(ICudaDriver? driver, out string? fallback, int threads)
    {
        string? first = null;
        foreach (CudaCard card in CudaCard.FindAll(driver, out fallback))
            try
            {
                return CudaCompute.Open(driver, card.Index);
            }
            catch (DeviceException e)
            {
                first ??= e.Message;
            }
        fallback ??= first;
        return Cpu(threads);
    }

    /// <summary>A place to compute on this device, for one thread at a time.</summary>
    internal Compute Open() => (Compute)this;

    /// <summary>What it is, for people: device, threads, vector width.</summary>
    public abstract string Description { get; }

    /// <inheritdoc/>
    public abstract void Dispose();
}
