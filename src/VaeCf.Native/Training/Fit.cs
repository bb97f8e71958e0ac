using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace VaeCf.Native.Training;

/// <summary>The data that a model is fitted to.</summary>
/// <param name="Train">The users' clicks, of at least one user on at least one item.</param>
/// <param name="Items">Original id of each item.</param>
public sealed record FitData(Histories Train, Vocabulary Items)
{
    /// <summary>The clicks.</summary>
    public ClickMatrix Clicks => Train.Clicks;
}

/// <summary>Where a fit stands after a step.</summary>
/// <param name="Step">Steps made.</param>
/// <param name="Epoch">Epochs finished.</param>
/// <param name="Done">
/// How much of the current epoch is done: users trained on, or whatever unit the fit counts in.
/// </param>
public readonly record struct FitPosition(long Step, int Epoch, int Done);

/// <summary>A number that a fit reports of its epoch so far, such as its mean loss.</summary>
/// <param name="Name">Its name, as logs have it.</param>
/// <param name="Value">The number.</param>
public readonly record struct Measure(string Name, double Value);

/// <summary>
/// Makes a recommender step by step, and can be captured after any step and resumed later: a closed form has one step,
/// alternating least squares one per sweep, gradient descent one per update. It is for one thread at a time.
/// <see cref="FitRun"/> validates it, keeps its best model and reports its progress; most programs need only that.
/// </summary>
public abstract class Fit : IDisposable
{
    private int busy;

    /// <summary>
    /// Opens a place to compute on the device, which <see cref="Dispose"/> frees. A constructor of a derived class that
    /// can fail must free it then.
    /// </summary>
    /// <param name="data">What it is fitted to.</param>
    /// <param name="settings">The model and its settings, with nothing left to be chosen.</param>
    /// <param name="device">What computes.</param>
    protected Fit(FitData data, Settings settings, Device device)
    {
        (Data, Settings, Device) = (data, settings, device);
        Compute = device.Open();
    }

    /// <summary>What it is fitted to.</summary>
    public FitData Data { get; }

    /// <summary>The model and its settings, with nothing left to be chosen.</summary>
    public Settings Settings { get; }

    /// <summary>What computes.</summary>
    public Device Device { get; }

    /// <summary>Where the fit computes.</summary>
    protected internal Compute Compute { get; }

    /// <summary>Where the fit stands.</summary>
    public FitPosition Position { get; protected set; }

    /// <summary>The length of one epoch, in the unit of <see cref="FitPosition.Done"/>.</summary>
    public abstract int EpochLength { get; }

    /// <summary>Epochs planned.</summary>
    public abstract int Epochs { get; }

    /// <summary>Steps planned.</summary>
    public abstract long Steps { get; }

    /// <summary>Whether the last step ended an epoch.</summary>
    public bool EndsEpoch => Position is { Step: > 0, Done: 0 };

    /// <summary>Whether all epochs are done.</summary>
    public bool IsDone => Position.Epoch >= Epochs;

    /// <summary>
    /// The epoch from which on a worse validation counts against the run; before it, an annealed model is still
    /// changing.
    /// </summary>
    public virtual long WarmUpEnd => 0;

    /// <summary>
    /// What was measured in the epoch so far, or, if the last step ended an epoch, in all of that one.
    /// </summary>
    public virtual IReadOnlyList<Measure> Measures => [];

    /// <summary>Ranks by the current state, for validation between steps. It belongs to the fit.</summary>
    public abstract Ranker Ranker { get; }

    /// <summary>What the model consists of: the tensors of its file.</summary>
    public abstract IReadOnlyList<NamedTensor> Model { get; }

    /// <summary>The other tensors that resuming needs: the moments of an optimiser, a frozen copy.</summary>
    public virtual IReadOnlyList<NamedTensor> State => [];

    /// <summary>The single numbers that resuming needs: sums of the current epoch, counts of updates.</summary>
    public virtual IReadOnlyList<Measure> Numbers => [];

    /// <summary>Makes one step.</summary>
    /// <param name="progress">Receives the share of a long step that is done.</param>
    /// <param name="cancellationToken">Ends a long step; the fit is then as before it.</param>
    /// <exception cref="InvalidOperationException">All epochs are done, or another thread is making a step.</exception>
    /// <exception cref="DivergenceException">The loss is no longer a finite number.</exception>
    /// <exception cref="OperationCanceledException">The step was cancelled.</exception>
    public void Step(IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        if (IsDone)
            throw new InvalidOperationException($"all {Epochs} epochs are done");
        if (Interlocked.Exchange(ref busy, 1) == 1)
            throw new InvalidOperationException(
                "another thread is making a step of this fit; expected one thread at a time");
        try
        {
            using (Device.Begin(Compute))
                RunStep(progress, cancellationToken);
        }
        finally
        {
            busy = 0;
        }
    }

    /// <summary>
    /// Makes one step and moves <see cref="Position"/>. The fit has its turn on the device while it runs.
    /// </summary>
    protected abstract void RunStep(IProgress<double>? progress, CancellationToken cancellationToken);

    /// <summary>What a step that left a number that is not finite ends in; the tensor to blame is named.</summary>
    /// <param name="what">What was found.</param>
    /// <param name="step">The step, from 1.</param>
    /// <param name="epoch">Its epoch, from 1.</param>
    internal DivergenceException Diverged(string what, long step, int epoch)
    {
        (string? tensor, float largest) = (null, 0);
        foreach (NamedTensor one in Model)
        {
            // NaN if one number is.
            float magnitude = MathF.Abs(TensorPrimitives.MaxMagnitude<float>(one.Copy(Compute)));
            if (float.IsFinite(largest) && !(magnitude <= largest))
                (tensor, largest) = (one.Name, magnitude);
        }
        if (tensor is not null)
            what += FormattableString.Invariant($" (the largest weight is {largest}, in tensor '{tensor}')");
        return new DivergenceException(what, step, epoch);
    }

    /// <summary>
    /// Makes room for the tensors of a saved state, before they are written. A fit whose tensors grow with its steps
    /// overrides this.
    /// </summary>
    /// <param name="model">What <see cref="Model"/> held.</param>
    /// <param name="state">What <see cref="State"/> held.</param>
    protected internal virtual void MakeRoom(IReadOnlyList<SavedTensor> model, IReadOnlyList<SavedTensor> state)
    {
    }

    /// <summary>Restores a state, after its tensors have been written.</summary>
    /// <param name="position">Where the fit stood.</param>
    /// <param name="numbers">What <see cref="Numbers"/> gave.</param>
    protected internal abstract void Restore(FitPosition position, IReadOnlyDictionary<string, double> numbers);

    /// <summary>
    /// Starts from the weights of another model of the same type and shape, on other data: items are matched by id. A
    /// model that can do so overrides this.
    /// </summary>
    /// <param name="from">The other model.</param>
    /// <exception cref="NotSupportedException">A model of this type cannot start from another.</exception>
    /// <exception cref="ArgumentException">The other is of another type or shape; the message says which.</exception>
    /// <exception cref="InvalidOperationException">A step has been made.</exception>
    public virtual WarmStart StartFrom(Recommender from) =>
        throw new NotSupportedException($"{Settings.Type.Title} cannot start from the weights of another model");

    /// <summary>A recommender with the current state, which shares nothing with the fit and outlives it.</summary>
    /// <param name="info">Where the model comes from.</param>
    public virtual Recommender ToRecommender(ModelInfo info)
    {
        using (Device.Begin(Compute))
            Settle();
        return Settings.Type.Load(Copy(info), Device);
    }

    /// <summary>
    /// Brings <see cref="Model"/> up to date in the middle of an epoch. A fit that computes some of its tensors from
    /// others, at the end of each epoch, overrides it.
    /// </summary>
    protected virtual void Settle()
    {
    }

    /// <summary>A copy of the model in its current state.</summary>
    internal ModelData Copy(ModelInfo info) =>
        ModelData.InMemory(Settings, Data.Items, info, SavedTensor.Copy(Compute, Model), KeptUsers);

    /// <summary>The training users' ids, if the model keeps them.</summary>
    internal Vocabulary? KeptUsers => Settings.Type.KeepsUsers ? Data.Train.Users : null;

    /// <summary>
    /// Waits for the step that another thread is making, if any, and frees the place to compute. A derived class calls
    /// this before it frees what a step uses.
    /// </summary>
    public virtual void Dispose()
    {
        Compute.Dispose();
        GC.SuppressFinalize(this);
    }
}
