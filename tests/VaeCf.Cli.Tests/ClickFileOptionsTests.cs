using System.Diagnostics;
using System.IO.Compression;
using System.Text;

namespace VaeCf.Cli.Tests;

/// <summary>A file of clicks can be read in the same ways by every command that reads one.</summary>
public class ClickFileOptionsTests
{
    // 40 users with 12 visits each, three of four of them liked; columns and letters of nobody else.
    private static string[] Visits(char delimiter = ',') =>
        [.. Enumerable.Range(0, 480)
            .Select(i => $"ü{i / 12}{delimiter}v{i * 7 % 31}{delimiter}{(i % 4 == 3 ? 1 : 5)}")];

    private static string Written(TemporaryFolder folder, string name, IEnumerable<string> lines,
        Encoding? encoding = null)
    {
        File.WriteAllLines(folder[name], lines, encoding ?? new UTF8Encoding(false));
        return folder[name];
    }

    [Fact]
    public void Columns_encoding_and_delimiter_are_told_alike_to_prepare_stats_and_recommend()
    {
        using var folder = new TemporaryFolder();
        string visits = Written(folder, "visits.csv", ["visitor^venue^how", .. Visits('^')], Encoding.Latin1);
        string[] reading = ["--columns", "visitor,venue,how", "--delimiter", "^", "--encoding", "latin1"];
        string prepared = Vaecf.Run(["prepare", visits, "--out", folder["d"], .. reading]).AssertGood().Output;
        Assert.Contains("user visitor, item venue, rating how", prepared);
        string stats = Vaecf.Run(["stats", visits, .. reading]).AssertGood().Output;
        Assert.Contains("rows: 480", stats);
        Vaecf.Run("train", folder["d"], "--out", folder["m"], "--model", "ease");
        string[] histories = ["recommend", folder["m"], "--histories", visits, "-k", "2", .. reading];
        CommandRun all = Vaecf.Run(histories), liked = Vaecf.Run([.. histories, "--min-rating", "4"]);
        Assert.Contains("user ü39", liked.AssertGood().Output);
        Assert.Equal($"{visits}: every row is taken for a click, whatever its rating; "
            + "--min-rating 4 leaves out what was not liked\n", all.Error.ReplaceLineEndings("\n"));
        Assert.NotEqual(all.Output, liked.Output);
        Vaecf.Run("recommend", folder["m"], "--items", "v1", "--repeats", "first").AssertWrongUse(
            "--repeats: found with --items");
    }

    [Fact]
    public void What_was_guessed_is_said_with_the_option_that_changes_it()
    {
        using var folder = new TemporaryFolder();
        string rated = Written(folder, "rated.csv", ["user,item,stars", .. Visits()]);
        string prepared = Vaecf.Run("prepare", rated, "--out", folder["d"]).AssertGood().Output;
        Assert.Contains("ratings from 1 to 5: those of at least 4 are clicks, 75 % of the rows", prepared);
        Assert.Contains("ratings below 4 are dropped by default; --min-rating changes that", prepared);
        Assert.DoesNotContain("by default",
            Vaecf.Run("prepare", rated, "--out", folder["d"], "--min-rating", "1").Output);
        CommandRun lost = Vaecf.Run("prepare", Written(folder, "low.csv",
            ["user,item,stars", .. Visits().Select(row => row.EndsWith('5') ? row[..^1] + "3" : row[..^1] + "4")]),
            "--out", folder["low"], "--min-clicks", "1");
        Assert.Equal(0, lost.ExitCode);
        Assert.Contains("360 of 480 rows are dropped for their low ratings; --min-rating says which are kept",
            lost.Error);
        Vaecf.Run("prepare", Written(folder, "likes.csv", ["user,item,rating", "1,2,1", "1,3,0"]), "--out", folder["x"])
            .AssertWrongUse("0 % of the rows (--min-rating sets the minimum)");
        Vaecf.Run("prepare", Written(folder, "games.csv", ["9,a,play,1,0"]), "--out", folder["x"])
            .AssertWrongUse("(--columns USER,ITEM,RATING,TIME says which they are)");
        Vaecf.Run("prepare", Written(folder, "latin.csv", ["user,item", "1,ä"], Encoding.Latin1), "--out", folder["x"])
            .AssertWrongUse("(--encoding latin1 or another says which it is)");
        Vaecf.Run("prepare", rated, "--out", folder["x"], "--encoding", "klingon").AssertWrongUse(
            "--encoding: found 'klingon'; expected the name of an encoding, such as latin1");
        Vaecf.Run("prepare", rated, "--out", folder["x"], "--encoding", "utf-7").AssertWrongUse("found 'utf-7'");
        foreach (string encoding in (string[])["utf8", "1252", "cp1252", "latin-1"])
            Vaecf.Run("stats", rated, "--encoding", encoding).AssertGood();
        Vaecf.Run("stats", rated, "--columns", "0,1").AssertWrongUse("or numbers from 1");
        Vaecf.Run("stats", rated, "--columns", "user, item").AssertGood();
        Vaecf.Run("stats", rated, "--format", "jsonlines", "--delimiter", ",").AssertWrongUse(
            "--delimiter: found with --format jsonlines");
        Vaecf.Run("stats", Written(folder, "empty", ["", ""]), "--format", "netflix").AssertWrongUse("blank lines");
        Vaecf.Run("stats", Written(folder, "pairs", ["5,1", "6,2"]), "--format", "netflix").AssertWrongUse(
            "line 1: found '5'; expected an item and a colon before its users");
    }

    [Fact]
    public void A_test_file_has_the_ids_and_the_kind_of_values_of_the_training_file()
    {
        using var folder = new TemporaryFolder();
        string train = Written(folder, "train", Visits()), test = Written(folder, "test", ["ü1,v30,1", "ü2,v30,5"]);
        string output = Vaecf.Run("prepare", train, "--test", test, "--out", folder["d"]).Output;
        Assert.Contains("ratings from 1 to 5: those of at least 4 are clicks, 50 % of the rows", output);
        Vaecf.Run("prepare", train, "--test", Written(folder, "other", ["U1,v30,5", "U2,v30,5"]), "--out", folder["x"])
            .AssertWrongUse("other: found none of the users of ");
        Assert.Contains("count 3", Vaecf.Run("stats", train, "--values", "counts").AssertGood().Output);
    }

    [Fact]
    public void A_missing_value_that_is_an_id_is_said()
    {
        using var folder = new TemporaryFolder();
        string file = Written(folder, "f", ["user,item,count", .. Visits(), "NaN,v1,5"]);
        CommandRun run = Vaecf.Run("prepare", file, "--out", folder["d"]);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("'NaN' is taken for a user like any other", run.Error);
    }

    [Fact]
    public void Columns_that_are_left_out_are_not_used()
    {
        using var folder = new TemporaryFolder();
        string rated = Written(folder, "rated.csv", ["user,item,rating", .. Visits()]);
        Assert.Contains("user user, item item; not used: rating",
            Vaecf.Run("prepare", rated, "--out", folder["d"], "--columns", "user,item").AssertGood().Output);
        Assert.Contains("user 1, item 2; not used: 3",
            Vaecf.Run("stats", Written(folder, "bare.csv", Visits()), "--columns", "1,2").AssertGood().Output);
        Vaecf.Run("stats", rated, "--columns", "user,user").AssertWrongUse("the column user given twice");
    }

    [Fact]
    public void A_dash_is_standard_input()
    {
        using var folder = new TemporaryFolder();
        string program = Path.Combine(AppContext.BaseDirectory, "vaecf.dll");
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [program, "stats", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        process.StandardInput.Write(string.Join('\n', ["user,item,rating", .. Visits()]));
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        Assert.StartsWith("standard input, layout delimited: user user, item item, rating rating", output);
    }

    [Fact]
    public void Packed_data_that_would_fill_memory_is_refused_and_the_message_names_the_option()
    {
        using var bomb = new MemoryStream();
        using (var gzip = new GZipStream(bomb, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write("user,item,rating\n"u8);
            byte[] rows = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("123,456,1\n", 100_000)));
            for (int i = 0; i < 70; i++)
                gzip.Write(rows);
        }
        CommandRun Stats(params string[] options)
        {
            ProcessStartInfo start = new("dotnet", [Vaecf.Program, "stats", "-", .. options])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(),
                error = process.StandardError.ReadToEndAsync();
            try
            {
                process.StandardInput.BaseStream.Write(bomb.GetBuffer(), 0, (int)bomb.Length);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It need not read all of what it refuses.
            }
            process.WaitForExit();
            return new(process.ExitCode, output.Result, error.Result);
        }
        CommandRun refused = Stats("--max-expansion", "20");
        refused.AssertWrongUse("standard input: found packed data that unpacks to more than 64 MiB and more than 20 "
            + "times its size");
        Assert.Contains("--max-expansion N allows more", refused.Error);
        Assert.Contains("rows: 7,000,000",
            Stats("--max-expansion", "1100", "--min-rating", "0").AssertGood().Output);
    }

    [Fact]
    public void Titles_of_old_files_are_read_and_their_columns_can_be_named()
    {
        using var folder = new TemporaryFolder();
        Vaecf.Run("prepare", Written(folder, "rated.csv", ["user,item,stars", .. Visits()]), "--out", folder["d"])
            .AssertGood();
        Vaecf.Run("train", folder["d"], "--out", folder["m"], "--model", "ease");
        string Titled(string file, params string[] more) => Vaecf.Run(
            ["recommend", folder["m"], "--items", "v1,v2", "-k", "40", "--titles", file, .. more]).AssertGood().Output;
        string[] ids = [.. Enumerable.Range(0, 31).Select(i => $"v{i}")];
        Assert.Contains("Über v9", Titled(
            Written(folder, "t.csv", ["key,what", .. ids.Select(id => $"{id},Über {id}")]),
            "--title-columns", "key,what"));
        Vaecf.Run("recommend", folder["m"], "--items", "v1", "--titles", folder["t.csv"]).AssertWrongUse(
            "(--title-columns ITEM,TITLE says which they are)");
    }
}
