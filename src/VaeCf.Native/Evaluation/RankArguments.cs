using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Evaluation;

/// <summary>What every <see cref="IRanker"/> requires of the arguments of <see cref="IRanker.Rank"/>.</summary>
internal static class RankArguments
{
    public static void Check(IRanker ranker, Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter,
        ReadOnlySpan<int> items, ReadOnlySpan<float> scores)
    {
        Check(ranker, users, rows);
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (filter.Forbidden.Length != 0 && filter.Forbidden.Length != ranker.ItemCount)
            throw new ArgumentException($"the filter is of {filter.Forbidden.Length} items; "
                + $"expected {ranker.ItemCount}, as the ranker has", nameof(filter));
        if (items.Length != (long)rows.Length * k)
            throw new ArgumentException($"room for {items.Length} items; expected {rows.Length} users x {k}",
                nameof(items));
        if (scores.Length != 0 && scores.Length != items.Length)
            throw new ArgumentException(
                $"room for {scores.Length} scores; expected {items.Length}, as for items, or none", nameof(scores));
    }

    /// <summary>Throws unless every item that is ranked has a score that is a finite number.</summary>
    /// <exception cref="InputException">
    /// One has not; its cause is a <see cref="NotFiniteNumberException"/> that says which.
    /// </exception>
    public static void CheckScores(ReadOnlySpan<int> rows, int k, ReadOnlySpan<int> items, ReadOnlySpan<float> scores)
    {
        for (int i = 0; i < items.Length; i++)
            if (items[i] >= 0 && !float.IsFinite(scores[i]))
                throw NotFinite($"the score of item {items[i]} for user {rows[i / k]} is {scores[i]}");
    }

    /// <summary>What an answer that cannot be given ends in.</summary>
    public static InputException NotFinite(string what) => new($"{what}; expected a finite number. The model's weights "
        + "are too large to compute with: train it with a lower learning rate or more regularisation",
        new NotFiniteNumberException(what));

    public static void Check(IRanker ranker, Histories users, ReadOnlySpan<int> rows)
    {
        ArgumentNullException.ThrowIfNull(users);
        if (users.Clicks.ItemCount != ranker.ItemCount)
            throw new ArgumentException($"the histories have {users.Clicks.ItemCount} items; "
                + $"expected {ranker.ItemCount}, as the ranker has", nameof(users));
        foreach (int row in rows)
            if ((uint)row >= (uint)users.Clicks.UserCount)
                throw new ArgumentException(
                    $"user {row}; expected 0 … {users.Clicks.UserCount - 1}, rows of the histories", nameof(rows));
    }
}
