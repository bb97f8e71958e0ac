using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Training;

/// <summary>
/// A fit of one step: a closed form, or counting. Its tensors become the recommender's without being copied.
/// </summary>
/// <param name="data">The data that it is fitted to.</param>
/// <param name="settings">The model and its settings, with nothing left to be chosen.</param>
/// <param name="device">What computes.</param>
public abstract class ClosedFormFit(FitData data, Settings settings, Device device) : Fit(data, settings, device)
{
    private Ranker? ranker;
    private bool handedOver;

    /// <inheritdoc/>
    public override int EpochLength => Data.Clicks.UserCount;

    /// <inheritdoc/>
    public override int Epochs => 1;

    /// <inheritdoc/>
    public override long Steps => 1;

    /// <inheritdoc/>
    public override Ranker Ranker => ranker ??= NewRanker();

    /// <summary>Computes the model.</summary>
    /// <param name="progress">Receives the share that is done, from 0 to 1; null if nobody reads it.</param>
    /// <param name="cancellationToken">Ends the computation.</param>
    protected abstract void Solve(IProgress<double>? progress, CancellationToken cancellationToken);

    /// <summary>The models that the recommender is made of, which it owns then; none by default.</summary>
    protected virtual IReadOnlyList<ModelPart> Parts => [];

    /// <summary>Makes a ranker by the model, which it only reads.</summary>
    protected abstract Ranker NewRanker();

    /// <inheritdoc/>
    protected override void RunStep(IProgress<double>? progress, CancellationToken cancellationToken)
    {
        Solve(progress, cancellationToken);
        Position = new FitPosition(1, 1, 0);
    }

    /// <inheritdoc/>
    protected internal override void Restore(FitPosition position, IReadOnlyDictionary<string, double> numbers) =>
        Position = position;

    /// <summary>Whether a recommender owns the model's tensors.</summary>
    protected internal bool IsHandedOver => handedOver;

    /// <summary>Makes the recommender, which owns the model's tensors from then on.</summary>
    /// <param name="info">Where the model comes from.</param>
    /// <exception cref="InvalidOperationException">The recommender has been made already.</exception>
    public override Recommender ToRecommender(ModelInfo info)
    {
        if (handedOver)
            throw new InvalidOperationException(
                $"the recommender of this {Settings.Type.Title} fit has been made already and owns its tensors; "
                + "expected one call of Run or ToRecommender");
        Recommender made = Settings.Type.Load(
            ModelData.HandOver(Settings, Data.Items, info, Model, KeptUsers, Parts), Device);
        handedOver = true;
        return made;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        ranker?.Dispose();
        if (handedOver)
            return;
        try
        {
            foreach (NamedTensor tensor in Model)
                tensor.Value.Dispose();
        }
        catch (ObjectDisposedException)
        {
            // The model had not been allocated, and no longer can be.
        }
    }
}
