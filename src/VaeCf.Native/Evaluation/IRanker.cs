using VaeCf.Native.Data;

namespace VaeCf.Native.Evaluation;

/// <summary>Whatever orders items for users: a trained model, popularity, a table of scores.</summary>
public interface IRanker
{
    /// <summary>Number of items it ranks.</summary>
    int ItemCount { get; }

    /// <summary>For each user, the best items first, those of the fold-in never among them. Equal scores: the lower index first.</summary>
    /// <param name="foldIn">What is known of the users.</param>
    /// <param name="users">Rows of <paramref name="foldIn"/>.</param>
    /// <param name="k">How many items per user.</param>
    /// <param name="ranked">Receives users x k item indices; -1 where a user has fewer than k items left.</param>
    void Rank(ClickMatrix foldIn, ReadOnlySpan<int> users, int k, Span<int> ranked);
}
