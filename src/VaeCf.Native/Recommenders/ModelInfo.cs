using System.Globalization;
using VaeCf.Native.Data;

namespace VaeCf.Native.Recommenders;

/// <summary>Where a model comes from.</summary>
/// <param name="Epoch">The epoch it was taken from; 0 if the fit was stopped in its first.</param>
/// <param name="Validation">
/// The model's <see cref="ModelType.Validation"/> measure after that epoch; null without validation.
/// </param>
/// <param name="TrainUsers">Users it was trained on.</param>
/// <param name="TrainedOnCounts">
/// Whether the clicks it was trained on carried counts or ratings. If so, it also reads those of a history; if not,
/// every click of a history counts 1.
/// </param>
/// <param name="Scale">The scale of the ratings it was trained on; null, the default, if it predicts none.</param>
public sealed record ModelInfo(int Epoch, double? Validation, int TrainUsers, bool TrainedOnCounts,
    RatingScale? Scale = null);

/// <summary>An item and its score.</summary>
/// <param name="Item">Original id.</param>
/// <param name="Score">The model's score: comparable within one answer, not between users or models.</param>
public readonly record struct ScoredItem(string Item, float Score);

/// <summary>A click of a history.</summary>
/// <param name="Item">Original id of the item.</param>
/// <param name="Count">How often, or the rating; only a model that was trained on counts reads it.</param>
public readonly record struct HistoryItem(string Item, float Count = 1);

/// <summary>An answer for one user.</summary>
/// <param name="Items">The best first.</param>
/// <param name="UnknownItems">Ids of the history that the model was not trained on; they did not count.</param>
/// <param name="User">Original id of the user, where it is known.</param>
public sealed record Recommendations(IReadOnlyList<ScoredItem> Items, IReadOnlyList<string> UnknownItems,
    string? User = null)
{
    /// <summary>The items in a table, as the command prints them, and the ids that are not known.</summary>
    public override string ToString()
    {
        var table = new TextTable(User is null ? "rank" : $"user {User}", "item", "score");
        for (int i = 0; i < Items.Count; i++)
            table.Add($"{i + 1}", Items[i].Item, Items[i].Score.ToString("0.000", CultureInfo.InvariantCulture));
        return UnknownItems.Count == 0 ? $"{table}"
            : $"{table}{Environment.NewLine}not known: {string.Join(", ", UnknownItems)}";
    }
}
