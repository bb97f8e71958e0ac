using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;

namespace VaeCf.Baselines;

/// <summary>
/// The units of ratings: value k of item i is unit i K + k of a matrix with I K columns, and K are the distinct ratings
/// of the training.
/// </summary>
internal sealed class RatingUnits
{
    /// <summary>The most distinct ratings: finer scales are not a choice among values.</summary>
    public const int Most = 100;

    private readonly float[] values;

    /// <param name="values">Ascending.</param>
    /// <exception cref="InputException">There are none, too many, or they do not ascend.</exception>
    public RatingUnits(float[] values)
    {
        if (values.Length is 0 or > Most)
            throw new InputException($"found {values.Length} distinct ratings; expected from 1 to {Most}, "
                + "for each of them is a value of a unit of the RBM");
        for (int k = 1; k < values.Length; k++)
            if (!(values[k - 1] < values[k]))
                throw new InputException($"the model: found {values[k]} after {values[k - 1]} in tensor 'values'; "
                    + "expected ascending numbers");
        this.values = values;
    }

    /// <summary>Of training ratings; of none, the value 0.</summary>
    public static RatingUnits Of(ClickMatrix ratings)
    {
        var distinct = new SortedSet<float>();
        for (int user = 0; user < ratings.UserCount; user++)
            foreach (float rating in ratings.ValuesOf(user))
                distinct.Add(rating);
        return new([.. distinct.DefaultIfEmpty(0)]);
    }

    /// <summary>The rating that each value stands for.</summary>
    public IReadOnlyList<float> Values => values;

    /// <summary>The value nearest to a rating, the lower of two.</summary>
    public int Nearest(float rating)
    {
        int k = Array.BinarySearch(values, rating);
        if (k >= 0)
            return k;
        int above = ~k;
        return above == 0 ? 0
            : above == values.Length || rating - values[above - 1] <= values[above] - rating ? above - 1 : above;
    }

    /// <summary>All K units of each rating, 1 at its value and 0 at the others.</summary>
    /// <param name="c">Where the batch is.</param>
    /// <param name="ratings">Ratings; of clicks that have none only the units count.</param>
    /// <param name="rows">Users.</param>
    /// <param name="units">Receives them.</param>
    /// <param name="chosenOnly">Whether the units of 0 are left out.</param>
    public void Load(Compute c, ClickMatrix ratings, ReadOnlySpan<int> rows, ClickBatch units, bool chosenOnly = false)
    {
        int count = values.Length;
        var made = new SampleRows(checked(ratings.ItemCount * count));
        foreach (int row in rows)
        {
            ReadOnlySpan<int> items = ratings.ItemsOf(row);
            int perItem = chosenOnly ? 1 : count;
            int[] own = new int[items.Length * perItem];
            var chosen = new float[own.Length];
            for (int i = 0; i < items.Length; i++)
            {
                int nearest = Nearest(ratings.HasValues ? ratings.ValuesOf(row)[i] : 1);
                for (int k = 0; k < perItem; k++)
                    own[i * perItem + k] = items[i] * count + (chosenOnly ? nearest : k);
                chosen[i * perItem + (chosenOnly ? 0 : nearest)] = 1;
            }
            made.Add(own, chosen);
        }
        made.Load(c, units);
    }
}
