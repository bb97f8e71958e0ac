namespace VaeCf.Native.Data;

public static partial class Splits
{
    // Times are seconds since 1970, unless most are as large as no second of this millennium: then milliseconds.
    private const long LeastMilliseconds = 100_000_000_000;

    /// <summary>
    /// One cut in time for all users: the clicks from a time on are held out for the test, the latest of those before
    /// for validation, and the rest is trained on. All sets have the same users, some perhaps without a training click;
    /// the items are those that training has, for no model can know of others. The fold-in is everything before: the
    /// training clicks, and for the test those of validation too.
    /// </summary>
    /// <param name="data">The clicks, thresholds applied, with timestamps.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <exception cref="ArgumentException">There are no timestamps, or a setting is out of range.</exception>
    /// <exception cref="InputException">
    /// Nothing is left to train on, to validate by or to test on, for too many clicks are of one time or on one side.
    /// </exception>
    public static (DataSplit Split, SplitReport Report) ByTime(ClickData data, TimedOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new TimedOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MinClicksPerUser, 1);
        if (!(options.HeldOutShare is > 0 and < 1))
            throw new ArgumentException($"{nameof(options.HeldOutShare)} is {options.HeldOutShare}; "
                + "expected above 0 and below 1", nameof(options));
        CheckTimestamps(data, FoldInOrder.Time);
        ClickMatrix all = data.Matrix;
        (int[] users, bool[] kept, SplitReport report) =
            Filter(data, options.MinClicksPerUser, options.MinClicksPerItem);
        (long validationFrom, long testFrom) =
            Cuts([.. users.SelectMany(user => Places(all, user, kept).Select(place => all.TimestampsOf(user)[place]))],
                options);

        int[] Between(int user, bool[] items, long from, long to)
        {
            long[] times = all.TimestampsOf(user).ToArray();
            return [.. Places(all, user, items).Where(place => times[place] >= from && times[place] < to)];
        }

        var inTraining = new bool[kept.Length];
        foreach (int user in users)
            foreach (int place in Between(user, kept, long.MinValue, validationFrom))
                inTraining[all.ItemsOf(user)[place]] = true;
        (Vocabulary items, int[] newItem) = Columns(data.Items, inTraining);
        ClickMatrix Built(long from, long to)
        {
            var rows = new ClickRows(all.HasValues, hasTimestamps: true);
            for (int row = 0; row < users.Length; row++)
                all.CopyTo(rows, users[row], Between(users[row], inTraining, from, to), row);
            return rows.ToMatrix(users.Length, items.Count, keepOrder: true, out _, null, newItem);
        }
        ClickMatrix train = Built(long.MinValue, validationFrom);
        Vocabulary ids = data.Users.Select(users);
        var split = new DataSplit(items, train, new(train, Built(validationFrom, testFrom), ids),
            new(Built(long.MinValue, testFrom), Built(testFrom, long.MaxValue), ids), ids);
        if (split.Validation!.HeldOut.ClickCount == 0 || split.Test!.HeldOut.ClickCount == 0)
            throw new InputException($"found no click to {(split.Validation.HeldOut.ClickCount == 0
                ? "validate by" : "test on")} whose item is trained on; expected another cut in time");
        long left = split.Test.FoldIn.ClickCount + split.Test.HeldOut.ClickCount;
        return (split, report with
        {
            Protocol = "by time",
            Settings = [.. report.Settings, ("validationFrom", Text(validationFrom)), ("testFrom", Text(testFrom))],
            UsersNotInTraining = train.UsersWithoutClicks(),
            ItemsNotInTraining = kept.Where((isKept, item) => isKept && !inTraining[item]).Count(),
            ClicksNotInTraining = users.Sum(user => (long)Places(all, user, kept).Length) - left,
            HeldOutUsersWithoutTargets = split.Validation.HeldOut.UsersWithoutClicks()
                + split.Test.HeldOut.UsersWithoutClicks(),
        });
    }

    // The times from which clicks are of validation and of the test. Clicks of the same time stay together.
    private static (long Validation, long Test) Cuts(long[] times, TimedOptions options)
    {
        Array.Sort(times);
        if (times.Length == 0)
            throw new InputException($"found no user with enough clicks (minimum {options.MinClicksPerUser})");
        // A product may be slightly above the whole number it stands for: 0.9 x 10.
        static int Place(int count, double share) => Math.Min(count - 1, (int)((1 - share) * count + 1e-9));
        long test = options.From is { } date
            ? times[times.Length / 2] >= LeastMilliseconds ? date.ToUnixTimeMilliseconds() : date.ToUnixTimeSeconds()
            : times[Place(times.Length, options.HeldOutShare)];
        int before = Array.FindIndex(times, time => time >= test);
        if (before < 0)
            throw new InputException($"the latest click is of time {times[^1]}; expected some from time {test} on");
        long validation = before == 0 ? test
            : times[Place(before, options.From is null ? options.HeldOutShare : 1 - (double)before / times.Length)];
        if (validation <= times[0])
            throw new InputException($"the earliest click is of time {times[0]}; expected some before time "
                + $"{validation}, from which clicks are held out");
        return (validation, test);
    }
}
