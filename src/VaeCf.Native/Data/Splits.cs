using System.Globalization;
using VaeCf.Kernels;

namespace VaeCf.Native.Data;

/// <summary>
/// Cuts clicks for training, validation and test. The result depends on the clicks, the settings and the seed, not on
/// the order of rows in a file; what is drawn for a user depends on the seed, the user's id and the user's clicks
/// alone. Values, timestamps and order are kept where the data has them.
/// </summary>
/// <example>
/// <code>
/// (DataSplit split, SplitReport report) = Splits.StrongGeneralization(data, new StrongOptions { Seed = 1 });
/// Console.WriteLine(report);
/// </code>
/// </example>
public static partial class Splits
{
    // A held-out user with fewer clicks has no targets: a fifth of them is not a whole click (Liang et al. 2018).
    private const int LeastClicksForTargets = 5;

    /// <summary>
    /// Strong generalisation (Liang et al. 2018, section 4.1): users are shuffled; the last are the test set, those
    /// before them the validation set, and the rest is trained on. The items are those that the training users clicked.
    /// Of each held-out user with at least 5 clicks on them, a share of the clicks is held out; the rest is the
    /// fold-in.
    /// </summary>
    /// <param name="data">The clicks, thresholds applied.</param>
    /// <param name="options">
    /// Settings; null for the defaults, which are the paper's but for the number of held-out users.
    /// </param>
    /// <exception cref="ArgumentException">
    /// A setting is out of range, or the fold-in is by time and there are no timestamps.
    /// </exception>
    /// <exception cref="InputException">There are too few users for the held-out sets.</exception>
    public static (DataSplit Split, SplitReport Report) StrongGeneralization(ClickData data,
        StrongOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new StrongOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MinClicksPerUser, 1);
        if (options.HeldOutUsers is < 1)
            throw new ArgumentException(
                $"{nameof(options.HeldOutUsers)} is {options.HeldOutUsers}; expected at least 1", nameof(options));
        if (!(options.HeldOutShare is > 0 and < 1))
            throw new ArgumentException($"{nameof(options.HeldOutShare)} is {options.HeldOutShare}; "
                + "expected above 0 and below 1", nameof(options));
        CheckTimestamps(data, options.FoldIn);

        (int[] users, bool[] kept, SplitReport report) =
            Filter(data, options.MinClicksPerUser, options.MinClicksPerItem);
        int heldOut = options.HeldOutUsers ?? Math.Clamp(users.Length / 10, 1, 10_000);
        if (users.Length <= 2L * heldOut)
            throw new InputException($"found {users.Length} users with enough clicks (minimum "
                + $"{options.MinClicksPerUser}); "
                + $"expected more than {2L * heldOut}, to hold out {heldOut} for validation and {heldOut} for test");
        new RandomSequence(new(options.Seed, RandomPurpose.Split, 0)).Shuffle<int>(users);
        int[] trainUsers = users[..^(2 * heldOut)];
        var inTraining = new bool[kept.Length];
        foreach (int user in trainUsers)
            foreach (int item in data.Matrix.ItemsOf(user))
                inTraining[item] |= kept[item];
        (Vocabulary items, int[] newItem) = Columns(data.Items, inTraining);

        ClickRows NewRows() => new(data.Matrix.HasValues, data.Matrix.HasTimestamps);
        ClickMatrix Built(ClickRows rows, int count) =>
            rows.ToMatrix(count, items.Count, data.Matrix.HasOrder, out _, null, newItem);
        ClickRows train = NewRows();
        for (int row = 0; row < trainUsers.Length; row++)
            data.Matrix.CopyTo(train, trainUsers[row], Places(data.Matrix, trainUsers[row], inTraining), row);
        var lost = new bool[kept.Length];
        EvaluationSet Held(int[] heldUsers)
        {
            ClickRows foldIn = NewRows(), targets = NewRows();
            var rowUsers = new List<int>();
            long clicksLost = 0;
            int withoutTargets = 0;
            foreach (int user in heldUsers)
            {
                foreach (int item in data.Matrix.ItemsOf(user))
                {
                    if (!kept[item] || inTraining[item])
                        continue;
                    lost[item] = true;
                    clicksLost++;
                }
                int[] places = Places(data.Matrix, user, inTraining);
                if (places.Length == 0)
                    continue;
                // A product may be slightly below the whole number it stands for: 0.29 x 100.
                int targetCount = places.Length < LeastClicksForTargets ? 0
                    : (int)(options.HeldOutShare * places.Length + 1e-9);
                withoutTargets += targetCount == 0 ? 1 : 0;
                int[] ordered = LastFirst(data, user, places, options.FoldIn, options.Seed);
                data.Matrix.CopyTo(targets, user, ordered.AsSpan(0, targetCount), rowUsers.Count);
                data.Matrix.CopyTo(foldIn, user, ordered.AsSpan(targetCount), rowUsers.Count);
                rowUsers.Add(user);
            }
            report = report with
            {
                ClicksNotInTraining = report.ClicksNotInTraining + clicksLost,
                HeldOutUsersWithoutClicks = report.HeldOutUsersWithoutClicks + heldUsers.Length - rowUsers.Count,
                HeldOutUsersWithoutTargets = report.HeldOutUsersWithoutTargets + withoutTargets,
            };
            return new(Built(foldIn, rowUsers.Count), Built(targets, rowUsers.Count),
                data.Users.Select(rowUsers.ToArray()));
        }
        EvaluationSet validation = Held(users[^(2 * heldOut)..^heldOut]), test = Held(users[^heldOut..]);
        return (new(items, Built(train, trainUsers.Length), validation, test, data.Users.Select(trainUsers)),
            report with
            {
                Protocol = "strong generalisation",
                Settings = [.. report.Settings, ("heldOutUsers", Text(heldOut)),
                    ("heldOutShare", Text(options.HeldOutShare)),
                    ("foldIn", options.FoldIn.ToString()), ("seed", Text(options.Seed))],
                ItemsNotInTraining = lost.Count(item => item),
            });
    }

    /// <summary>
    /// Weak generalisation: files over the same users, matched by id, as LightGCN's Gowalla. Rows and columns are all
    /// users and items of the files. The fold-in of validation is the training clicks; that of test, training and
    /// validation clicks.
    /// </summary>
    /// <param name="train">Clicks to train on.</param>
    /// <param name="validation">Clicks that choose the best epoch, or null.</param>
    /// <param name="test">Held-out clicks for the evaluation at the end.</param>
    /// <param name="trainOnValidation">
    /// Whether to train on the validation clicks too, as LightGCN does; the split then has no validation set. False by
    /// default.
    /// </param>
    public static (DataSplit Split, SplitReport Report) WeakGeneralization(ClickData train, ClickData? validation,
        ClickData test, bool trainOnValidation = false) =>
        WeakGeneralization(train, validation, test, trainOnValidation, others: null);

    // The columns are those of other items too.
    internal static (DataSplit Split, SplitReport Report) WeakGeneralization(ClickData train, ClickData? validation,
        ClickData test, bool trainOnValidation, Vocabulary? others)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        ClickData[] files = validation is null ? [train, test] : [train, validation, test];
        Vocabulary users = Vocabulary.Union(files.Select(file => file.Users)),
            items = Vocabulary.Union(
                [.. files.Select(file => file.Items), .. others is null ? Array.Empty<Vocabulary>() : [others]]);
        bool hasValues = train.Matrix.HasValues;
        long repeated = 0, inFoldIn = 0;
        int withoutTargets = 0;

        // What is known of only some of the parts is not known of the whole.
        ClickMatrix Merge(params ClickData[] parts)
        {
            var rows = new ClickRows(hasValues, parts.All(part => part.Matrix.HasTimestamps));
            foreach (ClickData part in parts)
            {
                int[] newItem =
                    [.. Enumerable.Range(0, part.Items.Count).Select(item => items.IndexOf(part.Items[item]))];
                for (int row = 0; row < part.Matrix.UserCount; row++)
                    part.Matrix.CopyTo(rows, row, [.. Enumerable.Range(0, part.Matrix.CountOf(row))],
                        users.IndexOf(part.Users[row]), newItem);
            }
            bool ordered = parts.All(part => part.Matrix.HasOrder);
            ClickMatrix merged = rows.ToMatrix(users.Count, items.Count, ordered, out long twice);
            repeated += twice;
            return merged;
        }
        EvaluationSet Held(ClickMatrix foldIn, ClickData clicks)
        {
            ClickMatrix all = Merge(clicks), targets = all.Without(foldIn);
            inFoldIn += all.ClickCount - targets.ClickCount;
            withoutTargets += Enumerable.Range(0, users.Count).Count(user => targets.CountOf(user) == 0);
            return new(foldIn, targets, users);
        }
        ClickMatrix trainMatrix = Merge(train), before = trainMatrix;
        if (validation is not null)
            before = Merge(train, validation);
        EvaluationSet? validationSet = validation is null || trainOnValidation ? null : Held(trainMatrix, validation);
        if (trainOnValidation)
            trainMatrix = before;
        EvaluationSet testSet = Held(before, test);
        var report = new SplitReport("weak generalisation",
            [("trainOnValidation", trainOnValidation ? "true" : "false")], [.. files.Select(file => file.Report)])
        {
            UsersNotInTraining = trainMatrix.UsersWithoutClicks(),
            ItemsNotInTraining = trainMatrix.ItemsWithoutClicks(),
            HeldOutUsersWithoutTargets = withoutTargets,
            TargetsInFoldIn = inFoldIn,
            Repeated = repeated,
        };
        return (new(items, trainMatrix, validationSet, testSet, users), report);
    }

    /// <summary>
    /// Leave-one-out: of each user the last click is held out for the test, the one before it for validation, and the
    /// rest is trained on. All sets have the same users and items.
    /// </summary>
    /// <param name="data">The clicks, thresholds applied.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <exception cref="ArgumentException">
    /// A setting is out of range, or the targets are the last by time and there are no timestamps.
    /// </exception>
    /// <exception cref="InputException">No user has enough clicks.</exception>
    public static (DataSplit Split, SplitReport Report) LeaveOneOut(ClickData data, LeaveOneOutOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new LeaveOneOutOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MinClicksPerUser, 3);
        CheckTimestamps(data, options.FoldIn);
        (int[] users, bool[] kept, SplitReport report) =
            Filter(data, options.MinClicksPerUser, options.MinClicksPerItem);
        if (users.Length == 0)
            throw new InputException($"found no user with enough clicks (minimum {options.MinClicksPerUser})");
        var occurs = new bool[kept.Length];
        foreach (int user in users)
            foreach (int item in data.Matrix.ItemsOf(user))
                occurs[item] |= kept[item];
        (Vocabulary items, int[] newItem) = Columns(data.Items, occurs);

        ClickRows NewRows() => new(data.Matrix.HasValues, data.Matrix.HasTimestamps);
        ClickRows train = NewRows(), validation = NewRows(), before = NewRows(), test = NewRows();
        for (int row = 0; row < users.Length; row++)
        {
            int[] ordered =
                LastFirst(data, users[row], Places(data.Matrix, users[row], kept), options.FoldIn, options.Seed);
            data.Matrix.CopyTo(train, users[row], ordered.AsSpan(2), row);
            data.Matrix.CopyTo(validation, users[row], ordered.AsSpan(1, 1), row);
            data.Matrix.CopyTo(before, users[row], ordered.AsSpan(1), row);
            data.Matrix.CopyTo(test, users[row], ordered.AsSpan(0, 1), row);
        }
        ClickMatrix Built(ClickRows rows) =>
            rows.ToMatrix(users.Length, items.Count, data.Matrix.HasOrder, out _, null, newItem);
        ClickMatrix trainMatrix = Built(train);
        Vocabulary ids = data.Users.Select(users);
        return (new(items, trainMatrix, new(trainMatrix, Built(validation), ids),
            new(Built(before), Built(test), ids), ids),
            report with
            {
                Protocol = "leave-one-out",
                Settings = [.. report.Settings, ("foldIn", options.FoldIn.ToString()), ("seed", Text(options.Seed))],
                ItemsNotInTraining = trainMatrix.ItemsWithoutClicks(),
            });
    }

    // The items with enough clicks, then the users with enough clicks on them: once each, as the authors do.
    private static (int[] Users, bool[] KeptItems, SplitReport Report) Filter(ClickData data, int minPerUser,
        int minPerItem)
    {
        var clicks = new int[data.Matrix.ItemCount];
        foreach (int item in data.Matrix.Items)
            clicks[item]++;
        bool[] kept = [.. clicks.Select(count => count >= minPerItem)];
        var users = new List<int>();
        long keptClicks = 0;
        for (int user = 0; user < data.Matrix.UserCount; user++)
        {
            int count = Places(data.Matrix, user, kept).Length;
            if (count < minPerUser)
                continue;
            users.Add(user);
            keptClicks += count;
        }
        var report = new SplitReport("",
            [("minClicksPerUser", Text(minPerUser)), ("minClicksPerItem", Text(minPerItem))], [data.Report])
        {
            ItemsBelowMinimum = kept.Count(item => !item),
            UsersBelowMinimum = data.Matrix.UserCount - users.Count,
            ClicksBelowMinimum = data.Matrix.ClickCount - keptClicks,
        };
        return ([.. users], kept, report);
    }

    private static void CheckTimestamps(ClickData data, FoldInOrder order)
    {
        if (order == FoldInOrder.Time && !data.Matrix.HasTimestamps)
            throw new ArgumentException("found an order by time and clicks without timestamps; expected "
                + $"clicks read with {nameof(ReadOptions.KeepTimestamps)}, or {FoldInOrder.Random}", nameof(data));
    }

    // Places in a user's row whose item is marked.
    private static int[] Places(ClickMatrix matrix, int user, bool[] marked)
    {
        ReadOnlySpan<int> items = matrix.ItemsOf(user);
        var places = new int[items.Length];
        int count = 0;
        for (int i = 0; i < items.Length; i++)
            if (marked[items[i]])
                places[count++] = i;
        return places[..count];
    }

    // A user's clicks in random order or from the latest to the earliest, those of the same time in random order.
    private static int[] LastFirst(ClickData data, int user, int[] places, FoldInOrder order, ulong seed)
    {
        // FNV-1a of the id numbers the user's stream: 55 of its bits, never 0, which is the shuffle of the users.
        ulong hash = 14695981039346656037;
        foreach (char c in data.Users[user])
            hash = unchecked((hash ^ c) * 1099511628211);
        int[] shuffled = [.. places];
        new RandomSequence(new(seed, RandomPurpose.Split, hash >> 8 | 1)).Shuffle<int>(shuffled);
        if (order == FoldInOrder.Random)
            return shuffled;
        long[] times = data.Matrix.TimestampsOf(user).ToArray();
        return [.. shuffled.OrderByDescending(place => times[place])];
    }

    private static (Vocabulary Items, int[] NewItem) Columns(Vocabulary items, bool[] marked)
    {
        int[] columns = [.. Enumerable.Range(0, marked.Length).Where(item => marked[item])];
        var newItem = new int[marked.Length];
        for (int i = 0; i < columns.Length; i++)
            newItem[columns[i]] = i;
        return (items.Select(columns), newItem);
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
