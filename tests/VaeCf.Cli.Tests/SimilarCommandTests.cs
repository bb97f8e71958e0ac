using System.Text.Json;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli.Tests;

public class SimilarCommandTests(TrainedModel model) : IClassFixture<TrainedModel>
{
    private JsonElement[] Similar(params string[] more)
    {
        CommandRun run = Vaecf.Run(["similar", model.Path, .. more, "--json"]).AssertGood();
        using JsonDocument json = JsonDocument.Parse(run.Output);
        return [.. json.RootElement.Clone().GetProperty("items").EnumerateArray()];
    }

    [Fact]
    public void Items_of_the_same_taste_are_the_most_alike()
    {
        JsonElement[] items = Similar("103", "-k", "5");
        Assert.All(items, item => Assert.InRange(int.Parse(item.GetProperty("item").GetString()!), 100, 109));
        using Recommender loaded = Recommender.Load(model.Path);
        Assert.Equal(loaded.Similar("103", 5), items.Select(item =>
            new ScoredItem(item.GetProperty("item").GetString()!, item.GetProperty("score").GetSingle())));
        Assert.Equal(10, Similar("103").Length);
        Assert.Equal(19, Similar("103", "--k", "2147483647", "--device", "cpu").Length);
    }

    [Fact]
    public void The_table_has_ranks_cosines_and_titles()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["movies.csv"],
            ["movieId,title", .. Enumerable.Range(100, 20).Select(id => $"{id},\"Film [{id}], The\"")]);
        string output = Vaecf.Run("similar", model.Path, "114", "-k", "3", "--titles", folder["movies.csv"])
            .AssertGood().Output;
        Assert.Matches(@"\| rank +\| +item +\| +score +\| title ", output);
        Assert.Matches(@"\| 1 +\| +(1\d\d) \| 0\.\d{3} \| Film \[\1\], The +\|", output);
        Assert.Matches(@"\| 3 +\| +1\d\d \| 0\.\d{3} \| ", output);
        Assert.DoesNotContain("Film [114]", output);
    }

    [Fact]
    public void Wrong_use_is_refused()
    {
        Vaecf.Run("similar", model.Path, "7").AssertWrongUse("ITEM: found '7', which the model does not know");
        Vaecf.Run("similar", model.Path).AssertWrongUse("ITEM");
        Vaecf.Run("similar", model.Path, "103", "-k", "0").AssertWrongUse("-k");
        Vaecf.Run("similar", "nowhere.safetensors", "103").AssertWrongUse("nowhere.safetensors");
        using var folder = new TemporaryFolder();
        Assert.Equal(0, Vaecf.Run("train", model.Split, "--out", folder["p"], "--model", "popularity").ExitCode);
        Vaecf.Run("similar", folder["p"], "103")
            .AssertWrongUse("Popularity has no measure of how similar two items are");
    }
}
