using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Networks;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Verification;

/// <summary>
/// One training step of an autoencoder in numbers: what the forward pass, the loss and the backward pass compute, by
/// the double-precision reference of the kernels that train, and its gradients beside central differences of the loss.
/// RecVAE's is a step of an encoder pass, right after the encoder was copied for the prior.
/// </summary>
public sealed class TracedStep
{
    /// <summary>
    /// By how much a number is moved to either side for a slope, and by twice as much for the slope's own error.
    /// </summary>
    public const double H = 1e-5;

    private const int TinyItems = 6, TinyHidden = 3, TinyLatent = 2, TinyComponents = 2;
    private const double TinyBeta = 0.2, TinyLearningRate = 0.1;

    private TracedStep(Autoencoder network, ReferenceCompute c, ClickBatch batch, ClickMatrix clicks,
        TraceOptions options)
    {
        double beta = !network.Settings.Has(Autoencoders.BetaCap) ? 0
            : options.Beta ?? network.Settings.Get(Autoencoders.BetaCap);
        (Settings, Clicks, Beta) = (network.Settings, clicks, beta);
        using Tensor normalised = c.Allocate(0, 1);
        c.NormalizeRows(batch, normalised);
        network.Forward(batch);
        double[] logits = network.ValuesOf(network.Logits), kl = network.KlPerUser;
        network.Loss(batch);
        LossTerms terms = network.Terms();
        (Reconstruction, Kl, Regularization, Loss) =
            (terms.Reconstruction, terms.Kl, terms.Regularization, terms.Total(beta));
        double[] reconstruction = network.ValuesOf(network.ReconstructionPerUser);
        network.Backward(batch, beta);
        var tracer = new StepTracer(network, c, batch, beta);
        Parameters = StepTracer.ParametersOf(network);
        Noise = [.. tracer.Noise()];
        Forward = [new("x / norm", batch.ClickCount, 1, network.ValuesOf(normalised)), .. tracer.Forward(),
            new("f", clicks.UserCount, clicks.ItemCount, logits),
            new("reconstruction", reconstruction.Length, 1, reconstruction),
            .. kl.Length == 0 ? Array.Empty<TracedArray>() : [new("KL", kl.Length, 1, kl)]];
        Gradients = tracer.Gradients(options.Checks);
    }

    /// <summary>The model and its settings.</summary>
    public Settings Settings { get; }

    /// <summary>The clicks of the users, as the model reads them.</summary>
    public ClickMatrix Clicks { get; }

    /// <summary>The weight of the KL term; 0 where there is none.</summary>
    public double Beta { get; }

    /// <summary>The parameters.</summary>
    public IReadOnlyList<TracedArray> Parameters { get; }

    /// <summary>What the step drew: masks of 0 and 1, and normal noise.</summary>
    public IReadOnlyList<TracedArray> Noise { get; }

    /// <summary>
    /// What the forward pass computes, in its order: from the normalised input, x / norm and after dropout x~, to the
    /// logits f, then the reconstruction loss and the KL of each user.
    /// </summary>
    public IReadOnlyList<TracedArray> Forward { get; }

    /// <summary>
    /// What the backward pass computes, in its order, of the loss: the gradients of the forward pass's arrays and, with
    /// those of the L2 term, of all parameters.
    /// </summary>
    public IReadOnlyList<TracedArray> Gradients { get; }

    /// <summary>The parameters after an update of Adam, its first; none of a trained model.</summary>
    public IReadOnlyList<TracedArray> Updated { get; private set; } = [];

    /// <summary>The mean of the users' reconstruction losses.</summary>
    public double Reconstruction { get; }

    /// <summary>The mean of the users' KL, in RecVAE each times the user's clicks; 0 where there is none.</summary>
    public double Kl { get; }

    /// <summary>The L2 term.</summary>
    public double Regularization { get; }

    /// <summary>What training minimises: reconstruction + beta KL + the L2 term.</summary>
    public double Loss { get; }

    /// <summary>An array of the forward pass, or of the noise, by name.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public TracedArray this[string name] =>
        Forward.Concat(Noise).FirstOrDefault(array => array.Name == name) ?? throw new ArgumentException(
            $"found the array '{name}'; expected one of "
            + string.Join(", ", Forward.Concat(Noise).Select(array => array.Name)), nameof(name));

    /// <summary>A step of a trained model for one user.</summary>
    /// <param name="model">The model, of which nothing is changed.</param>
    /// <param name="history">The user's clicks, as <see cref="Recommender.Recommend(IEnumerable{HistoryItem}, int,
    /// RecommendOptions?)"/> takes them; items that the model does not know do not count.</param>
    /// <param name="options">What to compute with; null, the default, for the defaults.</param>
    /// <exception cref="NotSupportedException">The model is no autoencoder.</exception>
    public static TracedStep Of(Recommender model, IEnumerable<HistoryItem> history, TraceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(history);
        ExpectAutoencoder(model.Settings.Type);
        var data = ModelData.InMemory(model.Settings, model.Items, model.Info, model.CopyTensors(), model.Users);
        using ReferenceCompute c = Open();
        using Autoencoder network = Autoencoder.Create(new Arena(c, data), model.Settings, model.ItemCount);
        return Of(network, c, model.ClicksOf(history), options ?? new());
    }

    /// <summary>A step of a model that has not been trained, and its first update by Adam.</summary>
    /// <param name="settings">The model and its settings.</param>
    /// <param name="clicks">Clicks of the users of the batch.</param>
    /// <param name="options">What to compute with; null, the default, for the defaults.</param>
    /// <param name="numbers">
    /// Parameters and noise by name, row by row, in place of those drawn; of a mask 0 or 1 for each click. Null, the
    /// default, for none.
    /// </param>
    /// <exception cref="NotSupportedException">The model is no autoencoder.</exception>
    /// <exception cref="ArgumentException">
    /// Values of settings do not go together, or numbers have the name or the length of no parameter and no noise.
    /// </exception>
    public static TracedStep Of(Settings settings, ClickMatrix clicks, TraceOptions? options = null,
        IReadOnlyDictionary<string, double[]>? numbers = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(clicks);
        ExpectAutoencoder(settings.Type);
        options ??= new();
        using ReferenceCompute c = Open();
        using Autoencoder network = Autoencoder.Create(c, settings, clicks.ItemCount);
        network.Initialize(options.Seed, settings.Get(Autoencoders.WeightStart));
        using ClickBatch batch = Load(c, clicks);
        network.DrawNoise(batch, options.Seed, 0);
        foreach ((string name, double[] given) in numbers ?? new Dictionary<string, double[]>())
            Give(network, c, batch, name, given);
        TracedStep step = new(network, c, batch, clicks, options);
        using AdamOptimizer adam = AutoencoderFit.OptimizerOf(c, network);
        foreach (Parameter p in network.Parameters)
            adam.Apply(p);
        step.Updated = StepTracer.ParametersOf(network);
        return step;
    }

    private static void Give(Autoencoder network, ReferenceCompute c, ClickBatch batch, string name, double[] given)
    {
        if (network.Parameters.FirstOrDefault(p => p.Name == name) is { } parameter)
        {
            ExpectLength(parameter.Value.Length);
            c.Write(given, parameter.Value);
        }
        else if (network.Noises.FirstOrDefault(noise => noise.Role == name) is { } noise)
        {
            ExpectLength(noise is ClickMask ? batch.ClickCount : noise.Values.Length);
            noise.Give(c, given);
        }
        else
            throw new ArgumentException($"found numbers for '{name}'; expected one of " + string.Join(", ",
                network.Parameters.Select(p => p.Name).Concat(network.Noises.Select(noise => noise.Role))));

        void ExpectLength(long length)
        {
            if (given.Length != length)
                throw new ArgumentException($"found {given.Length} numbers for '{name}'; expected {length}");
        }
    }

    /// <summary>
    /// A step of a model that is small enough to follow with a pocket calculator: one user who clicked three of six
    /// items, three hidden and two latent units, weights and noise rounded to one decimal (pseudo-inputs to two).
    /// </summary>
    /// <exception cref="NotSupportedException">The model is no autoencoder.</exception>
    public static TracedStep Tiny(ModelType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        ExpectAutoencoder(type);
        // Of the ways to start, the one whose biases are not next to 0.
        Settings settings = type.Defaults.With(Autoencoders.Hidden, [TinyHidden]).With(Autoencoders.Latent, TinyLatent)
            .With(Autoencoders.Likelihood, Kernels.Likelihood.Multinomial)
            .With(Autoencoders.LearningRate, TinyLearningRate)
            .With(Autoencoders.WeightStart, WeightStart.UniformFanIn);
        if (settings.Has(Autoencoders.Components))
            settings = settings.With(Autoencoders.Components, TinyComponents);
        var clicks = new ClickMatrix(TinyItems, [0, 3], [0, 1, 3]);
        var options = new TraceOptions { Beta = TinyBeta };
        TracedStep drawn = Of(settings, clicks, options with { Checks = 0 });
        Dictionary<string, double[]> numbers = drawn.Parameters.Concat(drawn.Noise).ToDictionary(array => array.Name,
            array => array.Values.Select(value => Math.Round(value, array.Name == "pseudo_inputs" ? 2 : 1)).ToArray());
        // Each mask drops another of the user's clicks.
        int dropped = 0;
        foreach (TracedArray mask in drawn.Noise.Where(one => one.Name is "dropout_x" or "dropout_q1" or "dropout_q2"))
        {
            Array.Fill(numbers[mask.Name], 1);
            numbers[mask.Name][++dropped] = 0;
        }
        return Of(settings, clicks, options, numbers);
    }

    private static TracedStep Of(Autoencoder network, ReferenceCompute c, ClickMatrix clicks, TraceOptions options)
    {
        using ClickBatch batch = Load(c, clicks);
        network.DrawNoise(batch, options.Seed, 0);
        return new TracedStep(network, c, batch, clicks, options);
    }

    private static ClickBatch Load(ReferenceCompute c, ClickMatrix clicks)
    {
        ClickBatch batch = c.AllocateBatch();
        c.Load(clicks, [.. Enumerable.Range(0, clicks.UserCount)], batch);
        return batch;
    }

    // Nothing of the device is freed with it: it has neither threads nor a driver.
    private static ReferenceCompute Open() => (ReferenceCompute)Device.Reference().Open();

    private static void ExpectAutoencoder(ModelType type)
    {
        if (type is not AutoencoderType)
            throw new NotSupportedException($"{type.Title} has no training step to follow; expected one of "
                + string.Join(", ", Catalog.All.Where(other => other is AutoencoderType)));
    }
}
