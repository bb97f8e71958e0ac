using VaeCf.Kernels;

namespace VaeCf.Native.Data;

public static partial class Splits
{
    // A tenth of the ratings is for the test, and a tenth of the others for validation (Sedhain and others 2015,
    // section 3).
    private const int Tenth = 10;

    /// <summary>
    /// Cuts ratings row by row, for models that predict them: a tenth is held out for the test, a tenth of the others
    /// for validation, and the rest is trained on. All sets have the same users and items; some may have no training
    /// rating. The fold-in is everything before: the training ratings, and for the test those of validation too.
    /// </summary>
    /// <param name="data">The ratings, as the values of the clicks.</param>
    /// <param name="order">
    /// Whether random ratings are held out, as by default, or the latest; those of the same time are in random order.
    /// By time, no rating is predicted from later ones.
    /// </param>
    /// <param name="seed">Seed of the choice; 98765 by default.</param>
    /// <exception cref="ArgumentException">
    /// The clicks have no values, or the order is by time and there are no timestamps.
    /// </exception>
    /// <exception cref="InputException">There are too few ratings.</exception>
    public static (DataSplit Split, SplitReport Report) Ratings(ClickData data,
        FoldInOrder order = FoldInOrder.Random, ulong seed = 98765)
    {
        ArgumentNullException.ThrowIfNull(data);
        ClickMatrix all = data.Matrix;
        if (!all.HasValues)
            throw new ArgumentException("found clicks without values; expected ratings, read with "
                + $"{nameof(ReadOptions.KeepCounts)}", nameof(data));
        CheckTimestamps(data, order);
        int count = (int)all.ClickCount, test = count / Tenth, validation = (count - test) / Tenth;
        if (validation == 0)
            throw new InputException($"found {count} ratings; expected at least {Tenth + 1}, to hold out some for "
                + "validation and for test");
        int[] places = [.. Enumerable.Range(0, count)];
        new RandomSequence(new(seed, RandomPurpose.Split, 0)).Shuffle<int>(places);
        if (order == FoldInOrder.Time)
        {
            long[] times = all.Timestamps.ToArray();
            places = [.. places.OrderBy(place => times[place])];
        }
        var part = new byte[count];
        foreach (int place in places.AsSpan(count - test - validation, validation))
            part[place] = 1;
        foreach (int place in places.AsSpan(count - test))
            part[place] = 2;

        ClickMatrix Of(Func<int, bool> isIn)
        {
            var rows = new ClickRows(hasValues: true, all.HasTimestamps);
            for (int user = 0; user < all.UserCount; user++)
            {
                int first = (int)all.RowStarts[user];
                all.CopyTo(rows, user,
                    [.. Enumerable.Range(0, all.CountOf(user)).Where(i => isIn(part[first + i]))], user);
            }
            return rows.ToMatrix(all.UserCount, all.ItemCount, all.HasOrder, out _);
        }
        ClickMatrix train = Of(one => one == 0);
        var split = new DataSplit(data.Items, train, new(train, Of(one => one == 1), data.Users),
            new(Of(one => one < 2), Of(one => one == 2), data.Users), data.Users);
        return (split, new SplitReport("ratings", [("order", order.ToString()), ("seed", Text(seed))], [data.Report])
        {
            UsersNotInTraining = train.UsersWithoutClicks(),
            ItemsNotInTraining = train.ItemsWithoutClicks(),
        });
    }
}
