namespace VaeCf.Native.Data;

/// <summary>
/// What users did: their clicks as a set, the order of the clicks where it is known, and the users' ids where they are
/// known. A model can be asked about any histories, whether or not it was trained on these users.
/// </summary>
public sealed class Histories
{
    /// <summary>Histories of users.</summary>
    /// <param name="clicks">The clicks, with order, values and timestamps where they are known.</param>
    /// <param name="users">Original id of each row; null if unknown.</param>
    /// <exception cref="ArgumentException">There are not as many ids as rows.</exception>
    public Histories(ClickMatrix clicks, Vocabulary? users = null)
    {
        ArgumentNullException.ThrowIfNull(clicks);
        if (users is not null && users.Count != clicks.UserCount)
            throw new ArgumentException($"there are {users.Count} users; expected {clicks.UserCount}, one for each row",
                nameof(users));
        Clicks = clicks;
        Users = users;
    }

    /// <summary>The clicks; row u is one user.</summary>
    public ClickMatrix Clicks { get; }

    /// <summary>Original id of each row; null if unknown.</summary>
    public Vocabulary? Users { get; }

    /// <summary>Whether the order of each user's clicks is known.</summary>
    public bool HasOrder => Clicks.HasOrder;

    /// <summary>A user's items, oldest first; ascending if the order is unknown (see <see cref="HasOrder"/>).</summary>
    /// <param name="row">The user's row, from 0.</param>
    public ReadOnlySpan<int> InOrder(int row) => Clicks.InOrder(row);
}
