using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Training;

namespace VaeCf.Native.Recommenders;

/// <summary>
/// The description of a model: its name, paper and settings, how it is fitted and how it is loaded. Each model gives it
/// once, in its own file; the options of the command line, validation, JSON, the model file, <c>vaecf models</c> and
/// the documentation follow from it.
/// </summary>
public class ModelType
{
    private readonly IReadOnlyDictionary<string, Setting> byName = new Dictionary<string, Setting>();

    /// <summary>Its name on the command line and in files, in lower case.</summary>
    public required string Name { get; init; }

    /// <summary>Its name in print.</summary>
    public required string Title { get; init; }

    /// <summary>What it is, in a sentence or two.</summary>
    public required string Summary { get; init; }

    /// <summary>The paper, and where the defaults come from.</summary>
    public required string Citation { get; init; }

    /// <summary>Its settings, with the model's own defaults.</summary>
    public required IReadOnlyList<Setting> Settings
    {
        get;
        init
        {
            field = value;
            byName = value.ToDictionary(setting => setting.Name);
        }
    }

    /// <summary>
    /// Throws an <see cref="ArgumentException"/> if values that are each in range do not go together; null, the
    /// default, if all do.
    /// </summary>
    public Action<Settings>? Check { get; init; }

    /// <summary>
    /// What a search for settings tries by default: every combination of these values; none if it is empty.
    /// </summary>
    public IReadOnlyList<SettingGrid> Grid { get; init; } = [];

    /// <summary>
    /// Whether the model keeps the ids of its training users, where they are known; false by default.
    /// </summary>
    public bool KeepsUsers { get; init; }

    /// <summary>
    /// Whether the model reads histories in order; false by default. Where the order is not known, it reads items by
    /// their number.
    /// </summary>
    public bool ReadsOrder { get; init; }

    /// <summary>
    /// Whether the model is trained on ratings and predicts them (<see cref="Recommender.Predict(Data.Histories,
    /// ReadOnlySpan{int}, Data.ClickMatrix, Span{float})"/>); its scores are then predicted ratings. False by default.
    /// </summary>
    public bool PredictsRatings { get; init; }

    /// <summary>The measure that its best epoch and its settings are chosen by.</summary>
    public ValidationMeasure Validation => PredictsRatings ? ValidationMeasure.Rmse : ValidationMeasure.Ndcg;

    /// <summary>Prepares a fit to data, by settings that are checked, on a device.</summary>
    public required Func<FitData, Settings, Device, Fit> Fit { get; init; }

    /// <summary>
    /// Makes a recommender from a model's data, which it does not keep, on a device. If it throws, the tensors that it
    /// took and the place to compute that it opened are freed.
    /// </summary>
    public required Func<ModelData, Device, Recommender> Load
    {
        get;
        init => field = (data, device) => data.Load(value, device);
    }

    /// <summary>All settings at their defaults.</summary>
    public Settings Defaults => new(this, new Dictionary<string, object?>());

    /// <summary>The setting with a name; null if the model has no such setting.</summary>
    public Setting? Find(string name) => byName.GetValueOrDefault(name);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
