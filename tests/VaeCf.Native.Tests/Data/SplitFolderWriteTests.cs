using VaeCf.Native.Data;

namespace VaeCf.Native.Tests.Data;

/// <summary>What a split may replace, and what is left when it cannot be written whole.</summary>
public sealed class SplitFolderWriteTests
{
    private const string Ratings = "userId,movieId,rating,timestamp\n1,2,5,0\n";

    private static readonly string[] files =
        ["split.json", "test_te.csv", "test_tr.csv", "train.csv", "unique_sid.txt"];

    // A split whose items are named for it, with a test set or without.
    private static DataSplit Split(string name, bool test = true)
    {
        var clicks = new ClickMatrix(2, [0, 1, 2], [0, 1]);
        return new DataSplit(new Vocabulary([name, name + "2"]), clicks, null,
            test ? new EvaluationSet(clicks, new ClickMatrix(2, [0, 1, 2], [1, 0])) : null);
    }

    private static void AssertIs(string name, string folder, bool test = true)
    {
        DataSplit split = SplitFolder.Read(folder);
        Assert.Equal((name, test), (split.Items[0], split.Test is not null));
        Assert.Equal([0, 1], split.Train.Items.ToArray());
    }

    private static string[] Names(string folder) =>
        [.. Directory.GetFileSystemEntries(folder).Select(path => Path.GetFileName(path)!).Order()];

    private static string Refused(string folder, bool force = false, params string[] inputs)
    {
        string[] before = Names(folder);
        string message = Assert.Throws<InputException>(
            () => SplitFolder.CheckWrite(folder, force, inputs)).Message;
        Assert.Equal(before, Names(folder));
        return message[(folder.Length + 1)..];
    }

    [Fact]
    public void A_folder_that_is_new_empty_a_split_or_without_files_of_such_names_is_written()
    {
        using var folder = new TemporaryFolder();
        string path = folder["a/b.csv"];
        SplitFolder.CheckWrite(path);
        Assert.False(Directory.Exists(folder["a"]));
        SplitFolder.Write(path, Split("new"));
        File.WriteAllText(Path.Combine(path, "model.safetensors"), "stays");
        SplitFolder.Write(path, Split("newer", test: false));
        AssertIs("newer", path, test: false);
        Assert.Equal(["model.safetensors", "split.json", "train.csv", "unique_sid.txt"], Names(path));
        // One made elsewhere has no split.json; its ids are recognised by its tables.
        File.Delete(Path.Combine(path, "split.json"));
        SplitFolder.Write(path, Split("newest"));
        AssertIs("newest", path);
    }

    [Theory]
    [InlineData("train.csv", Ratings)]
    [InlineData("train.csv.gz", Ratings)]
    [InlineData("validation_te.csv", "uid,sid,title\n0,0,x\n")]
    [InlineData("test_tr.csv", "a note\n")]
    [InlineData("unique_sid.txt", "mine\n")]
    [InlineData("unique_uid.txt.gz", "mine\n")]
    [InlineData("split.json", "{\"mine\": 1}")]
    [InlineData("split.json", "mine")]
    [InlineData("split.json", "{\"\\ud800\": 1}")]
    public void A_file_that_is_not_of_a_split_is_not_replaced_unless_forced(string name, string text)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["d"]);
        File.WriteAllText(Path.Combine(folder["d"], name), text);
        Assert.Equal($"{name}: found a file that is not of a split, which the split would replace; expected another "
            + "folder, or force to replace it; nothing was written", Refused(folder["d"]));
        Assert.Throws<InputException>(() => SplitFolder.Write(folder["d"], Split("new")));
        Assert.Equal(text, File.ReadAllText(Path.Combine(folder["d"], name)));
        SplitFolder.Write(folder["d"], Split("new"), force: true);
        AssertIs("new", folder["d"]);
        Assert.Equal(files, Names(folder["d"]));
    }

    [Fact]
    public void A_table_of_the_users_own_beside_a_split_is_not_replaced()
    {
        using var folder = new TemporaryFolder();
        SplitFolder.Write(folder["d"], Split("old"));
        File.WriteAllText(Path.Combine(folder["d"], "train.csv"), Ratings);
        Assert.StartsWith("train.csv: found a file that is not of a split", Refused(folder["d"]));
    }

    [Fact]
    public void An_input_and_what_is_no_regular_file_are_never_replaced()
    {
        using var folder = new TemporaryFolder();
        string path = folder["d"];
        SplitFolder.Write(path, Split("old"));
        File.CreateSymbolicLink(folder["link"], Path.Combine(path, "train.csv"));
        Assert.Equal("train.csv: found a file that is read here, which the split would replace; expected another "
            + "folder; nothing was written", Refused(path, force: true, folder["none"], folder["link"]));
        File.Delete(Path.Combine(path, "test_te.csv"));
        Directory.CreateDirectory(Path.Combine(path, "test_te.csv", "more"));
        Assert.Equal("test_te.csv: found a folder; expected a regular file of a split, or none; nothing was written",
            Refused(path, force: true));
        Assert.Throws<InputException>(() => SplitFolder.Write(path, Split("new"), force: true));
        Assert.StartsWith("old", File.ReadAllText(Path.Combine(path, "unique_sid.txt")));
        Assert.Equal(files, Names(path));
        Directory.Delete(Path.Combine(path, "test_te.csv"), recursive: true);
        File.CreateSymbolicLink(Path.Combine(path, "test_te.csv"), folder["link"]);
        Assert.StartsWith("test_te.csv: found a link", Refused(path, force: true));
        File.Delete(Path.Combine(path, "test_te.csv"));
        foreach (string special in SpecialFiles.Make(folder))
        {
            File.Move(special, Path.Combine(path, "test_te.csv"));
            Assert.StartsWith("test_te.csv: found a link, a device or a pipe", Refused(path, force: true));
            File.Delete(Path.Combine(path, "test_te.csv"));
        }
    }

    [Fact]
    public void A_file_where_a_folder_must_be_is_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["f"], "");
        foreach (string path in new[] { folder["f"], folder["f/d"] })
            Assert.Contains("expected a folder",
                Assert.Throws<InputException>(() => SplitFolder.CheckWrite(path)).Message);
    }

    [Fact]
    public void A_link_to_a_folder_is_followed_and_permissions_stay()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateSymbolicLink(folder["link"], folder["real"]);
        SplitFolder.Write(folder["link"], Split("old"));
        Assert.NotNull(new FileInfo(folder["link"]).LinkTarget);
        AssertIs("old", folder["real"]);
        if (OperatingSystem.IsWindows())
            return;
        string train = folder["real/train.csv"];
        File.SetUnixFileMode(train, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        SplitFolder.Write(folder["link"], Split("new"));
        AssertIs("new", folder["real"]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(train));
    }

    [Fact]
    public void A_failure_leaves_the_old_split_whole_and_a_new_folder_unmade()
    {
        using var folder = new TemporaryFolder();
        SplitFolder.Write(folder["d"], Split("old"));
        Assert.Throws<InputException>(() => SplitFolder.Write(folder["d"], Split("bad\nid")));
        AssertIs("old", folder["d"]);
        Assert.Equal(files, Names(folder["d"]));
        Assert.Throws<InputException>(() => SplitFolder.Write(folder["new"], Split("bad\nid")));
        Assert.False(Directory.Exists(folder["new"]));
        SpecialFiles.OnSmallDisk(folder, 64, disk =>
        {
            string path = Path.Combine(disk, "d");
            SplitFolder.Write(path, Split("old"));
            DataSplit large = Split("new") with { Items = new Vocabulary(["new", new string('x', 200_000)]) };
            Assert.Equal($"{path}: cannot be written: the disk is full",
                Assert.Throws<InputException>(() => SplitFolder.Write(path, large)).Message);
            AssertIs("old", path);
            Assert.Equal(files, Names(path));
        });
    }

    [Fact]
    public void An_immutable_file_of_the_old_split_is_found_before_anything_is_written()
    {
        using var folder = new TemporaryFolder();
        string path = folder["split"], table = Path.Combine(path, "train.csv");
        SplitFolder.Write(path, Split("old"));
        SpecialFiles.WhileImmutable(table, () =>
        {
            Assert.Equal($"{table}: cannot be written: the file is marked as one that must not be changed",
                Assert.Throws<InputException>(() => SplitFolder.Write(path, Split("new"))).Message);
            AssertIs("old", path);
            Assert.Equal(files, Names(path));
        });
        // What has no permission to be written to may be replaced.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(table, UnixFileMode.UserRead);
        SplitFolder.Write(path, Split("new"));
        AssertIs("new", path);
    }

    [Fact]
    public void A_link_in_the_place_of_a_new_split_is_not_followed_and_what_a_killed_check_left_is_removed()
    {
        using var folder = new TemporaryFolder();
        string path = folder["split"], link = Path.Combine(path, ".split.written");
        SplitFolder.Write(path, Split("old"));
        SplitFolder.Write(folder["other"], Split("other"));
        Directory.CreateSymbolicLink(link, folder["other"]);
        AssertIs("old", path);
        Assert.Equal($"{link}: found a link; expected a folder of a split that was being written, or nothing; "
            + "nothing was written",
            Assert.Throws<InputException>(() => SplitFolder.Write(path, Split("new"))).Message);
        AssertIs("other", folder["other"]);
        AssertIs("old", path);
        Directory.Delete(link);
        File.WriteAllText(Path.Combine(path, $".split.writing.{Guid.NewGuid():N}.tmp"), "");
        SplitFolder.Write(path, Split("new"));
        Assert.Equal(files, Names(path));
    }

    // The folder as a process leaves it that ends after a number of the steps that put a new split in place.
    private static bool Interrupt(string folder, int steps, bool test)
    {
        string writing = Path.Combine(folder, ".split.writing"), written = Path.Combine(folder, ".split.written");
        SplitFolder.Write(folder, Split("old"));
        SplitFolder.Write(folder + ".new", Split("new", test));
        Directory.Move(folder + ".new", writing);
        File.WriteAllText(Path.Combine(writing, "old-remains"), "");
        // Ids are the first to be deleted and the last to be moved, next to them split.json.
        string[] order = ["unique_sid.txt", "split.json", "train.csv", "test_tr.csv", "test_te.csv"];
        Action[] all =
        [
            () => Directory.Move(writing, written),
            .. order.Select<string, Action>(name => () => File.Delete(Path.Combine(folder, name))),
            () => File.Delete(Path.Combine(written, "old-remains")),
            .. order.Reverse().Where(name => File.Exists(Path.Combine(writing, name))).Select<string, Action>(
                name => () => File.Move(Path.Combine(written, name), Path.Combine(folder, name))),
        ];
        foreach (Action step in all.Take(steps))
            step();
        return steps < all.Length;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Wherever_a_process_ends_the_old_split_or_the_new_one_is_read_and_the_next_is_written(bool test)
    {
        bool more = true;
        for (int steps = 0; more; steps++)
        {
            using var folder = new TemporaryFolder();
            string path = folder["d"];
            more = Interrupt(path, steps, test);
            AssertIs(steps == 0 ? "old" : "new", path, steps == 0 || test);
            SplitFolder.Write(path, Split("next"));
            AssertIs("next", path);
            Assert.Equal(files, Names(path));
        }
    }
}
