using System.Security.Cryptography;
using System.Text;
using VaeCf.Native.Data;

namespace VaeCf.Native.Tests.Data;

/// <summary>Order, times, values and users survive a split and its folder, and do not change the split.</summary>
public sealed class OrderTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    private ClickData Read(string text, ReadOptions options) => ClickReader.Read(folder.File("clicks", text), options);

    // Each user's items by original id, oldest first, with value and time where they are known: "ann: x*2@5 y*1@6".
    private static string Show(ClickMatrix clicks, Vocabulary users, Vocabulary items)
    {
        string Click(int row, int item)
        {
            int place = clicks.ItemsOf(row).IndexOf(item);
            string value = clicks.HasValues ? $"*{clicks.ValuesOf(row)[place]}" : "";
            return $" {items[item]}{value}{(clicks.HasTimestamps ? $"@{clicks.TimestampsOf(row)[place]}" : "")}";
        }
        return string.Join("\n", Enumerable.Range(0, clicks.UserCount).Select(row =>
            $"{users[row]}:{string.Concat(clicks.InOrder(row).ToArray().Select(item => Click(row, item)))}"));
    }

    private static string Show(ClickData data) => Show(data.Matrix, data.Users, data.Items);

    private static string Show(DataSplit split) => string.Join("\n--\n", (IEnumerable<string>)
    [
        Show(split.Train, split.TrainUsers!, split.Items),
        .. ((EvaluationSet?[])[split.Validation, split.Test]).OfType<EvaluationSet>().SelectMany(set =>
            (string[])[Show(set.FoldIn, set.Users!, split.Items), Show(set.HeldOut, set.Users!, split.Items)]),
    ]);

    [Fact]
    public void Clicks_are_ordered_by_time_and_those_of_the_same_time_by_row()
    {
        const string text = "user,item,time\n1,30,9\n2,5,1\n1,20,7\n1,40,7\n1,10,8\n2,4,1\n";
        ClickData data = Read(text, new() { KeepOrder = true });
        Assert.Equal("1: 20@7 40@7 10@8 30@9\n2: 5@1 4@1", Show(data));
        Assert.True(data.Matrix.HasOrder && data.Matrix.HasTimestamps);
        Assert.False(Read("user,item,time\n1,30,9\n1,20,7\n", new()).Matrix.HasOrder);
    }

    [Theory]
    [InlineData("user,item\n1,30\n2,5\n1,20\n1,40\n2,4\n")]
    [InlineData("1 30 20\n2 5\n1 40\n2 4\n")]
    [InlineData("user,item,day\n1,30,9\n2,5,8\n1,20,7\n1,40,6\n2,4,5\n")]
    [InlineData("user,item,time\n1,30,monday\n2,5,sunday\n1,20,sunday\n1,40,7\n2,4,\n")]
    public void Without_times_clicks_are_in_the_order_of_the_rows(string text)
    {
        ClickData data = Read(text, new() { KeepOrder = true });
        Assert.Equal("1: 30 20 40\n2: 5 4", Show(data));
        Assert.False(data.Matrix.HasTimestamps);
    }

    [Fact]
    public void A_column_of_times_that_is_meant_or_begins_as_one_must_be_one()
    {
        string Error(string text, ReadOptions options) =>
            Assert.Throws<InputException>(() => Read(text, options)).Message;
        const string dates = "user,item,time\n1,30,03/04/2020\n";
        const string expected = "line 2: found '03/04/2020'; expected a timestamp";
        Assert.Contains(expected, Error(dates, new() { KeepTimestamps = true }));
        Assert.Contains(expected, Error(dates, new() { KeepOrder = true, TimestampColumn = "time" }));
        const string gap = "user,item,time\n1,30,9\n1,20,\n";
        Assert.Contains("line 3: found ''; expected a timestamp", Error(gap, new() { KeepOrder = true }));
        Assert.Equal("1: 30 20", Show(Read(gap, new() { KeepOrder = true, TimestampColumn = "" })));
    }

    [Theory]
    [InlineData("user,item\n1,7\n1,8\n1,7\n1,9\n2,8\n2,7\n", "1: 8 7 9\n2: 8 7")]
    [InlineData("user,item\n1,9\n1,9\n1,9\n2,1\n2,9\n2,1\n3,9\n3,1\n", "1: 9\n2: 9 1\n3: 9 1")]
    [InlineData("user,item,time\n1,7,50\n1,8,45\n1,7,40\n1,9,50\n2,8,1\n2,7,0\n", "1: 8@45 7@50 9@50\n2: 7@0 8@1")]
    [InlineData("user,item,time\n1,7,50\n1,9,50\n1,7,50\n1,7,3\n", "1: 9@50 7@50")]
    [InlineData("user,item,time\n1,7,1\n1,7,2\n1,6,3\n1,7,4\n1,5,4\n", "1: 6@3 7@4 5@4")]
    public void A_repeated_pair_stands_where_its_latest_row_does(string text, string expected) =>
        Assert.Equal(expected, Show(Read(text, new() { KeepOrder = true })));

    // 67 users with 1 to 30 clicks on 40 items, in the order of a play log: repeats, equal times, values.
    private static string Log(bool timed = true)
    {
        var random = new Random(3);
        var text = new StringBuilder(timed ? "user,item,rating,time\n" : "user,item,rating\n");
        for (int i = 0; i < 1500; i++)
        {
            text.Append($"u{random.Next(67)},i{random.Next(40)},{random.Next(1, 11) / 2.0}");
            text.Append(timed ? $",{random.Next(-200, 200)}\n" : "\n");
        }
        return text.ToString();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Everything_comes_back_from_the_folder_of_every_split(bool timed, bool values)
    {
        ClickData data = Read(Log(timed), new() { KeepOrder = true, KeepCounts = values });
        Assert.Equal((timed, values), (data.Matrix.HasTimestamps, data.Matrix.HasValues));
        DataSplit[] splits =
        [
            Splits.StrongGeneralization(data).Split,
            Splits.StrongGeneralization(data, new() { HeldOutUsers = 20 }).Split,
            Splits.LeaveOneOut(data, new() { FoldIn = timed ? FoldInOrder.Time : FoldInOrder.Random }).Split,
            Splits.WeakGeneralization(data, data, data).Split, DataSplit.All(data),
        ];
        for (int i = 0; i < splits.Length; i++)
        {
            string path = Path.Combine(folder.Path, $"{i}");
            SplitFolder.Write(path, splits[i], gzip: i % 2 == 0);
            DataSplit read = SplitFolder.Read(path);
            Assert.True(read.Train.HasOrder);
            Assert.Equal(Show(splits[i]), Show(read));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_part_of_a_split_keeps_the_order_of_the_file(bool timed)
    {
        ClickData data = Read(Log(timed), new() { KeepOrder = true });
        DataSplit split = Splits.StrongGeneralization(data, new() { HeldOutUsers = 20 }).Split;
        Histories[] parts =
        [
            new(split.Train, split.TrainUsers), new(split.Validation!.FoldIn, split.Validation.Users),
            new(split.Test!.FoldIn, split.Test.Users), new(split.Test.HeldOut, split.Test.Users),
        ];
        foreach (Histories part in parts)
            for (int row = 0; row < part.Clicks.UserCount; row++)
            {
                int[] all = data.Matrix.InOrder(data.Users.IndexOf(part.Users![row])).ToArray();
                string[] items = [.. part.InOrder(row).ToArray().Select(item => split.Items[item])];
                Assert.Equal(all.Select(item => data.Items[item]).Where(items.Contains), items);
            }
    }

    [Fact]
    public void A_merge_of_files_orders_by_time_where_all_have_times_and_else_by_file()
    {
        ReadOptions keep = new() { KeepOrder = true };
        ClickData first = Read("user,item,time\n1,9,5\n1,8,1\n", keep);
        ClickData second = Read("user,item,time\n1,7,3\n1,9,2\n", keep);
        ClickData timeless = Read("user,item\n1,7\n1,6\n", keep), orderless = Read("user,item\n1,7\n1,6\n", new());
        string FoldIn(ClickData validation)
        {
            DataSplit split = Splits.WeakGeneralization(first, validation, first).Split;
            return Show(split.Test!.FoldIn, split.Test.Users!, split.Items);
        }
        Assert.Equal("1: 8@1 7@3 9@5", FoldIn(second));
        Assert.Equal("1: 8 9 7 6", FoldIn(timeless));
        Assert.Equal("1: 6 7 8 9", FoldIn(orderless));
    }

    // The hashes are those of the splits before clicks had an order.
    [Theory]
    [InlineData(false, FoldInOrder.Random, "51BAAE9B01765B75", "4A71A3D8E1543B03")]
    [InlineData(false, FoldInOrder.Time, "D8A1F59D19E7D5E0", "20C12B37E261ED1F")]
    [InlineData(true, FoldInOrder.Random, "E5498D697496A3BE", "446C284E619E24F7")]
    [InlineData(true, FoldInOrder.Time, "4979499C73E0DEB9", "15258142B4A18847")]
    public void What_is_kept_beside_the_clicks_does_not_change_a_split(bool values, FoldInOrder order, string strong,
        string leaveOneOut)
    {
        string text = "user,item,count,time\n" + string.Join('\n', SplitsTests.Rows());
        foreach (bool keepOrder in (bool[])[true, false])
        {
            if (!keepOrder && order == FoldInOrder.Time)
                continue;
            ClickData data = Read(text, new() { KeepOrder = keepOrder, KeepCounts = values });
            DataSplit split = Splits.StrongGeneralization(data, new() { HeldOutUsers = 20, FoldIn = order }).Split;
            Assert.Equal(strong, Hash(SplitsTests.Show(split)));
            Assert.Equal(leaveOneOut, Hash(SplitsTests.Show(Splits.LeaveOneOut(data, new() { FoldIn = order }).Split)));
            SplitFolder.Write(Path.Combine(folder.Path, "split"), split);
            Assert.Equal(strong, Hash(SplitsTests.Show(SplitFolder.Read(Path.Combine(folder.Path, "split")))));
        }
    }

    private static string Hash(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];

    [Fact]
    public void Tables_have_the_columns_that_there_are_and_the_oldest_click_first()
    {
        string Train(string text, bool values)
        {
            SplitFolder.Write(folder.Path, DataSplit.All(Read(text, new() { KeepOrder = true, KeepCounts = values })));
            return File.ReadAllText(Path.Combine(folder.Path, "train.csv"));
        }
        const string timed = "user,item,rating,time\n7,10,3,9\n7,20,2.5,-4\n";
        Assert.Equal("uid,sid,value,time\n0,1,2.5,-4\n0,0,3,9\n", Train(timed, true));
        Assert.Equal("uid,sid,time\n0,1,-4\n0,0,9\n", Train(timed, false));
        Assert.Equal("uid,sid\n0,1\n0,0\n", Train("user,item,rating\n7,20,3\n7,10,2.5\n", false));
    }

    [Fact]
    public void A_folder_without_times_whose_items_ascend_has_no_order()
    {
        folder.File("train.csv", "uid,sid\n0,0\n1,0\n0,1\n1,2\n");
        folder.File("test_tr.csv", "uid,sid\n2,0\n2,1\n");
        folder.File("test_te.csv", "uid,sid\n2,2\n");
        Assert.False(SplitFolder.Read(folder.Path).Train.HasOrder);
        folder.File("test_tr.csv", "uid,sid\n2,1\n2,0\n");
        DataSplit split = SplitFolder.Read(folder.Path);
        Assert.True(split.Train.HasOrder && split.Test!.HeldOut.HasOrder);
        Assert.Equal([1, 0], split.Test!.FoldIn.InOrder(0).ToArray());
        folder.File("test_tr.csv", "time,uid,sid\n8,2,0\n7,2,1\n");
        split = SplitFolder.Read(folder.Path);
        Assert.Equal((false, true), (split.Train.HasTimestamps, split.Test!.FoldIn.HasTimestamps));
        Assert.Equal([1, 0], split.Test.FoldIn.InOrder(0).ToArray());
    }

    [Fact]
    public void All_clicks_can_be_trained_on()
    {
        ClickData data = Read("user,item\nbob,y\nann,x\n", new());
        DataSplit split = DataSplit.All(data);
        Assert.Same(data.Matrix, split.Train);
        Assert.Equal(("ann", "x"), (split.TrainUsers![0], split.Items[0]));
        Assert.Null(split.Validation ?? split.Test);
        Assert.Throws<ArgumentNullException>(() => DataSplit.All(null!));
    }
}
