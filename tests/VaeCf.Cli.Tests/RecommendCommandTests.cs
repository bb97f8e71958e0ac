using System.Text.Json;

namespace VaeCf.Cli.Tests;

public class RecommendCommandTests(TrainedModel model) : IClassFixture<TrainedModel>
{
    private static string[] Items(JsonElement answer) =>
        [.. answer.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("item").GetString()!)];

    private JsonElement Recommend(params string[] more) =>
        JsonDocument.Parse(Vaecf.Run(["recommend", model.Path, "--json", .. more]).AssertGood().Output).RootElement;

    private JsonElement[] Histories(TemporaryFolder folder, string text, params string[] more)
    {
        File.WriteAllText(folder["h.txt"], text);
        CommandRun run = Vaecf.Run(["recommend", model.Path, "--histories", folder["h.txt"], "--json", .. more])
            .AssertGood();
        return [.. run.Output.TrimEnd().Split(Environment.NewLine)
            .Select(line => JsonDocument.Parse(line).RootElement)];
    }

    [Fact]
    public void A_user_is_recommended_what_is_to_the_users_taste_and_new()
    {
        JsonElement answer = Recommend("--items", "100,102,104,105,107", "-k", "5");
        string[] items = Items(answer);
        Assert.Equal(["101", "103", "106", "108", "109"], items.Order());
        float[] scores = [.. answer.GetProperty("items").EnumerateArray()
            .Select(item => item.GetProperty("score").GetSingle())];
        Assert.Equal(scores.OrderDescending(), scores);
        Assert.Equal(0, answer.GetProperty("unknown_items").GetArrayLength());
    }

    [Fact]
    public void The_table_has_titles_as_they_are()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["movies.csv"], "movieId,title\n101,\"[red] Shoes, The\"\n");
        string output = Vaecf.Run("recommend", model.Path, "--items", "100,102,103,104,105,106,107,108,109", "-k", "1",
            "--titles", folder["movies.csv"]).AssertGood().Output;
        Assert.Matches(@"\| 1 +\| +101 \| +-?\d+\.\d{3} \| \[red\] Shoes, The +\|", output);
    }

    [Fact]
    public void More_than_the_catalogue_gives_what_there_is()
    {
        Assert.Equal(18, Items(Recommend("--items", "100,101", "-k", "2147483647")).Length);
        using var folder = new TemporaryFolder();
        Assert.Equal(18, Items(Histories(folder, "uid,sid\n1,100\n1,101\n", "-k", "2147483647")[0]).Length);
    }

    [Fact]
    public void Unknown_ids_are_reported_and_repeats_count_once()
    {
        CommandRun run = Vaecf.Run("recommend", model.Path, "--items", "100,7,100,x");
        Assert.Equal((0, $"the model does not know 7, x{Environment.NewLine}"), (run.ExitCode, run.Error));
        JsonElement answer = Recommend("--items", "100,7,100,x");
        Assert.Equal(["7", "x"], answer.GetProperty("unknown_items").EnumerateArray().Select(id => id.GetString()));
        Assert.Equal(Items(Recommend("--items", "100")), Items(answer));
    }

    [Fact]
    public void A_file_of_histories_gives_each_user_the_same_answer_as_items_do()
    {
        using var folder = new TemporaryFolder();
        // More users than one block holds; user 2 has an unknown item, and user 3 nothing else.
        string text = "user,item\n1,102\n1,100\n2,112\n2,7\n3,8\n"
            + string.Concat(Enumerable.Range(4, 600).Select(user => $"{user},{100 + user % 20}\n"));
        JsonElement[] answers = Histories(folder, text, "-k", "4");
        Assert.Equal(Enumerable.Range(1, 603).Select(user => $"{user}"),
            answers.Select(answer => answer.GetProperty("user").GetString()));
        Assert.Equal(Items(Recommend("--items", "100,102", "-k", "4")), Items(answers[0]));
        Assert.Equal(Items(Recommend("--items", "112", "-k", "4")), Items(answers[1]));
        Assert.Equal("7", answers[1].GetProperty("unknown_items")[0].GetString());
        Assert.Equal(4, Items(answers[2]).Length);
        Assert.Equal(Items(Recommend("--items", "103", "-k", "4")), Items(answers[602]));
        Assert.Equal(Items(answers[0]), Items(Histories(folder, "9 100 102\n", "-k", "4")[0]));
    }

    [Fact]
    public void Histories_as_text_give_a_table_for_each_user()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["h.csv"], "user,item\nann,100\nbob,112\nbob,7\n");
        CommandRun run = Vaecf.Run("recommend", model.Path, "--histories", folder["h.csv"], "-k", "2");
        Assert.Equal($"user bob: the model does not know 7{Environment.NewLine}", run.Error);
        const string score = @" +-?\d+\.\d{3} \|";
        void Table(string user, string item) => Assert.Matches($@"\| user {user} \| +item \| +score \|\s+"
            + $@"\| :-+ \| -+: \| -+: \|\s+\| 1 +\| +{item} \|{score}\s+\| 2 +\| +{item} \|{score}", run.Output);
        Table("ann", @"10\d");
        Table("bob", @"11\d");
    }

    [Fact]
    public void Wrong_use_is_refused()
    {
        Vaecf.Run("recommend", model.Path).AssertWrongUse("neither --items nor --histories");
        Vaecf.Run("recommend", model.Path, "--items", "1", "--histories", "h")
            .AssertWrongUse("both --items and --histories");
        Vaecf.Run("recommend", model.Path, "--items", "100,").AssertWrongUse("--items: found '100,'");
        Vaecf.Run("recommend", model.Path, "--items", "100", "-k", "0").AssertWrongUse("-k");
        Vaecf.Run("recommend", model.Path, "--items", "100", "--titles", "nowhere.csv").AssertWrongUse("nowhere.csv");
        Vaecf.Run("recommend", model.Path, "--histories", "nowhere.csv").AssertWrongUse("nowhere.csv");
        Vaecf.Run("recommend", "nowhere.safetensors", "--items", "100").AssertWrongUse("nowhere.safetensors");
    }
}
