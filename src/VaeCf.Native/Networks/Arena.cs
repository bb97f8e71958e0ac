using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Networks;

/// <summary>
/// A network's tensors, freed together. Parameters start at zero, are read from a model's data, or belong to another
/// network that a replica shares them with.
/// </summary>
internal sealed class Arena : IDisposable
{
    private readonly List<Tensor> tensors = [];
    private readonly ModelData? data;
    private readonly IReadOnlyDictionary<string, Tensor>? shared;
    private double trained;

    /// <summary>For a network to be trained: its parameters are zero.</summary>
    public Arena(Compute c) => Compute = c;

    /// <summary>For a network that is loaded: its parameters are taken from a model's data.</summary>
    public Arena(Compute c, ModelData data) : this(c) => this.data = data;

    /// <summary>For a replica: its parameters are those of another network, which must outlive it.</summary>
    public Arena(Compute c, IEnumerable<Parameter> parameters)
        : this(c) => shared = parameters.ToDictionary(p => p.Name, p => p.Value);

    /// <summary>Where the tensors are.</summary>
    public Compute Compute { get; }

    /// <summary>A tensor of zeros. With 0 rows it takes no memory until a kernel writes to it.</summary>
    public Tensor Allocate(int rows, int columns) => Keep(Compute.Allocate(rows, columns));

    /// <summary>A parameter's values.</summary>
    /// <exception cref="DeviceException">The machine lacks memory for what is to be trained.</exception>
    public Tensor Allocate(string name, int rows, int columns, bool isVector) => shared is not null ? shared[name]
        : Keep(data is null ? AllocateTrained(name, rows, columns)
            : isVector ? data.Take(Compute, name, columns) : data.Take(Compute, name, rows, columns));

    // Adam keeps two moments of each number.
    private Tensor AllocateTrained(string name, int rows, int columns)
    {
        trained += 3.0 * rows * columns;
        Compute.Device.ExpectMemory(
            $"the weights as far as '{name}', {rows:N0} x {columns:N0}, with their moments", trained);
        return Compute.Allocate(rows, columns);
    }

    private Tensor Keep(Tensor tensor)
    {
        tensors.Add(tensor);
        return tensor;
    }

    public void Dispose()
    {
        foreach (Tensor tensor in tensors)
            tensor.Dispose();
    }
}
