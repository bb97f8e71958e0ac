namespace VaeCf.Native.Recommenders;

/// <summary>
/// The models that are known by name, for the command line and for
/// <see cref="Recommender.Load(string, Devices.Device?)"/>: the autoencoders, and whatever a program adds.
/// </summary>
/// <example>
/// A program with models of its own, or of VaeCf.Baselines, adds them before it loads their files:
/// <code>
/// Catalog.Add(BaselineModels.All);
/// using Recommender model = Recommender.Load("ease.safetensors");
/// Settings settings = Catalog.Find("multvae").Defaults;
/// </code>
/// </example>
public static class Catalog
{
    private static readonly Lock change = new();
    private static volatile ModelType[] all = [MultVae.Type, MultDae.Type, Vamp.Type, HVamp.Type, RecVae.Type];

    /// <summary>All known models, in the order in which they were added.</summary>
    public static IReadOnlyList<ModelType> All => all;

    /// <summary>Adds models. One that is known already is left as it is. Any thread may call it.</summary>
    /// <param name="types">The models to add.</param>
    /// <exception cref="ArgumentException">Another model has the name of one of them.</exception>
    public static void Add(params IEnumerable<ModelType> types)
    {
        lock (change)
            foreach (ModelType type in types)
            {
                ModelType? known = all.FirstOrDefault(other => other.Name == type.Name);
                if (known is null)
                    all = [.. all, type];
                else if (known != type)
                    throw new ArgumentException($"there are two models named '{type.Name}'; expected different names",
                        nameof(types));
            }
    }

    /// <summary>The model with a name, in lower case.</summary>
    /// <exception cref="InputException">There is none; the message lists the known names.</exception>
    public static ModelType Find(string name) => all.FirstOrDefault(type => type.Name == name)
        ?? throw new InputException(
            $"found the model '{name}'; expected one of {string.Join(", ", all.Select(type => type.Name))}");
}
