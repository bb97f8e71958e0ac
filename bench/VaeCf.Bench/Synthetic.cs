using System.Globalization;
using System.IO.Compression;
using VaeCf.Kernels;
using VaeCf.Native;
using VaeCf.Native.Data;

namespace VaeCf.Bench;

/// <summary>
/// Clicks drawn at random: how many a user has, and on which items, follows a catalogue like one of films.
/// </summary>
internal sealed class Synthetic
{
    // Weight of an item without a click in the profile's sample; half of the catalogue are such items, with a few
    // clicks each.
    private const double Unseen = 0.1;

    private readonly double[] cumulative;
    private readonly Func<double, double, int> clicksOfUser;

    private Synthetic(string description, IEnumerable<double> popularity, Func<double, double, int> clicksOfUser)
    {
        double sum = 0;
        cumulative = [.. popularity.Select(weight => sum += weight)];
        (Description, this.clicksOfUser) = (description, clicksOfUser);
    }

    public string Description { get; }

    public int ItemCount => cumulative.Length;

    /// <summary>Clicks on a number of items: by the profile if it has the same number.</summary>
    public static Synthetic Of(DirectoryInfo? profile, int items) =>
        profile is not null && Profile(profile.FullName) is var data && data.ItemCount == items
            ? data : PowerLaw(items);

    /// <summary>
    /// Geometric numbers of clicks, at least <paramref name="least"/> and on average <paramref name="mean"/>, on items
    /// of popularity 1 / rank^0.9.
    /// </summary>
    public static Synthetic PowerLaw(int items, int least = 5, double mean = 73) => new(
        string.Create(CultureInfo.InvariantCulture,
            $"geometric, {mean} clicks a user, at least {least}; popularity 1 / rank^0.9"),
        Enumerable.Range(1, items).Select(rank => Math.Pow(rank, -0.9)),
        (u, _) => least + (int)(-Math.Log(1 - u) * (mean - least + 0.5)));

    /// <summary>
    /// From two tables of a held-out fifth of the clicks: <c>user_heldout_count_histogram.csv</c> (heldout_items,users;
    /// a user with k of them has 5k to 5k + 4 clicks) and <c>item_popularity_by_rank.csv.gz</c> (rank,events).
    /// </summary>
    public static Synthetic Profile(string folder)
    {
        double[][] events = Rows(Path.Combine(folder, "item_popularity_by_rank.csv.gz"),
            file => new GZipStream(file, CompressionMode.Decompress));
        double[][] histogram = Rows(Path.Combine(folder, "user_heldout_count_histogram.csv"), file => file);
        double users = 0;
        double[] upTo = [.. histogram.Select(row => users += row[1])];
        string name = Path.GetFileName(Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar));
        return new Synthetic($"profile {name}", events.Select(row => Math.Max(row[1], Unseen)),
            (u, v) => 5 * (int)histogram[Find(upTo, u)][0] + (int)(5 * v));
    }

    /// <summary>The clicks of users 0 … <paramref name="users"/> - 1.</summary>
    public ClickMatrix Clicks(int users)
    {
        var starts = new long[users + 1];
        for (int user = 0; user < users; user++)
            starts[user + 1] = starts[user] + CountOf(user);
        var items = new int[starts[users]];
        int[] mark = new int[ItemCount];
        for (int user = 0; user < users; user++)
            Draw(user, items.AsSpan((int)starts[user], (int)(starts[user + 1] - starts[user])), mark);
        return new ClickMatrix(ItemCount, starts, items);
    }

    /// <summary>Number of clicks of a user; never more than a quarter of the catalogue.</summary>
    public int CountOf(int user)
    {
        RandomSequence random = Stream(user, 1);
        return Math.Min(Math.Max(1, ItemCount / 4), clicksOfUser(random.NextDouble(), random.NextDouble()));
    }

    /// <summary>
    /// Fills a user's items, ascending and without repeats; <paramref name="mark"/> holds a number for each item, 0 at
    /// first, and is kept from user to user.
    /// </summary>
    public void Draw(int user, Span<int> items, int[] mark)
    {
        RandomSequence random = Stream(user, 0);
        for (int n = 0; n < items.Length;)
        {
            int item = Find(cumulative, random.NextDouble());
            if (mark[item] == user + 1)
                continue;
            mark[item] = user + 1;
            items[n++] = item;
        }
        items.Sort();
    }

    private static RandomSequence Stream(int user, ulong step) =>
        new(new RandomStream(1, RandomPurpose.Split, step), (uint)user);

    // The first whose running sum exceeds a share of the whole.
    private static int Find(double[] sums, double share)
    {
        int place = Array.BinarySearch(sums, share * sums[^1]);
        return place < 0 ? Math.Min(sums.Length - 1, ~place) : place;
    }

    // Pairs of numbers of at least 0, below a line of headings.
    private static double[][] Rows(string path, Func<Stream, Stream> open)
    {
        using var reader = new StreamReader(open(File.OpenRead(path)));
        double[] Row(string line, int number)
        {
            double[] row = [.. line.Split(',').Select(word => double.TryParse(word, CultureInfo.InvariantCulture,
                out double value) && double.IsFinite(value) ? value : -1)];
            return row.Length == 2 && row.Min() >= 0 ? row : throw new InputException(
                path, number, $"'{line}'", "two numbers of at least 0, separated by a comma");
        }
        return [.. reader.ReadToEnd().TrimEnd().Split('\n').Skip(1)
            .Select((line, i) => Row(line.TrimEnd('\r'), i + 2))];
    }
}
