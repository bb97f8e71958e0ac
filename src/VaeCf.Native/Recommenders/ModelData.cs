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
        IReadOnlyList<SavedTensor> tensors, Vocabulary? users)
    {
        Dictionary<string, float[]> values = tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Values);
        return new ModelData("the model", settings, items, info,
            tensors.Select(tensor => new TensorInfo(tensor.Name, [.. tensor.Shape])),
            (tensor, first, target) => values[tensor.Name].AsSpan((int)first, target.Length).CopyTo(target))
        { Users = users };
    }

    /// <summary>The data of tensors that change owner: the recommender that takes them owns them.</summary>
    /// <param name="settings">The model and its settings.</param>
    /// <param name="items">Original id of each item.</param>
    /// <param name="info">Where the model comes from.</param>
    /// <param name="tensors">The tensors, on the device that the recommender will be on.</param>
    /// <param name="users">Original id of each training user; null, the default, if unknown.</param>
    /// <param name="parts">The models that it is made of, on the same device; null, the default, for none.</param>
    /// <exception cref="ArgumentException">A part is null, or of other items.</exception>
    /// <exception cref="InputException">A part is itself made of models that are made of models, four deep.</exception>
    public static ModelData HandOver(Settings settings, Vocabulary items, ModelInfo info,
        IEnumerable<NamedTensor> tensors, Vocabulary? users = null, IEnumerable<ModelPart>? parts = null)
    {
        ModelPart[] own = [.. parts ?? []];
        foreach (ModelPart part in own)
        {
            ArgumentNullException.ThrowIfNull(part?.Model, nameof(parts));
            if (part.Model.ItemCount != items.Count
                || Enumerable.Range(0, items.Count).Any(item => part.Model.Items[item] != items[item]))
                throw new ArgumentException($"the items of the model named '{part.Name}' are others; expected these",
                    nameof(parts));
        }
        ModelPart? deep = own.FirstOrDefault(part => part.Model.Depth >= ModelPart.MostDepth);
        if (deep is not null)
            throw new InputException($"found models within models: the one named '{deep.Name}' is "
                + $"{deep.Model.Depth} deep; expected at most {ModelPart.MostDepth - 1}");
        Dictionary<string, NamedTensor> live = tensors.ToDictionary(tensor => tensor.Name);
        return new ModelData("the model", settings, items, info,
            live.Values.Select(tensor => new TensorInfo(tensor.Name, tensor.Shape)),
            (tensor, _, _) => throw new InvalidOperationException($"tensor '{tensor.Name}' is handed over whole"))
        {
            live = live,
            Users = users,
            part = name => own.FirstOrDefault(part => part.Name == name)?.Model,
        };
    }

    private Dictionary<string, NamedTensor>? live;
    private Func<string, Recommender?>? part;

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
    /// Original id of each training user; null where the model does not keep them (<see cref="ModelType.KeepsUsers"/>)
    /// or they are unknown.
    /// </summary>
    public Vocabulary? Users { get; internal init; }

    /// <summary>Reads the models that this one is made of, by name and device; null without any.</summary>
    internal Func<string, Device, Recommender>? ReadPart { get; init; }

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

    /// <summary>The dimensions of a tensor, where they do not follow from the settings and the items.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="InputException">There is no such tensor, or it has no dimension.</exception>
    public IReadOnlyList<long> ShapeOf(string name) =>
        infos.TryGetValue(name, out TensorInfo? info) && info.Shape.Length > 0 ? info.Shape
            : throw new InputException($"{source}: found no tensor '{name}'; expected one");

    /// <summary>Gives a model that this one is made of to its new owner.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="device">The device that this model is on.</param>
    /// <returns>The model, on the items of this one.</returns>
    /// <exception cref="InputException">There is no such model, or it is malformed.</exception>
    public Recommender TakePart(string name, Device device)
    {
        if (part is not null)
            return part(name) ?? throw new InputException($"{source}: found no model '{name}'; expected one");
        if (ReadPart is null)
            throw new InputException($"{source}: found no model '{name}'; expected one");
        Recommender read = ReadPart(name, device);
        opened.Push(read);
        string prefix = ModelPart.Prefix(name);
        taken.UnionWith(infos.Keys.Where(tensor => tensor.StartsWith(prefix, StringComparison.Ordinal)));
        return read;
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
