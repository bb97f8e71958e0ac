using VaeCf.Native.Data;

namespace VaeCf.Native.Evaluation;

/// <summary>
/// Measures of all users' lists together, from how many lists hold each item (<c>counts</c>, one number per item):
/// memory follows the items, never pairs of users. Sums are of integers, or in item order, so they have one value
/// however the users were cut into blocks.
/// </summary>
internal static class ListMeasures
{
    /// <summary>Items that some list holds / all items.</summary>
    public static double Coverage(ReadOnlySpan<int> counts) => 1 - (double)counts.Count(0) / counts.Length;

    /// <summary>
    /// Over the counts c in ascending order, i from 1 to I: sum_i (2i - I - 1) c_i / (I sum c); null if all are 0.
    /// </summary>
    public static double? Gini(ReadOnlySpan<int> counts)
    {
        int[] ascending = counts.ToArray();
        Array.Sort(ascending);
        long weighted = 0, total = 0;
        for (int i = 0; i < ascending.Length; i++)
        {
            weighted += (2L * i + 1 - ascending.Length) * ascending[i];
            total += ascending[i];
        }
        return total == 0 ? null : (double)weighted / ((double)ascending.Length * total);
    }

    /// <summary>
    /// Mean over pairs of users of 1 - overlap / k. An item in c lists is shared by c(c - 1)/2 pairs, so the overlaps
    /// of all pairs add up to sum_i c_i (c_i - 1) / 2. Null below two users.
    /// </summary>
    public static double? Personalization(ReadOnlySpan<int> counts, int users, int k)
    {
        long shared = 0;
        foreach (int count in counts)
            shared += count * (count - 1L) / 2;
        return users < 2 ? null : 1 - shared / (users * (users - 1.0) / 2 * k);
    }

    /// <summary>Mean over recommendations of log2(U / U_i), U_i at least 1; null if there are none.</summary>
    public static double? Novelty(ReadOnlySpan<int> counts, ReadOnlySpan<int> usersPerItem, int trainUsers)
    {
        double bits = 0;
        long total = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            bits += counts[i] * Math.Log2(Math.Max(trainUsers, 1.0) / Math.Max(usersPerItem[i], 1));
            total += counts[i];
        }
        return total == 0 ? null : bits / total;
    }

    /// <summary>Number of users who clicked each item.</summary>
    public static int[] UsersPerItem(ClickMatrix clicks)
    {
        int[] users = new int[clicks.ItemCount];
        foreach (int item in clicks.Items)
            users[item]++;
        return users;
    }
}
