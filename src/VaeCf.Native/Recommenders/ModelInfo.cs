using VaeCf.Native.Training;


namespace VaeCf.Native.Recommenders;

/// <summary>Where a model comes from.</summary>
public sealed record ModelInfo
{
    /// <summary>The epoch it was taken from.</summary>
    public required int Epoch { get; init; }

    /// <summary>NDCG@100 on the validation users after that epoch; null where there were none.</summary>
    public required double? ValidationNdcg { get; init; }

    /// <summary>Users it was trained on.</summary>
    public required int TrainUsers { get; init; }

    /// <summary>How it was trained, nothing left null.</summary>
    public required TrainingOptions Training { get; init; }
}

/// <summary>An item and its score.</summary>
/// <param name="Item">Original id.</param>
/// <param name="Score">Its logit: comparable within one answer, not between users.</param>
public readonly record struct ScoredItem(string Item, float Score);

/// <summary>An answer for one user.</summary>
/// <param name="Items">The best first.</param>
/// <param name="UnknownItems">Ids of the history that the model was not trained on; they did not count.</param>
public sealed record Recommendations(IReadOnlyList<ScoredItem> Items, IReadOnlyList<string> UnknownItems);
