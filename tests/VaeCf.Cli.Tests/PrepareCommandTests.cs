namespace VaeCf.Cli.Tests;

public class PrepareCommandTests
{
    // 40 users, each with 10 items rated 5 and one rated 1; the later a click, the higher its item.
    private static string Ratings(TemporaryFolder folder, string header = "userId,movieId,rating,timestamp")
    {
        IEnumerable<string> rows = Enumerable.Range(1, 40)
            .SelectMany(user => Enumerable.Range(1, 11).Select(item => $"{user},{item},{(item == 11 ? 1 : 5)},{item}"));
        File.WriteAllLines(folder["ratings.csv"], [header, .. rows]);
        return folder["ratings.csv"];
    }

    private static int LinesOf(string file) => File.ReadLines(file).Count();

    [Fact]
    public void Writes_the_folder_and_says_what_was_kept_and_dropped()
    {
        using var folder = new TemporaryFolder();
        string output = Vaecf.Run("prepare", Ratings(folder), "--out", folder["d"], "--held-out", "5")
            .AssertGood().Output;
        Assert.Contains("layout movielenscsv", output);
        Assert.Contains("rows: 440", output);
        Assert.Contains("below min rating: 40", output);
        Assert.Contains("items without clicks: 1", output);
        Assert.Matches(@"train +\| +30 \| +300 ", output);
        Assert.Matches(@"validation +\| +5 \| +40 \| +10", output);
        Assert.Matches(@"test +\| +5 \| +40 \| +10", output);
        Assert.Equal(
            ["split.json", "test_te.csv", "test_tr.csv", "train.csv", "unique_sid.txt", "unique_uid.txt",
                "validation_te.csv", "validation_tr.csv"],
            Directory.GetFiles(folder["d"]).Select(Path.GetFileName).Order());
        Assert.Equal(301, LinesOf(Path.Combine(folder["d"], "train.csv")));
    }

    [Fact]
    public void Json_is_what_the_folder_says_of_the_split()
    {
        using var folder = new TemporaryFolder();
        string output = Vaecf.Run("prepare", Ratings(folder), "--out", folder["d"], "--held-out", "5", "--json")
            .AssertGood().Output;
        Assert.Equal(File.ReadAllText(Path.Combine(folder["d"], "split.json")).Trim(), output.Trim());
        Assert.StartsWith("{", output);
    }

    [Fact]
    public void The_seed_decides()
    {
        using var folder = new TemporaryFolder();
        string Prepared(string name, string seed)
        {
            Vaecf.Run("prepare", Ratings(folder), "--out", folder[name], "--seed", seed).AssertGood();
            return File.ReadAllText(Path.Combine(folder[name], "test_te.csv"));
        }
        Assert.Equal(Prepared("a", "1"), Prepared("b", "1"));
        Assert.NotEqual(Prepared("a", "1"), Prepared("c", "2"));
    }

    [Fact]
    public void A_fold_in_by_time_holds_out_the_latest()
    {
        using var folder = new TemporaryFolder();
        Vaecf.Run("prepare", Ratings(folder), "--out", folder["d"], "--fold-in", "time", "--min-rating", "2")
            .AssertGood();
        string[] items = File.ReadAllLines(Path.Combine(folder["d"], "unique_sid.txt"));
        Assert.Equal(["10", "9"], File.ReadLines(Path.Combine(folder["d"], "test_te.csv")).Skip(1)
            .Select(line => items[int.Parse(line.Split(',')[1])]).Distinct().Order());
    }

    [Fact]
    public void The_time_is_kept_where_there_is_one_and_values_if_asked()
    {
        using var folder = new TemporaryFolder();
        string[] Train(string file, params string[] more)
        {
            Vaecf.Run(["prepare", file, "--out", folder["d"], "--held-out", "5", .. more]).AssertGood();
            return File.ReadAllLines(Path.Combine(folder["d"], "train.csv"));
        }
        string file = Ratings(folder);
        string[] plain = Train(file), valued = Train(file, "--keep-values");
        string[] rated = Train(file, "--keep-values", "--min-rating", "1");
        Assert.Equal(("uid,sid,time", "uid,sid,value,time"), (plain[0], valued[0]));
        Assert.Equal(Enumerable.Range(1, 10), plain.Skip(1).Take(10).Select(line => int.Parse(line.Split(',')[2])));
        Assert.Equal(plain.Skip(1), valued.Skip(1).Select(line => line.Replace(",5,", ",")));
        Assert.Equal((331, 30), (rated.Length, rated.Count(line => line.Split(',')[2] == "1")));
        IEnumerable<string> dates = File.ReadLines(file).Select((line, i) => i == 0 ? line : line + "-01-01");
        File.WriteAllLines(folder["dates.csv"], dates);
        Assert.Equal("uid,sid", Train(folder["dates.csv"])[0]);
        Assert.Equal("uid,sid", Train(file, "--columns", "userId,movieId,rating,")[0]);
        Assert.Equal("uid,sid,value,time", Train(file, "--columns", "userId,movieId,,timestamp", "--keep-values")[0]);
    }

    [Fact]
    public void Training_does_not_see_order_and_times()
    {
        using var folder = new TemporaryFolder();
        Vaecf.Run("prepare", Ratings(folder), "--out", folder["new"], "--held-out", "5").AssertGood();
        // The tables as they would be without order and times: items ascend.
        Directory.CreateDirectory(folder["old"]);
        foreach (string path in Directory.GetFiles(folder["new"]))
        {
            IEnumerable<string> lines = File.ReadLines(path);
            if (path.EndsWith(".csv", StringComparison.Ordinal))
                lines = ["uid,sid", .. lines.Skip(1).Select(line => line.Split(','))
                    .Select(row => (int.Parse(row[0]), int.Parse(row[1])))
                    .Order().Select(pair => $"{pair.Item1},{pair.Item2}")];
            File.WriteAllLines(Path.Combine(folder["old"], Path.GetFileName(path)), lines);
        }
        Assert.Equal(0, TinySplit.Train(folder["new"], folder["new.model"], "2").ExitCode);
        Assert.Equal(0, TinySplit.Train(folder["old"], folder["old.model"], "2").ExitCode);
        Assert.Equal(File.ReadAllBytes(folder["old.model"]), File.ReadAllBytes(folder["new.model"]));
    }

    [Fact]
    public void Columns_may_be_named()
    {
        using var folder = new TemporaryFolder();
        string file = Ratings(folder, "who,what,stars,at");
        Vaecf.Run("prepare", file, "--out", folder["d"]).AssertWrongUse("who");
        Vaecf.Run("prepare", file, "--out", folder["d"], "--columns", "who")
            .AssertWrongUse("--columns: found 'who'; expected 2 to 4 names");
        Vaecf.Run("prepare", file, "--out", folder["d"], "--columns", "who,what", "--format", "udata")
            .AssertWrongUse("--format udata");
        Assert.Contains("below min rating: 40", Vaecf.Run("prepare", file, "--out", folder["d"], "--columns",
            "who,what,stars,at", "--fold-in", "time").AssertGood().Output);
        Assert.DoesNotContain("below min rating",
            Vaecf.Run("prepare", file, "--out", folder["d"], "--columns", "who,what").AssertGood().Output);
    }

    [Theory]
    [InlineData("--min-rating", "NaN")]
    [InlineData("--min-clicks", "0")]
    [InlineData("--held-out", "0")]
    [InlineData("--held-out", "20")]
    [InlineData("--seed", "-1")]
    [InlineData("--fold-in", "early")]
    [InlineData("--format", "csv")]
    [InlineData("--min-rating", "6")]
    [InlineData("--min-clicks", "11")]
    public void Bad_values_are_refused_and_nothing_is_written(string option, string value)
    {
        using var folder = new TemporaryFolder();
        Vaecf.Run("prepare", Ratings(folder), "--out", folder["d"], option, value).AssertWrongUse(value);
        Assert.False(Directory.Exists(folder["d"]));
    }

    [Fact]
    public void Files_over_the_same_users_make_a_weak_split()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.txt"], "1 10 11\n2 12 13\n");
        File.WriteAllText(folder["b.txt"], "1 12\n");
        File.WriteAllText(folder["c.txt"], "1 13\n2 10 11\n");
        string output = Vaecf.Run("prepare", folder["a.txt"], "--out", folder["d"], "--test", folder["c.txt"],
            "--validation", folder["b.txt"]).AssertGood().Output;
        Assert.Matches(@"train +\| +2 +\| +4 ", output);
        Assert.Matches(@"validation +\| +2 +\| +4 +\| +1 ", output);
        Assert.Matches(@"test +\| +2 +\| +5 +\| +3 ", output);
        output = Vaecf.Run("prepare", folder["a.txt"], "--out", folder["d"], "--test", folder["c.txt"], "--validation",
            folder["b.txt"], "--train-on-validation").AssertGood().Output;
        Assert.Matches(@"train +\| +2 +\| +5 ", output);
        Assert.DoesNotContain("validation_tr.csv", Directory.GetFiles(folder["d"]).Select(Path.GetFileName));
    }

    [Fact]
    public void Leave_one_out_holds_out_the_last_clicks_by_time()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("leave-one-out",
            Vaecf.Run("prepare", Ratings(folder), "--out", folder["d"], "--leave-one-out").AssertGood().Output);
        string[] items = File.ReadAllLines(Path.Combine(folder["d"], "unique_sid.txt"));
        Assert.Equal(["10"], File.ReadLines(Path.Combine(folder["d"], "test_te.csv")).Skip(1)
            .Select(line => items[int.Parse(line.Split(',')[1])]).Distinct());
        Assert.Equal(41, LinesOf(Path.Combine(folder["d"], "test_te.csv")));
    }

    [Theory]
    [InlineData("--validation x", "--validation: found with no --test")]
    [InlineData("--test x --held-out 3", "--held-out: found with --test")]
    [InlineData("--test x --leave-one-out", "--leave-one-out: found with --test")]
    [InlineData("--test x --train-on-validation", "--train-on-validation: found without --validation")]
    [InlineData("--leave-one-out --held-out 3", "--held-out: found with --leave-one-out")]
    [InlineData("--leave-one-out --min-clicks 2", "--min-clicks: found 2 with --leave-one-out")]
    public void Options_that_do_not_go_together_are_refused(string options, string message)
    {
        using var folder = new TemporaryFolder();
        Vaecf.Run(["prepare", Ratings(folder), "--out", folder["d"], .. options.Split(' ')]).AssertWrongUse(message);
        Assert.False(Directory.Exists(folder["d"]));
    }

    [Fact]
    public void A_file_that_is_missing_or_malformed_is_refused()
    {
        using var folder = new TemporaryFolder();
        Vaecf.Run("prepare", "nowhere.csv", "--out", folder["d"]).AssertWrongUse("nowhere.csv");
        File.AppendAllText(Ratings(folder), "1,2,good,3\n");
        Vaecf.Run("prepare", folder["ratings.csv"], "--out", folder["d"])
            .AssertWrongUse("ratings.csv, line 442: found 'good'");
        Vaecf.Run("prepare", folder["ratings.csv"]).AssertWrongUse("--out");
    }
}
