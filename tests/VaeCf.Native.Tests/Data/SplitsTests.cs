using System.Text;
using VaeCf.Native.Data;

namespace VaeCf.Native.Tests.Data;

public sealed class SplitsTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    // 101 users with 1 to 40 clicks on up to 60 items; time ascends with a scattered rank, twice the same at times.
    internal static List<string> Rows(int users = 101)
    {
        var rows = new List<string>();
        for (int user = 0; user < users; user++)
        {
            var random = new Random(user);
            int[] items = [.. Enumerable.Range(100, 60)];
            random.Shuffle(items);
            for (int i = 0; i < 1 + user % 40; i++)
                rows.Add($"{user * 7},{items[i]},{1 + i % 3},{1000 + i / 2}");
        }
        return rows;
    }

    private ClickData Read(IEnumerable<string> rows, ReadOptions? options = null) =>
        ClickReader.Read(folder.File("clicks.csv", "user,item,count,time\n" + string.Join('\n', rows)), options
            ?? new() { KeepTimestamps = true, KeepCounts = true });

    private static string Show(ClickMatrix matrix)
    {
        var text = new StringBuilder();
        for (int user = 0; user < matrix.UserCount; user++)
            text.Append(string.Join(' ', matrix.ItemsOf(user).ToArray())).Append('|')
                .Append(string.Join(' ', matrix.ValuesOf(user).ToArray())).Append('\n');
        return text.ToString();
    }

    internal static string Show(DataSplit split) => string.Join("--\n",
        Show(split.Train), Show(split.Validation!.FoldIn), Show(split.Validation.HeldOut), Show(split.Test!.FoldIn),
        Show(split.Test.HeldOut),
        string.Join(' ', Ids(split.Items)), string.Join(' ', Ids(split.TrainUsers!)),
            string.Join(' ', Ids(split.Validation.Users!)), string.Join(' ', Ids(split.Test.Users!)));

    private static IEnumerable<string> Ids(Vocabulary vocabulary) =>
        Enumerable.Range(0, vocabulary.Count).Select(i => vocabulary[i]);

    private static HashSet<string> Clicks(ClickMatrix matrix, Vocabulary users, Vocabulary items) =>
        [.. Enumerable.Range(0, matrix.UserCount)
            .SelectMany(user => matrix.ItemsOf(user).ToArray().Select(item => $"{users[user]}:{items[item]}"))];

    [Theory]
    [InlineData(FoldInOrder.Random)]
    [InlineData(FoldInOrder.Time)]
    public void Strong_generalisation_keeps_its_rules(FoldInOrder order)
    {
        ClickData data = Read(Rows());
        (DataSplit split, SplitReport report) = Splits.StrongGeneralization(
            data, new() { HeldOutUsers = 20, FoldIn = order });
        EvaluationSet[] held = [split.Validation!, split.Test!];

        // Users 0 … 3 of every 40 have fewer than 5 clicks: 4 + 4 + 4.
        Assert.Equal(12, report.UsersBelowMinimum);
        Assert.Equal(3 * (1 + 2 + 3 + 4), report.ClicksBelowMinimum);
        Assert.Equal((49, 20, 20), (split.Train.UserCount, held[0].FoldIn.UserCount, held[1].FoldIn.UserCount));
        Assert.Equal(89, Ids(split.TrainUsers!).Concat(Ids(held[0].Users!)).Concat(Ids(held[1].Users!)).Distinct()
            .Count());
        Assert.Equal(0, split.Train.ItemsWithoutClicks());
        Assert.Equal(split.Items.Count, split.Train.ItemCount);

        long clicks = split.Train.ClickCount;
        HashSet<string> all = Clicks(data.Matrix, data.Users, data.Items);
        Assert.Subset(all, Clicks(split.Train, split.TrainUsers!, split.Items));
        foreach (EvaluationSet set in held)
        {
            HashSet<string> foldIn = Clicks(set.FoldIn, set.Users!, split.Items),
                targets = Clicks(set.HeldOut, set.Users!, split.Items);
            Assert.Subset(all, foldIn);
            Assert.Subset(all, targets);
            Assert.Empty(foldIn.Intersect(targets));
            clicks += foldIn.Count + targets.Count;
            for (int user = 0; user < set.Users!.Count; user++)
            {
                int left = set.FoldIn.CountOf(user) + set.HeldOut.CountOf(user);
                Assert.Equal(left < 5 ? 0 : left / 5, set.HeldOut.CountOf(user));
            }
        }
        Assert.Equal(data.Matrix.ClickCount - report.ClicksBelowMinimum - report.ClicksNotInTraining, clicks);
    }

    [Fact]
    public void A_fold_in_by_time_comes_before_its_targets()
    {
        ClickData data = Read(Rows());
        DataSplit split = Splits.StrongGeneralization(
            data, new() { HeldOutUsers = 30, FoldIn = FoldInOrder.Time }).Split;
        int compared = 0;
        foreach (EvaluationSet set in (EvaluationSet[])[split.Validation!, split.Test!])
            for (int user = 0; user < set.Users!.Count; user++)
            {
                int row = data.Users.IndexOf(set.Users[user]);
                long[] Times(ClickMatrix matrix) => [.. matrix.ItemsOf(user).ToArray().Select(item =>
                    data.Matrix.TimestampsOf(row)[
                        data.Matrix.ItemsOf(row).IndexOf(data.Items.IndexOf(split.Items[item]))])];
                if (set.HeldOut.CountOf(user) == 0)
                    continue;
                Assert.True(Times(set.FoldIn).Max() <= Times(set.HeldOut).Min());
                compared++;
            }
        Assert.True(compared > 40);
    }

    [Fact]
    public void The_seed_fixes_a_split_and_the_order_of_rows_does_not()
    {
        List<string> rows = Rows();
        string Split(IEnumerable<string> order, ulong seed, FoldInOrder foldIn) =>
            Show(Splits.StrongGeneralization(Read(order), new() { Seed = seed, FoldIn = foldIn }).Split);
        foreach (FoldInOrder foldIn in Enum.GetValues<FoldInOrder>())
        {
            Assert.Equal(Split(rows, 1, foldIn), Split(rows.AsEnumerable().Reverse(), 1, foldIn));
            Assert.NotEqual(Split(rows, 1, foldIn), Split(rows, 2, foldIn));
        }
    }

    [Fact]
    public void A_users_draw_does_not_depend_on_other_users()
    {
        var options = new LeaveOneOutOptions { FoldIn = FoldInOrder.Random };
        ClickData many = Read(Rows(80)), few = Read(Rows(80).Where(row => !row.StartsWith("70,")));
        DataSplit all = Splits.LeaveOneOut(many, options).Split, without = Splits.LeaveOneOut(few, options).Split;
        HashSet<string> targets = Clicks(all.Test!.HeldOut, all.Test.Users!, all.Items);
        Assert.Equal(targets.Where(click => !click.StartsWith("70:")).Order(),
            Clicks(without.Test!.HeldOut, without.Test.Users!, without.Items).Order());
        Assert.Contains(targets, click => click.StartsWith("70:"));
    }

    [Fact]
    public void Held_out_users_without_clicks_or_targets_are_counted()
    {
        // Whoever is held out shares no item (users 1 … 9) or only 4 items (users 11 … 19) with the others.
        var rows = new List<string>();
        for (int user = 1; user < 10; user++)
            for (int i = 0; i < 5; i++)
                rows.Add($"{user},{100 * user + i},1,0");
        (DataSplit alone, SplitReport report) = Splits.StrongGeneralization(Read(rows), new() { HeldOutUsers = 2 });
        Assert.Equal((4, 20, 20L),
            (report.HeldOutUsersWithoutClicks, report.ItemsNotInTraining, report.ClicksNotInTraining));
        Assert.Equal((5, 25, 0), (alone.Train.UserCount, alone.Items.Count, alone.Test!.FoldIn.UserCount));

        rows.Clear();
        for (int user = 11; user < 20; user++)
            for (int i = 0; i < 5; i++)
                rows.Add($"{user},{(i < 4 ? i : 100 * user)},1,0");
        (DataSplit four, report) = Splits.StrongGeneralization(Read(rows), new() { HeldOutUsers = 2 });
        Assert.Equal((0, 4), (report.HeldOutUsersWithoutClicks, report.HeldOutUsersWithoutTargets));
        Assert.Equal((8L, 0L), (four.Test!.FoldIn.ClickCount, four.Test.HeldOut.ClickCount));
    }

    [Fact]
    public void The_share_is_rounded_down_but_not_by_a_hair()
    {
        IEnumerable<string> rows = Enumerable.Range(0, 3)
            .SelectMany(user => Enumerable.Range(0, 100).Select(item => $"{user},{item},1,0"));
        Assert.Equal(
            29, Splits.StrongGeneralization(Read(rows), new() { HeldOutShare = 0.29 }).Split.Test!.HeldOut.CountOf(0));
    }

    [Fact]
    public void Items_with_few_clicks_go_first_and_are_counted()
    {
        string[] rows = ["1,1,1,0", "1,2,1,0", "2,1,1,0", "2,2,1,0", "3,1,1,0", "3,2,1,0", "4,1,1,0", "4,9,1,0"];
        (DataSplit split, SplitReport report) = Splits.StrongGeneralization(
            Read(rows), new() { MinClicksPerUser = 2, MinClicksPerItem = 2 });
        Assert.Equal((1, 1, 2L), (report.ItemsBelowMinimum, report.UsersBelowMinimum, report.ClicksBelowMinimum));
        Assert.Equal(["1", "2"], Ids(split.Items));
    }

    [Fact]
    public void Sizes_and_settings_out_of_range_are_refused()
    {
        ClickData data = Read(Rows(20)), one = Read(["1,1,1,1"]);
        Assert.Contains("found 0 users with enough clicks (minimum 5); expected more than 2",
            Assert.Throws<InputException>(() => Splits.StrongGeneralization(one)).Message);
        Assert.Contains("16 users",
            Assert.Throws<InputException>(() => Splits.StrongGeneralization(data, new() { HeldOutUsers = 8 })).Message);
        Assert.Contains("no user", Assert.Throws<InputException>(() => Splits.LeaveOneOut(one)).Message);
        Assert.ThrowsAny<ArgumentException>(() => Splits.StrongGeneralization(data, new() { HeldOutUsers = 0 }));
        Assert.ThrowsAny<ArgumentException>(() => Splits.StrongGeneralization(data, new() { HeldOutShare = 1 }));
        Assert.ThrowsAny<ArgumentException>(
            () => Splits.StrongGeneralization(data, new() { HeldOutShare = double.NaN }));
        Assert.ThrowsAny<ArgumentException>(() => Splits.StrongGeneralization(data, new() { MinClicksPerUser = 0 }));
        Assert.ThrowsAny<ArgumentException>(() => Splits.LeaveOneOut(data, new() { MinClicksPerUser = 2 }));
        ClickData timeless = Read(Rows(20), new());
        Assert.Contains("clicks without timestamps",
            Assert.Throws<ArgumentException>(() => Splits.LeaveOneOut(timeless)).Message);
        Assert.Throws<ArgumentException>(
            () => Splits.StrongGeneralization(timeless, new() { FoldIn = FoldInOrder.Time }));
    }

    [Fact]
    public void Leave_one_out_takes_the_last_for_test_and_the_one_before_for_validation()
    {
        string[] rows = ["1,10,1,5", "1,20,2,9", "1,30,3,7", "1,40,4,1", "2,10,1,1", "2,20,1,2", "2,30,1,3",
            "3,10,1,1"];
        (DataSplit split, SplitReport report) = Splits.LeaveOneOut(Read(rows), new() { MinClicksPerUser = 3 });
        Vocabulary users = split.TrainUsers!;
        Assert.Equal(["1", "2"], Ids(users));
        Assert.Equal(["1:10", "1:40", "2:10"], Clicks(split.Train, users, split.Items).Order());
        Assert.Equal(["1:30", "2:20"], Clicks(split.Validation!.HeldOut, users, split.Items).Order());
        Assert.Equal(["1:20", "2:30"], Clicks(split.Test!.HeldOut, users, split.Items).Order());
        Assert.Equal(["1:10", "1:30", "1:40", "2:10", "2:20"], Clicks(split.Test.FoldIn, users, split.Items).Order());
        Assert.Same(split.Train, split.Validation.FoldIn);
        Assert.Equal([1f, 3f, 4f], split.Test.FoldIn.ValuesOf(0).ToArray());
        Assert.Equal((1, 2), (report.UsersBelowMinimum, report.ItemsNotInTraining));
    }

    [Fact]
    public void Weak_generalisation_joins_files_by_id()
    {
        ClickData File(string name, string text) => ClickReader.Read(folder.File(name, text));
        ClickData train = File("train.txt", "5 1 2 3\n7 2\n"), valid = File("valid.txt", "7 1\n"),
            test = File("test.txt", "5 9 1\n8 2\n");
        (DataSplit split, SplitReport report) = Splits.WeakGeneralization(train, valid, test);
        Vocabulary users = split.TrainUsers!;
        Assert.Equal(["5", "7", "8"], Ids(users));
        Assert.Equal(["1", "2", "3", "9"], Ids(split.Items));
        Assert.Equal(["5:1", "5:2", "5:3", "7:2"], Clicks(split.Train, users, split.Items).Order());
        Assert.Equal(["7:1"], Clicks(split.Validation!.HeldOut, users, split.Items));
        Assert.Equal(["5:1", "5:2", "5:3", "7:1", "7:2"], Clicks(split.Test!.FoldIn, users, split.Items).Order());
        Assert.Equal(["5:9", "8:2"], Clicks(split.Test.HeldOut, users, split.Items).Order());
        Assert.Equal((1L, 1, 3),
            (report.TargetsInFoldIn, report.ItemsNotInTraining, report.HeldOutUsersWithoutTargets));
        Assert.Equal(3, report.Sources.Count);

        DataSplit joined = Splits.WeakGeneralization(train, valid, test, trainOnValidation: true).Split;
        Assert.Null(joined.Validation);
        Assert.Equal(Show(split.Test.FoldIn), Show(joined.Train));
        Assert.Equal(Show(split.Test.HeldOut), Show(joined.Test!.HeldOut));
        DataSplit two = Splits.WeakGeneralization(train, null, test).Split;
        Assert.Null(two.Validation);
        Assert.Same(two.Train, two.Test!.FoldIn);
    }

    [Fact]
    public void Weak_generalisation_joins_numbers_and_text()
    {
        ClickData train = ClickReader.Read(folder.File("a", "uid,sid\n2,1\n10,1\n")),
            test = ClickReader.Read(folder.File("b", "uid,sid\n10,02\nx,1\n"));
        DataSplit split = Splits.WeakGeneralization(train, null, test).Split;
        Assert.Equal(["10", "2", "x"], Ids(split.TrainUsers!));
        Assert.Equal(["10:1", "2:1"], Clicks(split.Train, split.TrainUsers!, split.Items).Order());
        Assert.Equal(["10:02", "x:1"], Clicks(split.Test!.HeldOut, split.TrainUsers!, split.Items).Order());
    }

    [Fact]
    public void A_split_comes_back_from_its_folder_as_it_was()
    {
        (DataSplit split, SplitReport report) = Splits.StrongGeneralization(Read(Rows()), new() { HeldOutUsers = 20 });
        foreach (bool gzip in (bool[])[false, true])
        {
            SplitFolder.Write(folder.Path, split, report, gzip);
            Assert.Equal(Show(split), Show(SplitFolder.Read(folder.Path)));
        }
        Assert.False(File.Exists(Path.Combine(folder.Path, "train.csv")));
        (DataSplit left, report) = Splits.LeaveOneOut(Read(Rows()));
        SplitFolder.Write(folder.Path, left, report);
        Assert.Equal(Show(left), Show(SplitFolder.Read(folder.Path)));
    }
}
