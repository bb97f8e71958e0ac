using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Persistence;
using VaeCf.Native.Networks;

namespace VaeCf.Native.Recommenders;

/// <summary>
/// A trained model: saves, loads, ranks and recommends to users it has never seen. Calls from several threads take turns.
/// </summary>
public sealed class Model : IRanker, IDisposable
{
    private readonly Compute compute;
    private readonly Device? owned;
    private readonly Autoencoder network;
    private readonly NetworkRanker ranker;
    private readonly Lock turn = new();

    private Model(Device? device, ModelConfig config, Vocabulary items, ModelInfo info)
    {
        owned = device is null ? Device.Cpu() : null;
        compute = (device ?? owned!).Open();
        network = Autoencoder.Create(compute, config, items.Count);
        Items = items;
        Info = info;
        ranker = new NetworkRanker(compute, network);
    }

    /// <summary>Shape and likelihood.</summary>
    public ModelConfig Config => network.Config;

    /// <summary>Original id of each item.</summary>
    public Vocabulary Items { get; }

    /// <summary>Where the model comes from.</summary>
    public ModelInfo Info { get; }

    /// <inheritdoc/>
    public int ItemCount => network.ItemCount;

    internal static Model Create(ModelConfig config, Vocabulary items, float[][] weights, Device? device, ModelInfo info)
    {
        var model = new Model(device, config, items, info);
        foreach ((float[] values, Parameter parameter) in weights.Zip(model.network.Parameters))
            model.compute.Write(values, parameter.Value);
        return model;
    }

    /// <summary>Reads a model that <see cref="Save"/> wrote.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <param name="device">What ranks, not disposed; null: this processor, all its cores.</param>
    /// <exception cref="InputException">The file is missing, not whole, or no model of this program; the message says what was found.</exception>
    public static Model Load(string path, Device? device = null)
    {
        using var file = new SafeTensors(path);
        (ModelConfig config, Vocabulary items, ModelInfo info) = ModelMetadata.Read(path, file.Metadata);
        var model = new Model(device, config, items, info);
        try
        {
            foreach (Parameter parameter in model.network.Parameters)
            {
                var values = new float[parameter.Value.Length];
                file.Read(Describe(parameter), values);
                model.compute.Write(values, parameter.Value);
            }
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Writes the model aside and renames it over <paramref name="path"/>. The same model gives the same bytes.</summary>
    /// <param name="path">The file, by custom <c>….safetensors</c>: float32 tensors; config, items and origin in its metadata.</param>
    /// <exception cref="InputException">The folder does not exist.</exception>
    public void Save(string path)
    {
        lock (turn)
            AtomicFile.Write(path, stream => SafeTensors.Write(stream, ModelMetadata.Write(Config, Items, Info), [.. network.Parameters.Select(Describe)], i =>
            {
                var values = new float[network.Parameters[i].Value.Length];
                compute.Read(network.Parameters[i].Value, values);
                return values;
            }));
    }

    /// <summary>The best items for a user given by what is known of them.</summary>
    /// <param name="history">Ids of the user's items; unknown ones are reported, repeats count once.</param>
    /// <param name="k">How many to recommend, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="k"/> is below 1.</exception>
    public Recommendations Recommend(IEnumerable<string> history, int k = 10)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        var known = new List<int>();
        var unknown = new List<string>();
        foreach (string id in history)
        {
            int index = Items.IndexOf(id);
            if (index >= 0)
                known.Add(index);
            else
                unknown.Add(id);
        }
        int[] items = [.. known.Distinct().Order()], ranked = new int[Math.Min(k, ItemCount)];
        var scores = new float[ranked.Length];
        lock (turn)
            ranker.Rank(new ClickMatrix(ItemCount, [0, items.Length], items), [0], ranked.Length, ranked, scores);
        return new Recommendations([.. ranked.Zip(scores).Where(one => one.First >= 0).Select(one => new ScoredItem(Items[one.First], one.Second))], unknown);
    }

    /// <inheritdoc/>
    public void Rank(ClickMatrix foldIn, ReadOnlySpan<int> users, int k, Span<int> ranked)
    {
        lock (turn)
            ranker.Rank(foldIn, users, k, ranked);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ranker.Dispose();
        network.Dispose();
        owned?.Dispose();
    }

    private static TensorInfo Describe(Parameter p) => new(p.Name, p.Kind is ParameterKind.Weight or ParameterKind.PseudoInputs ? [p.Value.Rows, p.Value.Columns] : [p.Value.Columns]);
}
