using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Persistence;
using VaeCf.Native.Training;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace VaeCf.Native.Recommenders;

/// <summary>
/// Everything that a recommender is made from: the model, its settings, items, origin and tensors, in a file or in
/// memory. A recommender takes every tensor by name and shape; a tensor that is missing, superfluous or of another
/// shape is an error.
/// </summary>
public sealed class ModelData
{
    private readonly string source;
    private readonly IReadOnlyDictionary<string, TensorInfo> infos;
    private readonly Action<TensorInfo, long, Span<float>> read;
    private readonly HashSet<string> taken = [];
    private readonly Stack<IDisposable> opened = [];

    internal ModelData(string source, Settings settings, Vocabulary items, ModelInfo info,
        IEnumerable<TensorInfo> tensors, Action<TensorInfo, long, Span<float>> read)
    {
        (this.source, Settings, Items, Info, this.read) = (source, settings, items, info, read);
        infos = tensors.ToDictionary(tensor => tensor.Name);
    }

    /// <summary>The data of tensors that are saved in memory.</summary>
    internal static ModelData InMemory(Settings settings, Vocabulary items, ModelInfo info,
        IReadOnlyList<SavedTensor> tensors)
    {
        Dictionary<string, float[]> values = tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Values);
        return new ModelData("the model", settings, items, info,
            tensors.Select(tensor => new TensorInfo(tensor.Name, [.. tensor.Shape])),
            (tensor, first, target) => values[tensor.Name].AsSpan((int)first, target.Length).CopyTo(target));
    }

    /// <summary>The data of tensors that change owner: the recommender that takes them owns them.</summary>
    /// <param name="settings">The model and its settings.</param>
    /// <param name="items">Original id of each item.</param>
    /// <param name="info">Where the model comes from.</param>
    /// <param name="tensors">The tensors, on the device that the recommender will be on.</param>
    public static ModelData HandOver(Settings settings, Vocabulary items, ModelInfo info,
        IEnumerable<NamedTensor> tensors)
    {
        Dictionary<string, NamedTensor> live = tensors.ToDictionary(tensor => tensor.Name);
        return new ModelData("the model", settings, items, info,
            live.Values.Select(tensor => new TensorInfo(tensor.Name, tensor.Shape)),
            (tensor, _, _) => throw new InvalidOperationException($"tensor '{tensor.Name}' is handed over whole"))
        { live = live };
    }

    private Dictionary<string, NamedTensor>? live;

    /// <summary>
    /// Makes a recommender of this data. If that fails, all that <see cref="Open"/> and <see cref="Take"/> gave is
    /// freed.
    /// </summary>
    internal Recommender Load(Func<ModelData, Device, Recommender> load, Device device)
    {
        try
        {
            return load(this, device);
        }
        catch
        {
            foreach (IDisposable one in opened)
                one.Dispose();
            throw;
        }
        finally
        {
            opened.Clear();
        }
    }

    /// <summary>A place to compute for the recommender that is being made.</summary>
    internal Compute Open(Device device)
    {
        Compute c = device.Open();
        opened.Push(c);
        return c;
    }

    /// <summary>The model and its settings.</summary>
    public Settings Settings { get; }

    /// <summary>Original id of each item.</summary>
    public Vocabulary Items { get; }

    /// <summary>Where the model comes from.</summary>
    public ModelInfo Info { get; internal init; }

    /// <summary>
    /// Gives a tensor to its new owner: allocates it and reads its values, or hands over the one that is there.
    /// </summary>
    /// <param name="c">Where to allocate it.</param>
    /// <param name="name">Its name.</param>
    /// <param name="shape">The dimensions it must have: one for a vector, two for a matrix.</param>
    /// <returns>The tensor; a vector is one row.</returns>
    /// <exception cref="InputException">
    /// There is no such tensor, it has another shape, or a number of it is not finite.
    /// </exception>
    public Tensor Take(Compute c, string name, params ReadOnlySpan<long> shape)
    {
        TensorInfo info = Find(name, shape);
        taken.Add(name);
        if (live is not null)
            return live[name].Value;
        Tensor tensor = c.Allocate(shape.Length == 1 ? 1 : checked((int)shape[0]), checked((int)shape[^1]));
        opened.Push(tensor);
        var values = new float[Math.Min(tensor.Length, 1 << 20)];
        long first = 0;
        foreach (Tensor piece in new NamedTensor(name, tensor).Pieces())
        {
            Span<float> part = values.Length >= piece.Length ? values.AsSpan(0, (int)piece.Length)
                : values = new float[piece.Length];
            Read(info, first, part);
            c.Write(part, piece);
            first += part.Length;
        }
        return tensor;
    }

    /// <summary>Throws if there is a tensor that was not taken. Call it after taking the tensors.</summary>
    /// <exception cref="InputException">There is such a tensor; the message names it.</exception>
    public void CheckAllTaken()
    {
        if (infos.Keys.FirstOrDefault(name => !taken.Contains(name)) is { } left)
            throw new InputException($"{source}: found a tensor '{left}'; expected only those of {Settings}");
    }

    private TensorInfo Find(string name, ReadOnlySpan<long> shape)
    {
        if (!infos.TryGetValue(name, out TensorInfo? info))
            throw new InputException($"{source}: found no tensor '{name}'; "
                + $"expected one of the shape [{string.Join(", ", shape.ToArray())}]");
        return info.Shape.AsSpan().SequenceEqual(shape) ? info
            : throw new InputException($"{source}: found tensor '{name}' of the shape "
                + $"[{string.Join(", ", info.Shape)}]; expected [{string.Join(", ", shape.ToArray())}]");
    }

    private void Read(TensorInfo info, long first, Span<float> target)
    {
        read(info, first, target);
        if (TensorPrimitives.IsFiniteAll<float>(target))
            return;
        foreach (float value in target)
            if (!float.IsFinite(value))
                throw new InputException($"{source}: found {value} in tensor '{info.Name}'; expected finite numbers");
    }
}
