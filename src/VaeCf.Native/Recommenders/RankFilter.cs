namespace VaeCf.Native.Recommenders;

/// <summary>Which items may be recommended. Immutable, and for any number of users and calls.</summary>
public sealed class RankFilter
{
    /// <summary>Allows every item but those that the user has already.</summary>
    public static RankFilter None { get; } = new([], seenToo: false);

    private RankFilter(byte[] forbidden, bool seenToo) => (Forbidden, SeenToo) = (forbidden, seenToo);

    /// <summary>One byte per item, not 0 if the item may not be recommended; empty if all may.</summary>
    public ReadOnlyMemory<byte> Forbidden { get; }

    /// <summary>Whether items that the user has already may be recommended too.</summary>
    public bool SeenToo { get; }

    /// <summary>A filter of item indices.</summary>
    /// <param name="itemCount">Number of items.</param>
    /// <param name="exclude">Items that may not be recommended; null, the default, for none.</param>
    /// <param name="only">
    /// The only items that may be recommended; null, the default, for all. An item that is also in
    /// <paramref name="exclude"/> may not be.
    /// </param>
    /// <param name="seenToo">Whether items that the user has already may be recommended too; false by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is not that of an item.</exception>
    public static RankFilter Of(int itemCount, IEnumerable<int>? exclude = null, IEnumerable<int>? only = null,
        bool seenToo = false)
    {
        if (exclude is null && only is null)
            return new RankFilter([], seenToo);
        var forbidden = new byte[itemCount];
        if (only is not null)
        {
            Array.Fill(forbidden, (byte)1);
            foreach (int item in only)
                forbidden[Checked(item, nameof(only))] = 0;
        }
        foreach (int item in exclude ?? [])
            forbidden[Checked(item, nameof(exclude))] = 1;
        return new RankFilter(forbidden, seenToo);

        int Checked(int item, string name) => (uint)item < (uint)itemCount ? item
            : throw new ArgumentOutOfRangeException(name, item, $"expected an item from 0 to {itemCount - 1}");
    }
}
