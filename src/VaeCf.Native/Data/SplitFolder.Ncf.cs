namespace VaeCf.Native.Data;

public static partial class SplitFolder
{
    // The files of He et al. 2017's published data, less what they have in front of the dot, the data set's name.
    private const string NcfTrain = "train.rating", NcfTest = "test.rating", NcfNegatives = "test.negative";
    private static readonly string[] ncfNames = [NcfTrain, NcfTest, NcfNegatives];

    // Every row is a click, whatever its rating. Users are the same in all files: weak generalisation.
    private static DataSplit ReadNcf(string folder, string train, out SplitReport report)
    {
        var options = new ReadOptions { KeepOrder = true };
        ClickData clicks = ClickReader.Read(train, options), test = ClickReader.Read(
            FindNcf(folder, NcfTest) ?? throw new InputException($"{folder}: {NcfTest} is missing beside {NcfTrain}"),
            options);
        if (FindNcf(folder, NcfNegatives) is not { } path)
        {
            (DataSplit plain, report) = Splits.WeakGeneralization(clicks, null, test);
            return plain;
        }
        var items = new IdTable();
        List<(string User, int[] Items)> rows = ReadNegatives(path, test, items);
        Vocabulary ids = items.ToVocabulary();
        (DataSplit split, report) = Splits.WeakGeneralization(clicks, null, test, trainOnValidation: false, ids);
        var negatives = new ClickRows(false, false);
        foreach ((string user, int[] ofUser) in rows)
            foreach (int item in ofUser)
                negatives.Add(split.Test!.Users!.IndexOf(user), split.Items.IndexOf(ids[item]));
        return split with
        {
            Test = split.Test! with
            {
                Negatives = negatives.ToMatrix(split.Test.FoldIn.UserCount, split.Items.Count, false, out _),
            },
        };
    }

    // Lines of "(user,item)" and the items that the model ranks this one among, separated by tabs.
    private static List<(string User, int[] Items)> ReadNegatives(string path, ClickData test, IdTable items)
    {
        const string expected = "(USER,ITEM), a row of the test file";
        using var record = new RecordReader(path);
        record.DelimitBy("\t");
        var rows = new List<(string, int[])>();
        var found = new HashSet<(int, int)>();
        while (record.Read())
        {
            string pair = record.Text(0);
            string[] ids = pair is ['(', .., ')'] ? pair[1..^1].Split(',') : [];
            int user = ids.Length == 2 ? test.Users.IndexOf(ids[0]) : -1,
                item = ids.Length == 2 ? test.Items.IndexOf(ids[1]) : -1;
            if (user < 0 || item < 0 || !test.Matrix.ItemsOf(user).Contains(item))
                throw record.Error(RecordReader.Show(record.Field(0)), expected);
            int[] others = new int[record.FieldCount - 1];
            for (int i = 0; i < others.Length; i++)
            {
                if (record.Text(i + 1) == ids[1])
                    throw record.Error(RecordReader.Show(record.Field(i + 1)), "items other than the row's own");
                others[i] = items.Intern(record, i + 1);
            }
            rows.Add((ids[0], others));
            found.Add((user, item));
        }
        for (int user = 0; user < test.Users.Count; user++)
            foreach (int item in test.Matrix.ItemsOf(user))
                if (!found.Contains((user, item)))
                    throw new InputException($"{path}: found no line for ({test.Users[user]},{test.Items[item]}); "
                        + "expected one for each row of the test file");
        return rows;
    }

    // ml-1m.train.rating as well as train.rating, plain or packed; null if there is none.
    private static string? FindNcf(string folder, string name)
    {
        string[] found = [.. Directory.EnumerateFileSystemEntries(folder)
            .Where(path => NcfName(Path.GetFileName(path)) == name).Order(StringComparer.Ordinal)];
        return found.Length < 2 ? found.FirstOrDefault() : throw new InputException(
            $"{folder}: {string.Join(" and ", found.Select(Path.GetFileName))} are there; expected one of them");
    }

    private static string? NcfName(string file)
    {
        string plain = file.EndsWith(".gz", StringComparison.Ordinal) ? file[..^3] : file;
        return ncfNames.FirstOrDefault(name => plain == name || plain.EndsWith($".{name}", StringComparison.Ordinal));
    }
}
