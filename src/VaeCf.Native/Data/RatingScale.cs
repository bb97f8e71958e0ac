namespace VaeCf.Native.Data;

/// <summary>The ends of the scale that ratings are on.</summary>
/// <param name="Lowest">The lowest rating.</param>
/// <param name="Highest">The highest.</param>
public readonly record struct RatingScale(double Lowest, double Highest)
{
    private const double FiveStars = 5, MiddleStar = 3;

    /// <summary>From the lowest to the highest of some ratings; 0 to 0 of none.</summary>
    /// <param name="ratings">Clicks with values.</param>
    public static RatingScale Of(ClickMatrix ratings)
    {
        ArgumentNullException.ThrowIfNull(ratings);
        if (ratings.Values.IsEmpty)
            return default;
        (float lowest, float highest) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (float rating in ratings.Values)
            (lowest, highest) = (Math.Min(lowest, rating), Math.Max(highest, rating));
        return new(lowest, highest);
    }

    /// <summary>
    /// What is predicted where the user or the item has no rating yet: 3 of five stars, with half stars or without
    /// (Sedhain and others 2015, section 3), and on any other scale its middle.
    /// </summary>
    public double Unseen => Highest == FiveStars && Lowest is >= 0 and <= 1 ? MiddleStar : (Lowest + Highest) / 2;

    /// <summary>The nearest number on the scale.</summary>
    public double Clip(double rating) => Math.Clamp(rating, Lowest, Highest);
}
