using System.Text.Json;
using VaeCf.Native.Data;

namespace VaeCf.Native.Tests.Data;

public sealed class SplitFolderTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    private void Fill(string train = "uid,sid\n0,0\n0,1\n1,1\n", string foldIn = "uid,sid\n2,0\n",
        string targets = "uid,sid\n2,1\n", string? ids = "30\n10\n")
    {
        folder.File("train.csv", train);
        folder.File("test_tr.csv", foldIn);
        folder.File("test_te.csv", targets);
        if (ids is not null)
            folder.File("unique_sid.txt", ids);
    }

    private string Error() => Assert.Throws<InputException>(
        () => SplitFolder.Read(folder.Path)).Message[folder.Path.Length..].Replace('\\', '/');

    private static string Show(ClickMatrix matrix) => string.Join(
        "; ", Enumerable.Range(0, matrix.UserCount).Select(user => string.Join(' ', matrix.ItemsOf(user).ToArray())));

    [Fact]
    public void A_folder_made_elsewhere_is_read()
    {
        Fill();
        DataSplit split = SplitFolder.Read(folder.Path);
        Assert.Equal(("30", "10", 2), (split.Items[0], split.Items[1], split.Train.ItemCount));
        Assert.Equal("0 1; 1", Show(split.Train));
        Assert.Null(split.Validation);
        Assert.Equal(("0", "1", "2"), (Show(split.Test!.FoldIn), Show(split.Test.HeldOut), split.Test.Users![0]));
        Assert.False(split.Train.HasValues);
    }

    [Fact]
    public void Rows_may_be_in_any_order_with_gaps_header_turned_packed_and_without_item_ids()
    {
        Fill("sid,uid\r\n4,900\r\n1,7\r\n0,900\r\n", "uid,sid\n950,0\n", ids: null);
        File.Delete(Path.Combine(folder.Path, "test_te.csv"));
        folder.File("test_te.csv.gz", TempFolder.Gzip("uid,sid\n950,1\n"));
        DataSplit split = SplitFolder.Read(folder.Path);
        Assert.Equal("1; 0 4", Show(split.Train));
        Assert.Equal(("7", "900", 5, "4"),
            (split.TrainUsers![0], split.TrainUsers[1], split.Items.Count, split.Items[4]));
        Assert.Equal("1", Show(split.Test!.HeldOut));
    }

    [Fact]
    public void Users_with_only_a_fold_in_or_only_targets_survive_a_round_trip()
    {
        Fill(foldIn: "uid,sid\n5,0\n3,1\n", targets: "uid,sid\n4,1\n3,0\n");
        for (int trip = 0; trip < 2; trip++)
        {
            DataSplit split = SplitFolder.Read(folder.Path, out SplitReport report);
            Assert.Equal("1; ; 0", Show(split.Test!.FoldIn));
            Assert.Equal("0; 1; ", Show(split.Test.HeldOut));
            Assert.Equal(1, report.HeldOutUsersWithoutTargets);
            Assert.Equal(("3", "4", "5"), (split.Test.Users![0], split.Test.Users[1], split.Test.Users[2]));
            SplitFolder.Write(folder.Path, split, report);
        }
    }

    [Fact]
    public void Values_are_kept_under_either_name()
    {
        Fill(train: "uid,count,sid\n0,2.5,0\n0,1,0\n0,3,1\n");
        DataSplit split = SplitFolder.Read(folder.Path, out SplitReport report);
        Assert.Equal([3.5f, 3f], split.Train.ValuesOf(0).ToArray());
        Assert.Equal(1, report.Repeated);
        SplitFolder.Write(folder.Path, split);
        Assert.Equal("uid,sid,value\n0,0,3.5\n0,1,3\n", File.ReadAllText(Path.Combine(folder.Path, "train.csv")));
        Assert.Equal([3.5f, 3f], SplitFolder.Read(folder.Path).Train.ValuesOf(0).ToArray());
    }

    [Fact]
    public void Repeats_and_targets_in_the_fold_in_are_dropped_and_counted()
    {
        Fill(foldIn: "uid,sid\n2,0\n2,0\n", targets: "uid,sid\n2,0\n2,1\n");
        DataSplit split = SplitFolder.Read(folder.Path, out SplitReport report);
        Assert.Equal(("0", "1"), (Show(split.Test!.FoldIn), Show(split.Test.HeldOut)));
        Assert.Equal((1L, 1L), (report.Repeated, report.TargetsInFoldIn));
    }

    [Fact]
    public void Sets_of_the_same_users_keep_their_numbers_and_ids()
    {
        ClickData Read(string text) => ClickReader.Read(folder.File("clicks", text));
        DataSplit weak = Splits.WeakGeneralization(
            Read("ann,x\n".Insert(0, "user,item\n") + "bob,y\n"), null, Read("user,item\nann,y\n")).Split;
        SplitFolder.Write(folder.Path, weak);
        Assert.Equal("uid,sid\n0,1\n", File.ReadAllText(Path.Combine(folder.Path, "test_te.csv")));
        Assert.Equal("ann\nbob\n", File.ReadAllText(Path.Combine(folder.Path, "unique_uid.txt")));
        DataSplit read = SplitFolder.Read(folder.Path);
        Assert.Equal(("ann", "bob", "ann", "bob"),
            (read.TrainUsers![0], read.TrainUsers[1], read.Test!.Users![0], read.Test.Users[1]));
        Assert.Equal(3, DatasetStatistics.Of(weak).Clicks);
        Assert.Equal(3, DatasetStatistics.Of(read).Clicks);
    }

    [Fact]
    public void Writing_leaves_no_other_files_and_takes_away_those_of_an_earlier_split()
    {
        Fill();
        folder.File("validation_tr.csv", "uid,sid\n3,0\n");
        folder.File("validation_te.csv", "uid,sid\n3,1\n");
        folder.File("mine.txt", "stays");
        DataSplit split = SplitFolder.Read(folder.Path) with { Validation = null, Test = null, TrainUsers = null };
        SplitFolder.Write(folder.Path, split, gzip: true);
        Assert.Equal(["mine.txt", "split.json", "train.csv.gz", "unique_sid.txt"],
            Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
        Assert.Equal("0 1; 1", Show(SplitFolder.Read(folder.Path).Train));
    }

    [Fact]
    public void The_json_beside_it_tells_settings_sizes_and_what_was_dropped()
    {
        ClickData data = ClickReader.Read(folder.File("clicks.csv",
            "userId,movieId,rating,timestamp\n1,1,5,0\n2,1,5,0\n3,1,5,0\n4,2,5,0\n5,1,3,0\n"), new() { MinRating = 4 });
        (DataSplit split, SplitReport report) = Splits.StrongGeneralization(
            data, new() { MinClicksPerUser = 1, MinClicksPerItem = 2, Seed = 5 });
        SplitFolder.Write(folder.Path, split, report);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder.Path, "split.json")));
        JsonElement root = json.RootElement, source = root.GetProperty("sources")[0];
        Assert.Equal("strong generalisation", root.GetProperty("protocol").GetString());
        Assert.Equal("5", root.GetProperty("settings").GetProperty("seed").GetString());
        Assert.Equal(1, root.GetProperty("train").GetProperty("users").GetInt32());
        Assert.Equal(1, root.GetProperty("dropped").GetProperty("itemsBelowMinimum").GetInt32());
        Assert.Equal(
            (4, 1), (source.GetProperty("minRating").GetDouble(), source.GetProperty("belowMinRating").GetInt32()));
    }

    [Fact]
    public void An_id_that_would_not_come_back_is_not_written()
    {
        ClickData data = ClickReader.Read(folder.File("clicks.csv", "user,item\na,\"x\ny\"\n"));
        DataSplit split = Splits.WeakGeneralization(data, null, data).Split;
        string target = Path.Combine(folder.Path, "split");
        Assert.Contains("the id 'x\\ny' cannot be written",
            Assert.Throws<InputException>(() => SplitFolder.Write(target, split)).Message);
        Assert.False(Directory.Exists(target));
    }

    [Theory]
    [InlineData("uid,sid\n0,-1\n", "/train.csv, line 2: found '-1'; expected a sid: a whole number from 0 to 1")]
    [InlineData("uid,sid\n0,1\n0,2\n", "/train.csv, line 3: found '2'; expected a sid: a whole number from 0 to 1")]
    [InlineData("uid,sid\n0,99999999999999999999\n",
        "/train.csv, line 2: found '99999999999999999999'; expected a sid")]
    [InlineData("uid,sid\n-4,1\n",
        "/train.csv, line 2: found '-4'; expected a uid: a whole number from 0 to 2147483646")]
    [InlineData("uid,sid\n3000000000,1\n", "/train.csv, line 2: found '3000000000'; expected a uid")]
    [InlineData("uid,sid\nx,1\n", "/train.csv, line 2: found 'x'; expected a uid")]
    [InlineData("uid,sid\n1\n", "/train.csv, line 2: found 1 field; expected 2: uid,sid")]
    [InlineData("user,item\n0,0\n", "/train.csv, line 1: found the header user,item; expected uid,sid")]
    [InlineData("uid,sid,title\n0,0,x\n", "/train.csv, line 1: found the header uid,sid,title; expected uid,sid")]
    [InlineData("uid,sid,count\n0,0,0\n", "/train.csv, line 2: found '0'; expected a count")]
    [InlineData("uid,sid,value\n0,0,-1\n", "/train.csv, line 2: found '-1'; expected a value: a finite number above 0")]
    [InlineData("uid,sid,time\n0,0,5.5\n", "/train.csv, line 2: found '5.5'; expected a time: a whole number")]
    [InlineData("uid,sid,value,count\n0,0,1,1\n", "/train.csv, line 1: found the header uid,sid,value,count")]
    [InlineData("uid,sid,time,time\n0,0,1,1\n", "/train.csv, line 1: found the header uid,sid,time,time")]
    [InlineData("uid,sid\n", "/train.csv: no clicks to train on")]
    [InlineData("", "/train.csv: the file is empty")]
    public void A_malformed_table_is_refused(string train, string expected)
    {
        Fill(train);
        Assert.StartsWith(expected, Error());
    }

    [Fact]
    public void A_huge_item_number_without_item_ids_is_refused()
    {
        Fill("uid,sid\n0,10000000\n", ids: null);
        Assert.StartsWith("/train.csv, line 2: found '10000000'; expected a sid: a whole number from 0 to 9999999",
            Error());
    }

    [Fact]
    public void Missing_doubled_or_damaged_files_are_named()
    {
        Assert.Contains("there is no such folder",
            Assert.Throws<InputException>(() => SplitFolder.Read(Path.Combine(folder.Path, "none"))).Message);
        Assert.Equal(": train.csv is missing", Error());
        Fill();
        File.Delete(Path.Combine(folder.Path, "test_te.csv"));
        Assert.Equal(": test_te.csv is missing beside test_tr.csv", Error());
        folder.File("train.csv.gz", TempFolder.Gzip("uid,sid\n0,0\n"));
        Assert.Equal(": both train.csv and train.csv.gz are there; expected one of them", Error());
        File.Delete(Path.Combine(folder.Path, "train.csv"));
        folder.File("train.csv.gz", TempFolder.Gzip("uid,sid\n0,0\n")[..^9]);
        Assert.StartsWith("/train.csv.gz: the gzip data is cut short", Error());
        folder.File("unique_sid.txt", "1\n2\n1\n");
        Assert.Equal("/unique_sid.txt, line 3: found '1'; expected an id that no line above has", Error());
    }

    [Fact]
    public void A_set_without_rows_is_no_set()
    {
        Fill(foldIn: "uid,sid\n", targets: "uid,sid\n");
        Assert.Null(SplitFolder.Read(folder.Path).Test);
    }

    [Fact]
    public void Counts_that_add_up_to_no_number_are_refused_and_the_file_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["train.csv"], "uid,sid,count\n0,0,1\n0,1,9e14\n0,1,9e14\n");
        Assert.Equal($"{Path.Combine(folder["."], "train.csv")}, user 0, item 1: found a click that counts 1.8E+15; "
            + "expected at most 1E+15",
            Assert.Throws<InputException>(() => SplitFolder.Read(folder["."])).Message);
    }
}
