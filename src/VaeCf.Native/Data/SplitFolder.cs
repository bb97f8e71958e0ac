using System.Globalization;

namespace VaeCf.Native.Data;

/// <summary>
/// A split as a folder, in the layout of Liang et al.'s code: <c>train.csv</c>, <c>validation_tr.csv</c>,
/// <c>validation_te.csv</c>, <c>test_tr.csv</c>, <c>test_te.csv</c>, each with the header <c>uid,sid</c>, users and
/// items numbered from 0, and perhaps a column <c>value</c> (or <c>count</c>) and a column <c>time</c>.
/// <c>unique_sid.txt</c> holds the original item id of each number, one a line, <c>unique_uid.txt</c> those of users;
/// both may be missing. Each file is plain or has <c>.gz</c> to its name.
/// <para>
/// So is one of the files that He et al. 2017 publish: <c>train.rating</c>, <c>test.rating</c>, each row of which is a
/// click, and perhaps <c>test.negative</c>, the items that each user's test item is ranked among; their names may begin
/// with that of the data, as in <c>ml-1m.train.rating</c>.
/// </para>
/// <para>
/// A folder of ratings by original ids is read too, as fixed splits are published: <c>train.csv</c>, perhaps
/// <c>validation.csv</c>, and <c>test.csv</c>, each in any layout that <see cref="ClickReader"/> reads.
/// </para>
/// </summary>
public static partial class SplitFolder
{
    private const string Train = "train.csv", Validation = "validation.csv", Test = "test.csv",
        ItemIds = "unique_sid.txt", UserIds = "unique_uid.txt", About = "split.json";
    private static readonly string[] validationFiles = ["validation_tr.csv", "validation_te.csv"],
        testFiles = ["test_tr.csv", "test_te.csv"];

    // Ids first and tables last: files are deleted in this order and put in place in the reverse, so that wherever ids
    // are, a table or split.json tells that they are a split's.
    private static readonly string[] names =
    [
        .. from name in (string[])[ItemIds, UserIds, About, Train, .. validationFiles, .. testFiles]
           from ending in (string[])["", ".gz"]
           select name + ending,
    ];

    // Without unique_sid.txt the largest number makes the catalogue, and a mistyped one would make it huge.
    private const int LargestCatalogue = 10_000_000;

    /// <summary>Whether a path is a folder that holds a split: it has the table to train on, plain or packed.</summary>
    public static bool IsOne(string path) => Directory.Exists(path)
        && (Find(path, Train) ?? FindNcf(path, NcfTrain)) is not null;

    /// <summary>
    /// Reads a folder, made here or elsewhere. Rows may be in any order and numbers of users may have gaps.
    /// </summary>
    /// <remarks>
    /// A user's clicks are ordered by time if the table has times, then as the rows are. If no table has times and
    /// every user's items ascend in all of them, the order of the rows means nothing and is taken as unknown.
    /// </remarks>
    /// <inheritdoc cref="Read(string, out SplitReport)"/>
    public static DataSplit Read(string folder) => Read(folder, out _);

    /// <summary>Reads a folder, made here or elsewhere, and reports what was dropped.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="report">Repeated clicks, and targets that the fold-in has already.</param>
    /// <returns>
    /// The split. Rows of a set are its users in the order of their numbers, those that have only a fold-in or only
    /// targets included. A set whose two files are missing or have no rows is null.
    /// </returns>
    /// <exception cref="InputException">A file is missing or malformed.</exception>
    public static DataSplit Read(string folder, out SplitReport report)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!Directory.Exists(folder))
            throw new InputException(File.Exists(folder)
                ? $"{folder}: found a file; expected a folder with {Train}, "
                    + "which 'vaecf prepare' makes of a file of clicks"
                : $"{folder}: there is no such folder; expected one with {Train}");
        if (Find(folder, Train) is { } first && !IsTable(first) && Find(folder, Test) is { } last)
        {
            (DataSplit published, report) = Splits.WeakGeneralization(ReadRatings(first),
                Find(folder, Validation) is { } middle ? ReadRatings(middle) : null, ReadRatings(last));
            return published;
        }
        if (Find(folder, Train) is null && FindNcf(folder, NcfTrain) is { } clicks)
            return ReadNcf(folder, clicks, out report);
        Vocabulary? items = ReadIds(folder, ItemIds), users = ReadIds(folder, UserIds);
        var source = new Source(items?.Count ?? LargestCatalogue, users?.Count ?? int.MaxValue);
        Rows train = source.Read(folder, [Train]) ?? throw new InputException($"{folder}: {Train} is missing");
        if (train.Parts[0].Count == 0)
            throw new InputException($"{train.Paths[0]}: no clicks to train on");
        Rows? validation = source.Read(folder, validationFiles),
            test = source.Read(folder, testFiles);
        int itemCount = items?.Count ?? source.LargestItem + 1;
        bool ordered = ((Rows?[])[train, validation, test]).OfType<Rows>()
            .Any(rows => rows.Parts.Any(part => part.HasTimestamps || !part.Ascend(rows.Users.Count)));
        long repeated = 0, inFoldIn = 0;
        int withoutTargets = 0;

        Vocabulary Matrices(Rows rows, Span<ClickMatrix> matrices)
        {
            bool[] used = new bool[rows.Users.Count];
            Array.Fill(used, true);
            (Vocabulary numbers, int[] newUser) = rows.Users.Sort(used);
            for (int i = 0; i < matrices.Length; i++)
            {
                long twice;
                try
                {
                    matrices[i] = rows.Parts[i].ToMatrix(numbers.Count, itemCount, ordered, out twice, newUser);
                }
                catch (InputException e)
                {
                    throw new InputException($"{rows.Paths[i]}, {e.Message}", e);
                }
                repeated += twice;
            }
            return users is null ? numbers
                : users.Select([.. Enumerable.Range(0, numbers.Count).Select(i => (int)numbers.NumberAt(i))]);
        }
        EvaluationSet? Held(Rows? rows)
        {
            if (rows is null || rows.Users.Count == 0)
                return null;
            var matrices = new ClickMatrix[2];
            Vocabulary ids = Matrices(rows, matrices);
            ClickMatrix targets = matrices[1].Without(matrices[0]);
            inFoldIn += matrices[1].ClickCount - targets.ClickCount;
            withoutTargets += Enumerable.Range(0, targets.UserCount).Count(user => targets.CountOf(user) == 0);
            return new(matrices[0], targets, ids);
        }
        var trained = new ClickMatrix[1];
        Vocabulary trainUsers = Matrices(train, trained);
        var split = new DataSplit(items ?? new([.. Enumerable.Range(0, itemCount).Select(item => (long)item)]),
            trained[0], Held(validation), Held(test), trainUsers);
        report = new SplitReport("read from a folder", [("folder", folder)], [])
        {
            Repeated = repeated,
            TargetsInFoldIn = inFoldIn,
            HeldOutUsersWithoutTargets = withoutTargets,
            ItemsNotInTraining = split.Train.ItemsWithoutClicks(),
        };
        return split;
    }

    // The latest of repeated ratings counts.
    private static ClickData ReadRatings(string path) => ClickReader.Read(path, new ReadOptions
    {
        KeepCounts = true,
        KeepOrder = true,
        Values = ClickValues.Ratings,
        Repeats = Repeats.Latest,
    });

    // The path of a file of the layout, plain or packed; null if there is none.
    private static string? Find(string folder, string name)
    {
        foreach (string place in Places(folder))
        {
            string plain = Path.Combine(place, name), packed = plain + ".gz";
            if (File.Exists(plain) && File.Exists(packed))
                throw new InputException($"{folder}: both {name} and {name}.gz are there; expected one of them");
            if (File.Exists(plain) || File.Exists(packed))
                return File.Exists(plain) ? plain : packed;
        }
        return null;
    }

    private static Vocabulary? ReadIds(string folder, string name)
    {
        if (Find(folder, name) is not { } path)
            return null;
        using var record = new RecordReader(path);
        record.DelimitBy("\n");
        var ids = new IdTable();
        for (int count = 0; record.Read(); count++)
            if (ids.Intern(record, 0) < count)
                throw record.Error(RecordReader.Show(record.Field(0)), "an id that no line above has");
        return ids.ToVocabulary();
    }

    // Where a table's columns are, -1 for one that is not there; null if the header is not one of a split's table.
    private static (int Uid, int Sid, int Value, int Time)? Columns(string[] names)
    {
        int uid = Array.IndexOf(names, "uid"), sid = Array.IndexOf(names, "sid");
        int value = Math.Max(Array.IndexOf(names, "value"), Array.IndexOf(names, "count"));
        int time = Array.IndexOf(names, "time");
        return uid < 0 || sid < 0 || names.Length != 2 + (value < 0 ? 0 : 1) + (time < 0 ? 0 : 1) ? null
            : (uid, sid, value, time);
    }

    // One table, or fold-in and targets over the same users.
    private sealed record Rows(string[] Paths, IdTable Users, ClickRows[] Parts);

    private sealed class Source(int itemLimit, int userLimit)
    {
        public int LargestItem { get; private set; }

        public Rows? Read(string folder, string[] names)
        {
            string?[] found = [.. names.Select(name => Find(folder, name))];
            if (found.All(path => path is null))
                return null;
            int missing = Array.IndexOf(found, null);
            if (missing >= 0)
                throw new InputException($"{folder}: {names[missing]} is missing beside {names[1 - missing]}");
            string[] paths = [.. found.OfType<string>()];
            var users = new IdTable();
            return new(paths, users, [.. paths.Select(path => ReadTable(path, users))]);
        }

        private ClickRows ReadTable(string path, IdTable users)
        {
            using var record = new RecordReader(path);
            string[] names = ClickLayout.ReadNames(record, ",");
            (int uid, int sid, int value, int time) = Columns(names)
                ?? throw record.Error($"the header {string.Join(',', names)}",
                    "uid,sid and perhaps value (or count) and time, in any order");
            var rows = new ClickRows(value >= 0, time >= 0);
            while (record.Read())
            {
                if (record.FieldCount != names.Length)
                    throw record.Error(record.Fields, $"{names.Length}: {string.Join(',', names)}");
                int user = Number(record, uid, "a uid", userLimit), item = Number(record, sid, "a sid", itemLimit);
                LargestItem = Math.Max(LargestItem, item);
                float amount = 1;
                if (value >= 0 && !(TryReal(record.Field(value), out amount)
                    && amount is > 0 and <= ClickMatrix.LargestValue))
                    throw record.Error(RecordReader.Show(record.Field(value)),
                        $"a {names[value]}: a finite number above 0, at most {ClickMatrix.LargestValue}");
                long timestamp = 0;
                if (time >= 0 && !RecordReader.TryNumber(record.Field(time), out timestamp))
                    throw record.Error(RecordReader.Show(record.Field(time)), "a time: a whole number");
                rows.Add(users.Intern(user), item, amount, timestamp);
            }
            return rows;
        }

        private static bool TryReal(ReadOnlySpan<byte> text, out float real) =>
            float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out real);

        private static int Number(RecordReader record, int field, string what, int limit) =>
            RecordReader.TryNumber(record.Field(field), out long number) && number >= 0 && number < limit
                ? (int)number
                : throw record.Error(RecordReader.Show(record.Field(field)),
                    $"{what}: a whole number from 0 to {limit - 1}");
    }
}
