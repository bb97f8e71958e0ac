using System.Globalization;

namespace VaeCf.Native.Data;

/// <summary>How some counts are spread. Quartiles between two counts are interpolated linearly.</summary>
/// <param name="Min">The least.</param>
/// <param name="LowerQuartile">A quarter of the counts lies below.</param>
/// <param name="Median">Half of the counts lies below.</param>
/// <param name="UpperQuartile">Three quarters of the counts lie below.</param>
/// <param name="Max">The largest.</param>
/// <param name="Mean">The arithmetic mean.</param>
public sealed record Distribution(long Min, double LowerQuartile, double Median, double UpperQuartile, long Max,
    double Mean)
{
    internal static Distribution Of(long[] ascending)
    {
        if (ascending.Length == 0)
            return new(0, 0, 0, 0, 0, 0);
        double Quantile(double share)
        {
            double at = share * (ascending.Length - 1);
            int below = (int)at, above = Math.Min(below + 1, ascending.Length - 1);
            return ascending[below] + (at - below) * (ascending[above] - ascending[below]);
        }
        return new(ascending[0], Quantile(0.25), Quantile(0.5), Quantile(0.75), ascending[^1],
            (double)ascending.Sum() / ascending.Length);
    }
}

/// <summary>Size and shape of a set of clicks. Counts and ratings are ignored: each click counts once.</summary>
/// <param name="Users">Rows.</param>
/// <param name="Items">Columns.</param>
/// <param name="Clicks">Stored entries.</param>
/// <param name="Density">Clicks divided by users times items.</param>
/// <param name="ClicksPerUser">Clicks of each user.</param>
/// <param name="ClicksPerItem">Clicks on each item.</param>
/// <param name="TopPercentShare">Share of the clicks that is on the most clicked 1 % of the items, rounded up.</param>
/// <param name="TopTenPercentShare">
/// Share of the clicks that is on the most clicked 10 % of the items, rounded up.
/// </param>
/// <param name="Gini">
/// Gini coefficient of the clicks per item: 0 where all items have as many, near 1 where one has all.
/// </param>
public sealed record DatasetStatistics(int Users, int Items, long Clicks, double Density, Distribution ClicksPerUser,
    Distribution ClicksPerItem, double TopPercentShare, double TopTenPercentShare, double Gini)
{
    /// <summary>Sizes and distributions as two tables, as the command prints them.</summary>
    public override string ToString()
    {
        var sizes = new TextTable("all clicks", "");
        sizes.Add("users", TextTable.Number(Users));
        sizes.Add("items", TextTable.Number(Items));
        sizes.Add("clicks", TextTable.Number(Clicks));
        sizes.Add("density", Percent(Density));
        sizes.Add("clicks on the top 1 % of the items", Percent(TopPercentShare));
        sizes.Add("clicks on the top 10 % of the items", Percent(TopTenPercentShare));
        sizes.Add("Gini coefficient of the items", Gini.ToString("0.000", CultureInfo.InvariantCulture));
        var spread = new TextTable("clicks per", "min", "25 %", "median", "75 %", "max", "mean");
        (string, Distribution)[] distributions = [("user", ClicksPerUser), ("item", ClicksPerItem)];
        foreach ((string name, Distribution counts) in distributions)
            spread.Add(name, TextTable.Number(counts.Min), Real(counts.LowerQuartile), Real(counts.Median),
                Real(counts.UpperQuartile), TextTable.Number(counts.Max), Real(counts.Mean));
        return $"{sizes}{Environment.NewLine}{Environment.NewLine}{spread}";
    }

    private static string Percent(double share) => (100 * share).ToString("0.### '%'", CultureInfo.InvariantCulture);

    private static string Real(double value) => value.ToString("#,0.##", CultureInfo.InvariantCulture);

    /// <summary>Statistics of a matrix.</summary>
    public static DatasetStatistics Of(ClickMatrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        var perUser = new long[matrix.UserCount];
        var perItem = new long[matrix.ItemCount];
        Count(matrix, [.. Enumerable.Range(0, matrix.UserCount)], perUser, perItem);
        return Of(perUser, perItem);
    }

    /// <summary>
    /// Statistics of a whole split: its training clicks, fold-ins and targets. A fold-in that repeats the clicks of a
    /// user who is in an earlier part, as under weak generalisation, is not counted again.
    /// </summary>
    public static DatasetStatistics Of(DataSplit split)
    {
        ArgumentNullException.ThrowIfNull(split);
        (int[] train, int[] validation, int[] test, _) = split.NumberUsers();
        var perUser = new long[1 + train.Concat(validation).Concat(test).DefaultIfEmpty(-1).Max()];
        var perItem = new long[split.Train.ItemCount];
        int numbered = train.Length;
        Count(split.Train, train, perUser, perItem);
        (EvaluationSet?, int[])[] sets = [(split.Validation, validation), (split.Test, test)];
        foreach ((EvaluationSet? set, int[] users) in sets)
        {
            if (set is null)
                continue;
            // New users have the numbers after those of the parts before.
            Count(set.FoldIn, [.. users.Select(user => user < numbered ? -1 : user)], perUser, perItem);
            Count(set.HeldOut, users, perUser, perItem);
            numbered = Math.Max(numbered, users.DefaultIfEmpty(-1).Max() + 1);
        }
        return Of(perUser, perItem);
    }

    // Adds a matrix's clicks; a row whose user is -1 is passed over.
    private static void Count(ClickMatrix matrix, int[] users, long[] perUser, long[] perItem)
    {
        for (int row = 0; row < matrix.UserCount; row++)
        {
            if (users[row] < 0)
                continue;
            perUser[users[row]] += matrix.CountOf(row);
            foreach (int item in matrix.ItemsOf(row))
                perItem[item]++;
        }
    }

    private static DatasetStatistics Of(long[] perUser, long[] perItem)
    {
        Array.Sort(perUser);
        Array.Sort(perItem);
        long clicks = perItem.Sum();
        double ShareOfTop(int divisor) => clicks == 0 ? 0
            : (double)perItem[^((perItem.Length + divisor - 1) / divisor)..].Sum() / clicks;
        // G = sum_i (2i - n - 1) x_i / (n sum x), x ascending, i from 1.
        double weighted = 0;
        for (int i = 0; i < perItem.Length; i++)
            weighted += (2.0 * (i + 1) - perItem.Length - 1) * perItem[i];
        double density = clicks == 0 ? 0 : (double)clicks / perUser.Length / perItem.Length;
        double gini = clicks == 0 ? 0 : weighted / perItem.Length / clicks;
        return new(perUser.Length, perItem.Length, clicks, density,
            Distribution.Of(perUser), Distribution.Of(perItem), ShareOfTop(100), ShareOfTop(10), gini);
    }
}
