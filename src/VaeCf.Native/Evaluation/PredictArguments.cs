using VaeCf.Native.Data;

namespace VaeCf.Native.Evaluation;

/// <summary>What every <see cref="IRatingPredictor"/> requires of its arguments.</summary>
internal static class PredictArguments
{
    public static void Check(int itemCount, Histories users, ReadOnlySpan<int> rows, ClickMatrix pairs,
        ReadOnlySpan<float> ratings)
    {
        ArgumentNullException.ThrowIfNull(users);
        ArgumentNullException.ThrowIfNull(pairs);
        if (users.Clicks.ItemCount != itemCount)
            throw new ArgumentException($"the histories have {users.Clicks.ItemCount} items; expected {itemCount}, as "
                + "the model has", nameof(users));
        if (pairs.ItemCount != itemCount || pairs.UserCount != users.Clicks.UserCount)
            throw new ArgumentException($"pairs of {pairs.UserCount} users and {pairs.ItemCount} items; expected "
                + $"{users.Clicks.UserCount} and {itemCount}, as the histories have", nameof(pairs));
        long count = 0;
        foreach (int row in rows)
            count += (uint)row < (uint)pairs.UserCount ? pairs.CountOf(row) : throw new ArgumentException(
                $"user {row}; expected 0 … {pairs.UserCount - 1}, rows of the histories", nameof(rows));
        if (ratings.Length != count)
            throw new ArgumentException($"room for {ratings.Length} ratings; expected {count}, one for each pair",
                nameof(ratings));
    }

    /// <summary>Throws unless every prediction is a finite number.</summary>
    /// <exception cref="InputException">
    /// One is not; its cause is a <see cref="NotFiniteNumberException"/> that says which.
    /// </exception>
    public static void CheckRatings(ReadOnlySpan<int> rows, ClickMatrix pairs, ReadOnlySpan<float> ratings)
    {
        int n = 0;
        foreach (int row in rows)
            foreach (int item in pairs.ItemsOf(row))
                if (!float.IsFinite(ratings[n++]))
                    throw RankArguments.NotFinite($"the rating of item {item} by user {row} is {ratings[n - 1]}");
    }
}
