using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Evaluation;

/// <summary>Whatever orders items for users: a trained model, or a table of scores.</summary>
public interface IRanker
{
    /// <summary>Number of items it ranks.</summary>
    int ItemCount { get; }

    /// <summary>For each user, the best items first. Equal scores: the lower index first.</summary>
    /// <param name="users">What is known of users.</param>
    /// <param name="rows">The users to rank for, rows of <paramref name="users"/>.</param>
    /// <param name="k">How many items a user gets, at least 1.</param>
    /// <param name="filter">
    /// Which items may be ranked: <see cref="RankFilter.None"/> leaves out only those that the user has clicked.
    /// </param>
    /// <param name="items">Receives rows x k item indices; -1 where a user has fewer than k items left.</param>
    /// <param name="scores">
    /// Receives their scores, finite numbers, NaN beside -1; empty if they are not wanted.
    /// </param>
    void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items, Span<float> scores);
}
