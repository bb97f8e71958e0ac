using System.Diagnostics;
using System.IO.Compression;

namespace VaeCf.Cli.Tests;

/// <summary>
/// Files and habits of people who do this job: the invented inputs of <c>tests/fixtures/cases</c>, and what the command
/// does with each. All but a few hold the same 480 rows, so that one split is the right one.
/// </summary>
public class FieldCasesTests
{
    private static readonly string right = Split("ratings.csv");

    private static string Case(string name) => Path.Combine(AppContext.BaseDirectory, "fixtures", "cases", name);

    // What prepare makes of a case: users, clicks and targets of each part, and the items.
    private static string Split(string name, params string[] more) => SplitOf(Case(name), more);

    private static string SplitOf(string file, params string[] more)
    {
        using var folder = new TemporaryFolder();
        CommandRun run = Vaecf.Run(["prepare", file, "--out", folder["d"], .. more]);
        Assert.True(run.ExitCode == 0, run.Error);
        return Numbers(run.Output);
    }

    private static string Numbers(string output) => string.Join('\n', output.Split(Environment.NewLine)
        .Where(line => line.StartsWith("| train") || line.StartsWith("| validation") || line.StartsWith("| test")
            || line.EndsWith(" items"))
        .Select(line => string.Join(' ', line.Split(['|', ' '], StringSplitOptions.RemoveEmptyEntries))));

    private static void Same(TemporaryFolder folder, string one, string other, params string[] files) =>
        Assert.All(files, file => Assert.Equal(File.ReadAllText(Path.Combine(folder[one], file)),
            File.ReadAllText(Path.Combine(folder[other], file))));

    [Fact]
    public void The_right_split() =>
        Assert.Equal("train 32 288\nvalidation 4 32 4\ntest 4 32 4\n30 items", right);

    [Theory]
    [InlineData("spaced-ratings/ratings.txt")]
    [InlineData("spaced-ratings/same-as.csv")]
    [InlineData("headerless-csv/triplets.csv")]
    [InlineData("headerless-csv/shop.csv")]
    [InlineData("typed-header/toy.inter")]
    [InlineData("typed-header/toy-float-time.inter")]
    [InlineData("wrappings/ratings.zip")]
    [InlineData("wrappings/old-mac.csv")]
    [InlineData("wrappings/windows.csv")]
    [InlineData("pipes/ratings.csv.gz")]
    [InlineData("dates/float-time.csv")]
    [InlineData("histories-layout/visits.csv", "--columns", "visitor,venue,stars")]
    [InlineData("old-title-files/songs-latin1.csv", "--encoding", "latin1")]
    public void Files_with_those_rows_give_the_right_split(string name, params string[] more) =>
        Assert.Equal(right, Split(name, more));

    [Theory]
    [InlineData("headerless-csv/games.csv", "--columns", "1,2")]
    [InlineData("play-counts/plays.tsv")]
    [InlineData("play-counts/plays.tsv", "--columns", "user,song_id")]
    [InlineData("play-counts/triplets.tsv", "--columns", "1,2")]
    [InlineData("play-counts/triplets.tsv")]
    public void Counts_have_no_least_one(string name, params string[] more) =>
        Assert.Equal("train 32 384\nvalidation 4 40 8\ntest 4 40 8\n30 items", Split(name, more));

    [Fact]
    public void Whole_ratings_between_spaces_are_no_items() =>
        Assert.StartsWith("train 32 302\n", Split("spaced-ratings/whole.txt"));

    [Theory]
    [InlineData("play-counts/likes.csv", "(--min-rating sets the minimum)")]
    [InlineData("play-counts/u-ones.data", "(--min-rating sets the minimum)")]
    [InlineData("headerless-csv/games.csv", "(by number, as in 1,2, where there is no header)")]
    [InlineData("old-title-files/songs-latin1.csv", "(--encoding latin1 or another says which it is)")]
    [InlineData("wrappings", "found a folder with old-mac.csv and ratings.zip; expected a file of clicks")]
    public void What_cannot_be_known_names_the_option_that_says_it(string name, string message)
    {
        using var folder = new TemporaryFolder();
        Vaecf.Run("prepare", Case(name), "--out", folder["d"]).AssertWrongUse(message);
        Assert.False(Directory.Exists(folder["d"]));
    }

    [Fact]
    public void Times_as_numbers_fractions_and_dates_hold_out_the_same_clicks()
    {
        using var folder = new TemporaryFolder();
        void Prepare(string name, string to, params string[] more) =>
            Vaecf.Run(["prepare", Case(name), "--out", folder[to], "--leave-one-out", .. more]).AssertGood();
        string[] parts = ["train.csv", "validation_te.csv", "test_te.csv"];
        Prepare("ratings.csv", "whole");
        Prepare("dates/float-time.csv", "float");
        Prepare("typed-header/toy.inter", "typed");
        Prepare("typed-header/toy-float-time.inter", "typed-float");
        Same(folder, "whole", "float", parts);
        Same(folder, "typed", "typed-float", parts);
        Prepare("dates/checkins-epoch.csv", "epoch", "--columns", "user_id,venue_id,,utc_time");
        Prepare("dates/checkins.csv", "iso");
        Same(folder, "epoch", "iso", [.. parts, "unique_sid.txt", "unique_uid.txt"]);
        Assert.Equal(401, File.ReadLines(Path.Combine(folder["iso"], "train.csv")).Count());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_pipe_is_read_as_a_file(bool packed)
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = File.ReadAllBytes(Case("pipes/ratings.csv.gz"));
        if (!packed)
        {
            using var unpacked = new MemoryStream();
            new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress).CopyTo(unpacked);
            bytes = unpacked.ToArray();
        }
        foreach (string input in (string[])["/dev/stdin", "-"])
        {
            string program = Path.Combine(AppContext.BaseDirectory, "vaecf.dll");
            using Process process = Process.Start(new ProcessStartInfo("dotnet",
                [program, "prepare", input, "--out", folder["d" + input.Length]])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!;
            process.StandardInput.BaseStream.Write(bytes);
            process.StandardInput.Close();
            Assert.Equal(right, Numbers(process.StandardOutput.ReadToEnd()));
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
        }
    }

    [Fact]
    public void Old_title_files_give_the_titles_with_their_letters()
    {
        using var folder = new TemporaryFolder();
        Vaecf.Run("prepare", Case("old-title-files/ratings.dat"), "--out", folder["d"]).AssertGood();
        Vaecf.Run("train", folder["d"], "--model", "ease", "--out", folder["m"]);
        foreach (string titles in (string[])["movies.dat", "u.item"])
            Assert.Contains("Über Alles 113 (1995)", Vaecf.Run("recommend", folder["m"], "--items", "101,103", "-k",
                "30", "--titles", Case($"old-title-files/{titles}")).AssertGood().Output);
    }

    [Fact]
    public void Histories_are_read_with_the_options_of_prepare()
    {
        using var folder = new TemporaryFolder();
        string[] columns = ["--columns", "visitor,venue,stars"];
        Vaecf.Run(["prepare", Case("histories-layout/visits.csv"), "--out", folder["d"], .. columns]).AssertGood();
        Vaecf.Run("train", folder["d"], "--model", "ease", "--out", folder["m"]);
        string Items(params string[] of) => Vaecf.Run(["recommend", folder["m"], "-k", "2", "--json", .. of])
            .AssertGood().Output.ReplaceLineEndings("");
        Assert.Contains("\"user\":\"n1\"", Items(["--histories", Case("histories-layout/new-visits.csv"),
            "--min-rating", "4", .. columns]));
        string liked = Items("--histories", Case("histories-layout/new-with-dislikes.csv"), "--min-rating", "4");
        string asked = Items("--items", "v101,v103").Replace(" ", "");
        Assert.Contains(asked[(asked.IndexOf("\"items\"", StringComparison.Ordinal))..asked.IndexOf(']')], liked);
        Vaecf.Run(["stats", Case("histories-layout/visits.csv"), .. columns]).AssertGood();
    }
}
