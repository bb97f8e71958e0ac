using VaeCf.Native.Devices;


namespace VaeCf.Native.Networks;

/// <summary>A network's tensors, freed together.</summary>
internal sealed class Arena(Compute c) : IDisposable
{
    private readonly List<Tensor> tensors = [];

    /// <summary>The device they are on.</summary>
    public Compute Compute { get; } = c;

    /// <summary>A tensor of zeros. With 0 rows it takes no memory until a kernel writes to it.</summary>
    public Tensor Allocate(int rows, int columns)
    {
        Tensor tensor = Compute.Allocate(rows, columns);
        tensors.Add(tensor);
        return tensor;
    }

    public void Dispose()
    {
        foreach (Tensor tensor in tensors)
            tensor.Dispose();
    }
}
