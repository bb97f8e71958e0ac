using VaeCf.Kernels;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;

namespace VaeCf.Baselines;

/// <summary>
/// Pairs of a user and an item on the device, each with what it should be, 1 for a click or 0. They are batches of one
/// click a row: gathering the rows of a weight by them, and scattering to it, are operations on clicks.
/// </summary>
internal sealed class PairBatch : IDisposable
{
    private readonly Compute c;
    // Row u holds column u alone; the two labels are rows of one column.
    private readonly ClickMatrix ofUsers, ofItems, ofLabels = new(1, [0, 1, 2], [0, 0], [0, 1]);

    public PairBatch(Compute c, int users, int items)
    {
        this.c = c;
        (ofUsers, ofItems) = (Single(users), Single(items));
        (Users, Items, Labels) = (c.AllocateBatch(), c.AllocateBatch(), c.AllocateBatch());
        Ones = c.Allocate(0, 1);
    }

    public int Count => Ones.Rows;

    /// <summary>A user a row.</summary>
    public ClickBatch Users { get; }

    /// <summary>An item a row.</summary>
    public ClickBatch Items { get; }

    /// <summary>The one item 0 a row, which counts 1 for a click, else 0.</summary>
    public ClickBatch Labels { get; }

    /// <summary>A 1 for each pair, [B, 1].</summary>
    public Tensor Ones { get; }

    /// <summary>A matrix whose row n holds column n alone, and, after them, rows that hold none.</summary>
    public static ClickMatrix Single(int count, int empty = 0) => new(count,
        [.. Enumerable.Range(0, count + 1), .. Enumerable.Repeat((long)count, empty)], [.. Enumerable.Range(0, count)]);

    /// <summary>Puts pairs into the batch; labels are 0 or 1.</summary>
    public void Load(ReadOnlySpan<int> users, ReadOnlySpan<int> items, ReadOnlySpan<int> labels)
    {
        c.Load(ofUsers, users, Users);
        c.Load(ofItems, items, Items);
        c.Load(ofLabels, labels, Labels);
        Ones.Resize(users.Length);
        c.Fill(1, Ones);
    }

    public void Dispose()
    {
        foreach (IDisposable one in (IDisposable[])[Users, Items, Labels, Ones])
            one.Dispose();
    }
}

/// <summary>
/// The pairs of an epoch: each click, and after it items that its user did not click. A pair follows from the stream
/// and its own number, whatever the batch; nothing is kept.
/// </summary>
internal sealed class PairSampler
{
    private readonly ClickMatrix clicks;
    private readonly int perClick;

    /// <exception cref="InputException">There are too many pairs to be numbered.</exception>
    public PairSampler(ClickMatrix clicks, int negatives)
    {
        (this.clicks, perClick) = (clicks, checked(negatives + 1));
        long count = clicks.ClickCount * perClick;
        Count = count <= Array.MaxLength ? (int)count : throw new InputException($"found {clicks.ClickCount} clicks "
            + $"with {negatives} negatives each; expected at most {Array.MaxLength} pairs");
    }

    /// <summary>Pairs of an epoch.</summary>
    public int Count { get; }

    /// <summary>A pair; of a user who clicked everything there are clicks alone.</summary>
    /// <returns>Whether there is one.</returns>
    public bool TryDraw(RandomStream stream, int number, out int user, out int item, out int label)
    {
        int click = number / perClick;
        // Of the users whose clicks begin here, the last has this one; the others have none.
        user = clicks.RowStarts.BinarySearch((long)click);
        user = user < 0 ? ~user - 1 : user;
        while (clicks.RowStarts[user + 1] == click)
            user++;
        (item, label) = (clicks.Items[click], number % perClick == 0 ? 1 : 0);
        if (label == 1)
            return true;
        ReadOnlySpan<int> clicked = clicks.ItemsOf(user);
        int others = clicks.ItemCount - clicked.Length;
        if (others == 0)
            return false;
        item = Other(clicked, new RandomSequence(stream, (uint)number).NextBelow(others));
        return true;
    }

    // The item that is number n among those that are not clicked: as many more as there are clicked ones before it.
    private static int Other(ReadOnlySpan<int> clicked, int n)
    {
        int low = 0, high = clicked.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (clicked[middle] - middle <= n)
                low = middle + 1;
            else
                high = middle;
        }
        return n + low;
    }
}
