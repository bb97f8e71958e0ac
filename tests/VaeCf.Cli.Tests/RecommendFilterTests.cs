using System.Text.Json;

namespace VaeCf.Cli.Tests;

/// <summary>
/// Which items <c>vaecf recommend</c> may answer, and why it answers them: by popularity, whose order is known. All 20
/// items have as many users, so the lowest ids come first.
/// </summary>
public class RecommendFilterTests(RecommendFilterTests.Popularity popularity, TrainedModel model)
    : IClassFixture<RecommendFilterTests.Popularity>, IClassFixture<TrainedModel>
{
    private static JsonElement Answer(string model, params string[] more)
    {
        CommandRun run = Vaecf.Run(["recommend", model, "--json", .. more]);
        Assert.Equal(ExitCodes.Good, run.ExitCode);
        Assert.All(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.Contains("the model does not know unknown", line));
        using JsonDocument json = JsonDocument.Parse(run.Output);
        return json.RootElement.Clone();
    }

    private static string[] Items(JsonElement answer) =>
        [.. answer.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("item").GetString()!)];

    private string[] Items(params string[] more) =>
        Items(Answer(popularity.Path, ["--items", "100,101", "-k", "3", .. more]));

    [Fact]
    public void Excluded_items_are_replaced_by_the_next_best()
    {
        Assert.Equal(["102", "103", "104"], Items());
        Assert.Equal(["103", "105", "106"], Items("--exclude", "102,104,unknown"));
    }

    [Fact]
    public void Ids_that_the_model_does_not_know_are_reported()
    {
        CommandRun run = Vaecf.Run(
            "recommend", popularity.Path, "--items", "100", "--only", "119,who", "--exclude", "what");
        Assert.Equal(ExitCodes.Good, run.ExitCode);
        Assert.Contains("--exclude: the model does not know what", run.Error);
        Assert.Contains("--only: the model does not know who", run.Error);
        Vaecf.Run("recommend", popularity.Path, "--items", "100", "--only", "@").AssertWrongUse("--only: found '@'");
    }

    [Fact]
    public void Only_items_that_are_named_are_answered()
    {
        Assert.Equal(["103", "119"], Items("--only", "119,103,unknown,100"));
        Assert.Equal(["119"], Items("--only", "119,103", "--exclude", "103"));
        Assert.Empty(Items("--only", "unknown"));
    }

    [Fact]
    public void Items_that_the_user_has_are_answered_where_that_is_asked_for()
    {
        Assert.Equal(["100", "101", "102"], Items("--seen"));
        Assert.Equal(["101", "107"], Items("--seen", "--only", "107,101"));
    }

    [Fact]
    public void Ids_may_stand_in_a_file_one_a_line()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["ids"], "104\r\n\n 102 \n");
        Assert.Equal(["103", "105", "106"], Items("--exclude", "@" + folder["ids"]));
        Assert.Equal(["102", "104"], Items("--only", "@" + folder["ids"]));
        Assert.Contains($"--only @{folder["ids"]} reads the ids in that file",
            Vaecf.Run("recommend", popularity.Path, "--items", "100", "--only", folder["ids"]).Error);
        Vaecf.Run("recommend", popularity.Path, "--items", "100", "--only", "@" + folder["nowhere"])
            .AssertWrongUse("nowhere");
        foreach ((byte[] bytes, string message) in ((byte[], string)[])[([0xFC], "no text; expected ids in UTF-8"),
            ([.. "101\0"u8], "no text; expected ids in UTF-8"), ([.. "\n"u8], "found no ids in ")])
        {
            File.WriteAllBytes(folder["odd"], bytes);
            Vaecf.Run("recommend", popularity.Path, "--items", "100", "--only", "@" + folder["odd"])
                .AssertWrongUse(message);
        }
    }

    [Fact]
    public void A_file_of_histories_is_filtered_too()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["h.csv"], "user,item\nann,100\nbob,103\n");
        string[] lines = Vaecf.Run("recommend", popularity.Path, "--histories", folder["h.csv"], "-k", "2", "--json",
            "--exclude", "101", "--explain").AssertGood().Output.TrimEnd().Split(Environment.NewLine);
        JsonElement[] answers = [.. lines.Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal([["102", "103"], ["100", "102"]], answers.Select(Items));
        Assert.Equal(["100", "103"], answers.Select(answer =>
            answer.GetProperty("items")[1].GetProperty("reasons")[0].GetProperty("item").GetString()));
    }

    [Fact]
    public void Every_known_item_of_the_user_is_a_reason()
    {
        JsonElement item = Answer(popularity.Path, "--items", "100,7,103", "-k", "1", "--explain")
            .GetProperty("items")[0];
        Assert.Equal(("101", 20), (item.GetProperty("item").GetString(), item.GetProperty("score").GetSingle()));
        Assert.Equal([("100", 0), ("103", 0)], item.GetProperty("reasons").EnumerateArray().Select(reason =>
            (reason.GetProperty("item").GetString(), (int)reason.GetProperty("contribution").GetSingle())));
        // Without --explain nothing is said of reasons.
        JsonElement plain = Answer(popularity.Path, "--items", "100").GetProperty("items")[0];
        Assert.False(plain.TryGetProperty("reasons", out _));
    }

    [Fact]
    public void A_table_names_the_reasons_by_title()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["movies.csv"], "movieId,title\n100,Alien\n101,Brazil\n");
        string output = Vaecf.Run("recommend", popularity.Path, "--items", "100,103", "-k", "1", "--explain",
            "--titles", folder["movies.csv"]).AssertGood().Output;
        Assert.Matches(@"\| rank +\| +item +\| +score +\| title +\| because of ", output);
        Assert.Matches(@"\| 1 +\| +101 \| 20\.000 \| Brazil \| Alien \+0\.000; 103 \+0\.000 +\|", output);
    }

    [Fact]
    public void Nothing_left_to_answer_is_nothing_to_explain()
    {
        string all = string.Join(',', Enumerable.Range(100, 20));
        Assert.Empty(Items(Answer(popularity.Path, "--items", all, "--explain")));
        Assert.Empty(Items("--only", "unknown", "--explain"));
    }

    [Fact]
    public void A_trained_model_gives_reasons_of_the_users_taste()
    {
        JsonElement answer = Answer(model.Path, "--items", "100,102,118", "-k", "3", "--explain",
            "--only", "104,105,107,108");
        Assert.All(answer.GetProperty("items").EnumerateArray(), item =>
        {
            JsonElement[] reasons = [.. item.GetProperty("reasons").EnumerateArray()];
            // 118 is of the other taste: it is not what speaks most for an item of this one.
            Assert.Contains(reasons[0].GetProperty("item").GetString(), (string[])["100", "102"]);
            Assert.True(reasons[0].GetProperty("contribution").GetDouble() > 0);
            Assert.Equal(3, reasons.Length);
        });
        Assert.Equal(3, Items(answer).Intersect(["104", "105", "107", "108"]).Count());
    }

    [Fact]
    public void Wrong_ids_are_refused()
    {
        Vaecf.Run("recommend", popularity.Path, "--items", "100", "--only", "1,,2")
            .AssertWrongUse("--only: found '1,,2'");
        Vaecf.Run("recommend", popularity.Path, "--items", "100", "--exclude", "").AssertWrongUse("--exclude");
    }

    /// <summary>A model of popularity.</summary>
    public sealed class Popularity : IDisposable
    {
        private readonly TemporaryFolder folder = new();

        public Popularity()
        {
            Path = folder["popularity.safetensors"];
            string split = TinySplit.Write(folder);
            Assert.Equal(0, Vaecf.Run("train", split, "--model", "popularity", "--out", Path).ExitCode);
        }

        public string Path { get; }

        public void Dispose() => folder.Dispose();
    }
}
